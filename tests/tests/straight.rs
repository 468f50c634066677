//! Values that go straight into the caller's buffer: cut, lost, given up and lied about at every place.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::{Client, ErrorKind, Options, Protocol};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::script::peer::value;
use minimc_tests::script::{Fault, How, Lie, Manner, Peer, Script, finish, polled, polls};

type Chip = Client<Script, [u8; 400], 4>;

/// Longer than the storage.
const LENGTH: usize = 900;

/// More than its head, its bytes and what ends it.
const REPLY: usize = LENGTH + 100;

/// What is in a buffer before, and in no value.
const UNTOUCHED: u8 = 0xA5;

fn chip(protocol: Protocol, manner: Manner, length: usize) -> (Script, Chip) {
    let mut peer = Peer::new(protocol);
    peer.put("v", length);
    peer.put("small", 3);
    let script = Script::new(peer, manner);
    let options = Options {
        protocol,
        ..Options::default()
    };
    let client = Client::with_options(script.clone(), [0; 400], [0; 400], options);
    let mut client = client.unwrap();
    finish(client.noop()).unwrap();
    (script, client)
}

/// Bytes all at once, or in chunks, to transports that scatter what they read and to those that do not.
fn manners() -> impl Iterator<Item = Manner> {
    let chunks = [1, 7, 64, 399, 400, 401, usize::MAX];
    chunks.into_iter().flat_map(|chunk| {
        [false, true].map(|pending| Manner {
            chunk,
            pending,
            ..Manner::PROMPT
        })
    })
}

/// The next call gets its own reply.
fn goes_on(client: &mut Chip, about: &str) {
    let item = finish(client.get("small")).unwrap().unwrap();
    assert_eq!(item.value, value("small", 3), "{about}");
}

#[test]
fn values_of_every_length_in_buffers_of_every_size() {
    let lengths = (0..4).chain(330..440).chain([799, 800, 801, LENGTH]);
    for (protocol, length) in PROTOCOLS
        .iter()
        .flat_map(|&p| lengths.clone().map(move |l| (p, l)))
    {
        for manner in manners() {
            let (script, mut client) = chip(protocol, manner, length);
            for room in [length.saturating_sub(1), length, length + 1, length + 500] {
                let about = format!("{protocol:?}, {manner:?}: {length} bytes in {room}");
                let mut place = vec![UNTOUCHED; room];
                let got = finish(client.get_into("v", &mut place));
                if room < length {
                    let size = length as u32;
                    let kind = got.map_err(|error| error.kind());
                    assert_eq!(kind, Err(ErrorKind::ReplyTooLarge { size }), "{about}");
                } else {
                    assert_eq!(got.unwrap().unwrap().length as usize, length, "{about}");
                    let (got, behind) = place.split_at(length);
                    assert!(got == value("v", length), "{about}");
                    assert!(behind.iter().all(|&byte| byte == UNTOUCHED), "{about}");
                    assert_eq!(script.unread(), 0, "{about}");
                }
                goes_on(&mut client, &about);
            }
            assert_eq!(script.connections(), 1);
        }
    }
}

#[test]
fn a_link_that_is_lost_anywhere() {
    let old = value("v", LENGTH);
    for protocol in PROTOCOLS {
        for manner in manners() {
            for how in [How::End, How::Reset, How::Stall] {
                let mut has_come = false;
                for at in 0..REPLY {
                    let about = format!("{protocol:?}, {manner:?}, {how:?} after {at} bytes");
                    let (script, mut client) = chip(protocol, manner, LENGTH);
                    script.fault(Fault::Back(at, how));
                    let mut place = [UNTOUCHED; LENGTH];
                    let got = finish(client.get_into("v", &mut place));
                    match (got.map_err(|error| error.kind()), how) {
                        // Within its head it is asked for again.
                        (Ok(entry), _) => {
                            assert!(entry.is_some() && place == *old, "{about}");
                            has_come |= script.connections() == 1;
                        }
                        (Err(ErrorKind::Closed), How::End)
                        | (Err(ErrorKind::Io { .. }), How::Reset)
                        | (Err(ErrorKind::TimedOut), How::Stall) => assert!(!has_come, "{about}"),
                        (other, _) => panic!("{about}: {other:?}"),
                    }
                    script.fault(Fault::None);
                    goes_on(&mut client, &about);
                }
                assert!(has_come);
            }
        }
    }
}

#[test]
fn a_future_that_is_dropped_anywhere() {
    let old = value("v", LENGTH);
    for protocol in PROTOCOLS {
        for chunk in [1, 9, 500] {
            let manner = Manner {
                chunk,
                ..Manner::HALTING
            };
            let mut place = [0; LENGTH];
            let (_, mut client) = chip(protocol, manner, LENGTH);
            let (getting, got) = polls(client.get_into("v", &mut place));
            assert!(got.unwrap().is_some());
            for times in 1..getting {
                let about = format!("{protocol:?}: dropped after {times} of {getting} polls");
                let (script, mut client) = chip(protocol, manner, LENGTH);
                assert!(polled(client.get_into("v", &mut place), times).is_none());
                goes_on(&mut client, &about);
                // And once more: nothing is left of it.
                place = [0; LENGTH];
                let entry = finish(client.get_into("v", &mut place)).unwrap();
                assert!(entry.is_some() && place == *old, "{about}");
                assert_eq!((script.connections(), script.unread()), (1, 0), "{about}");
            }
        }
    }
}

#[test]
fn a_peer_that_lies() {
    for protocol in PROTOCOLS {
        for manner in manners() {
            for lie in [
                Lie::Short,
                Lie::Garbage,
                Lie::Twice,
                Lie::Behind,
                Lie::Stale(0),
            ] {
                let about = format!("{protocol:?}, {manner:?}, {lie:?}");
                let (script, mut client) = chip(protocol, manner, LENGTH);
                script.fault(Fault::Lie(lie));
                let mut place = [UNTOUCHED; LENGTH];
                match finish(client.get_into("v", &mut place)) {
                    Ok(Some(entry)) => {
                        let length = entry.length as usize;
                        assert!(place[..length] == value("v", LENGTH)[..length], "{about}");
                        // A packet that is shorter than it should be is one.
                        let is_packet = protocol == Protocol::Binary && lie == Lie::Short;
                        assert!(length == LENGTH || is_packet, "{about}");
                    }
                    Ok(None) => panic!("{about}: a miss"),
                    Err(_) => {}
                }
                script.fault(Fault::None);
                // What came behind may be seen before the next call, or only in the place of its reply.
                if let Ok(item) = finish(client.get("small")) {
                    assert_eq!(item.unwrap().value, value("small", 3), "{about}");
                }
                goes_on(&mut client, &about);
            }
        }
    }
}

#[test]
fn the_time_limit_is_that_of_the_whole_call() {
    for protocol in PROTOCOLS {
        for manner in manners() {
            let (script, mut client) = chip(protocol, manner, LENGTH);
            script.fault(Fault::Drip(500));
            let before = script.now();
            let got = finish(client.get_into("v", &mut [0; LENGTH]));
            assert_eq!(got.unwrap_err().kind(), ErrorKind::TimedOut);
            let took = script.now() - before;
            assert!(took <= Options::default().timeout, "{protocol:?}: {took:?}");
            script.fault(Fault::None);
            goes_on(&mut client, "after a drip");
        }
    }
}
