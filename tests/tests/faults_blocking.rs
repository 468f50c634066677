//! The blocking client over a link that fails, or that waits where it should not.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::blocking::Client;
use minimc::{Error, ErrorKind, Expiry, Fate, Options, Protocol};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::script::peer::value;
use minimc_tests::script::{Fault, How, Manner, Peer, Script};

/// A client with a connection, to a peer with a value and a number.
fn connected(protocol: Protocol) -> (Script, Client<Script, [u8; 400], 4>) {
    let mut peer = Peer::new(protocol);
    peer.put("one", 20);
    peer.put("large", 700);
    peer.put_number("number", 5);
    let script = Script::new(peer, Manner::PROMPT);
    let options = Options {
        protocol,
        ..Options::default()
    };
    let mut client = Client::with_options(script.clone(), [0; 400], [0; 400], options).unwrap();
    client.noop().unwrap();
    (script, client)
}

/// The calls, each with whether its outcome is right.
type Call = fn(&mut Client<Script, [u8; 400], 4>) -> Result<bool, Error>;

const WRITES: [(&str, Call); 3] = [
    ("new", |client| {
        client.set("new", &value("new", 30), Expiry::NEVER)?;
        Ok(true)
    }),
    ("large", |client| {
        client.set("large", &value("large", 800), Expiry::NEVER)?;
        Ok(true)
    }),
    ("number", |client| Ok(client.incr("number", 7)? == 12)),
];

const READS: [(&str, Call); 4] = [
    ("one", |client| {
        Ok(client
            .get("one")?
            .is_some_and(|item| item.value == value("one", 20)))
    }),
    ("large", |client| {
        let mut buffer = [0; 1000];
        let entry = client.get_into("large", &mut buffer)?;
        Ok(entry.is_some_and(|entry| buffer[..entry.length as usize] == value("large", 700)))
    }),
    ("one", |client| {
        let mut items = client.get_many(&["none", "one"])?;
        let (mut hit, mut miss) = (false, false);
        while let Some((key, item)) = items.next() {
            match item? {
                Some(item) => hit = *key == "one" && item.value == value("one", 20),
                None => miss = *key == "none",
            }
        }
        Ok(hit && miss)
    }),
    ("", |client| Ok(client.version()?.to_string() == "1.6.18")),
];

#[test]
fn losses_are_told_and_made_good() {
    for protocol in PROTOCOLS {
        for (key, write) in WRITES {
            for (name, read) in READS {
                for how in [How::End, How::Reset, How::Stall] {
                    for after in [0, 1, 3] {
                        let what = format!("{protocol:?}: {key:?}, then {name:?}, {how:?}");
                        let (script, mut client) = connected(protocol);
                        script.fault(Fault::Back(after, how));
                        let error = write(&mut client).unwrap_err();
                        assert_eq!(error.fate(), Fate::Unknown, "{what}");
                        assert_eq!(script.peer().served(key), 1, "{what}");
                        script.peer().put("large", 700);
                        assert!(read(&mut client).unwrap(), "{what}");
                        // What was not sent is repeated.
                        script.peer().put_number("number", 5);
                        if how != How::Stall {
                            script.fault(Fault::Out(after, how));
                            assert!(write(&mut client).unwrap(), "{what}");
                            assert_eq!(script.connections(), 3, "{what}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_transport_that_waits_is_an_error_and_no_reply_is_lost() {
    for protocol in PROTOCOLS {
        for (key, write) in WRITES {
            for (name, read) in READS {
                let what = format!("{protocol:?}: {key:?}, then {name:?}");
                let (script, mut client) = connected(protocol);
                script.fault(Fault::Back(3, How::Wait));
                let error = write(&mut client).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::WouldWait, "{what}");
                assert_eq!(error.fate(), Fate::Unknown, "{what}");
                let error = read(&mut client).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::WouldWait, "{what}");
                script.fault(Fault::None);
                script.peer().put("large", 700);
                assert!(read(&mut client).unwrap(), "{what}");
                assert_eq!(script.connections(), 1, "{what}");
                script.peer().put_number("number", 5);
                assert!(write(&mut client).unwrap(), "{what}");
            }
        }
    }
}
