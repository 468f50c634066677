//! Pipelines by `call_each`: what each command is told, and that it ends when all were.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use minimc::command::{Count, Get, Store};
use minimc::net::Client;
use minimc::{Expiry, Fate, Key, Protocol};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::script::peer::value;
use minimc_tests::script::{CHIP, Fault, How, Manner, Stage, finish};

#[test]
fn what_cannot_be_sent_is_told_in_its_turn() {
    let stage = Stage::new(Protocol::Text, Manner::PROMPT, CHIP);
    let (_script, mut client) = stage.connected();
    let mut told = vec![];
    let count = Count::up(Key::new("n").unwrap(), 1).or_initial(1, Expiry::NEVER);
    finish(client.call_each([count].into_iter(), |_, reply| {
        told.push(reply.unwrap_err().fate());
    }))
    .unwrap();
    assert_eq!(told, [Fate::NotSent]);
}

#[test]
fn what_is_lost_is_told_or_the_call_fails() {
    for protocol in PROTOCOLS {
        let stage = Stage::new(protocol, Manner::PROMPT, CHIP);
        let (script, mut client) = stage.connected();
        script.fault(Fault::Out(100, How::Reset));
        let key = stage.first.key("large");
        let bytes = value(&key, 703);
        let sets = std::iter::repeat_n(Store::set(Key::new(&key).unwrap(), &bytes), 3);
        let mut told = 0;
        let end = finish(client.call_each(sets, |_, _| told += 1));
        assert!(told == 3 || end.is_err(), "{protocol:?}: {told}, {end:?}");
    }
}

/// The rest of a reply that was too large is not waited for when all were told, and the connection
/// is none the worse.
#[test]
fn the_last_reply_may_be_too_large() {
    for protocol in PROTOCOLS {
        for last in ["large", "one"] {
            let stage = Stage::new(protocol, Manner::PROMPT, CHIP);
            let (script, mut client) = stage.connected();
            let keys = ["one", "large", last].map(|name| stage.first.key(name));
            let began = script.now();
            let gets = keys.iter().map(|key| Get::new(Key::new(key).unwrap()));
            let mut told = 0;
            finish(client.call_each(gets, |_, _| told += 1)).unwrap();
            assert_eq!(told, 3);
            assert_eq!(script.now(), began, "{protocol:?} {last}");
            finish(client.get(&keys[0])).unwrap();
            assert_eq!(script.connections(), 1, "{protocol:?} {last}");
        }
    }
}

/// What breaks the connection is told as what it is, however it comes.
#[test]
fn a_wrong_reply_is_the_same_error_in_one_read_and_in_two() {
    for pause in [0, 100] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut link, _) = listener.accept().unwrap();
            link.set_nodelay(true).unwrap();
            let _ = link.read(&mut [0; 1000]).unwrap();
            if pause == 0 {
                return link.write_all(b"EN Oa\r\nEN Oz\r\n").unwrap();
            }
            link.write_all(b"EN Oa\r\n").unwrap();
            std::thread::sleep(Duration::from_millis(pause));
            link.write_all(b"EN Oz\r\n").unwrap();
        });
        let mut client = Client::connect(&address).unwrap();
        let gets = ["a", "b"].map(|name| Get::new(Key::new(name).unwrap()));
        let mut told = vec![];
        client
            .call_each(gets.into_iter(), |_, reply| told.push(format!("{reply:?}")))
            .unwrap();
        assert_eq!(told, ["Ok(None)", "Err(Mismatched, Unknown)"]);
        server.join().unwrap();
    }
}

/// The server says so before it reads anything: that it was meant for the first is chance.
#[test]
fn of_too_many_connections_each_is_told() {
    for protocol in PROTOCOLS {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut link, _) = listener.accept().unwrap();
            link.write_all(b"ERROR Too many open connections\r\n")
                .unwrap();
            // Until the client closes it.
            _ = link.read_to_end(&mut Vec::new());
        });
        let options = minimc::Options {
            protocol,
            ..minimc::Options::default()
        };
        let mut client = Client::connect_with(&address, options).unwrap();
        let set = Store::set(Key::new("k").unwrap(), b"v");
        let mut told = vec![];
        let sets = std::iter::repeat_n(set, 3);
        client
            .call_each(sets, |_, reply| {
                told.push(format!("{:?}", reply.unwrap_err()))
            })
            .unwrap();
        assert_eq!(told, ["TooManyConnections, NotSent"; 3], "{protocol:?}");
        drop(client);
        server.join().unwrap();
    }
}
