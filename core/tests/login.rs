//! Whatever stands in a name or a password is refused, or is in a login that a server reads as one.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail"
)]

mod grammar;

use grammar::{Mode, Request, What};
use minimc_core::command::Login;
use minimc_core::{Connection, Credentials, Error, ErrorKind, Fate, Protocol};

const PROTOCOLS: [Protocol; 3] = [Protocol::Text, Protocol::Meta, Protocol::Binary];

/// The bytes of a login.
fn sent(protocol: Protocol, credentials: Credentials<'_>) -> Result<Vec<u8>, Error> {
    let mut connection = Connection::<_, 1>::new(protocol, [0; 384], [0; 384]).unwrap();
    let login = Login::new(credentials);
    let sent = connection.send(&login);
    assert_eq!(connection.is_sending(), sent.is_ok());
    sent.map(|gap| connection.outgoing(gap.as_ref()).concat())
}

/// What a server with `-Y` reads: one `set`, and of its data two words.
fn read_by_text(bytes: &[u8]) -> (String, String) {
    let [Request { what, .. }] = &grammar::requests(bytes).unwrap()[..] else {
        panic!("not one request: {}", bytes.escape_ascii());
    };
    let What::Store {
        mode: Mode::Set,
        value,
        ..
    } = what
    else {
        panic!("{what:?}");
    };
    let words = str::from_utf8(value).unwrap();
    // That server ends a line at a line feed and data at a NUL.
    assert!(!words.contains(['\r', '\n', '\0']), "{words:?}");
    let (user, password) = words.split_once(' ').unwrap();
    assert!(!password.contains(' '), "{words:?}");
    (user.into(), password.into())
}

/// What a server with `-S` reads.
fn read_by_packet(bytes: &[u8]) -> (String, String) {
    let (header, body) = bytes.split_at(24);
    let length = u32::from_be_bytes(*header[8..].first_chunk().unwrap());
    assert_eq!(header[..8], [0x80, 0x21, 0, 5, 0, 0, 0, 0]);
    assert_eq!(length as usize, body.len());
    let body = str::from_utf8(body).unwrap();
    let words: Vec<&str> = body.split('\0').collect();
    let ["PLAIN", user, password] = words[..] else {
        panic!("{body:?}");
    };
    (user.into(), password.into())
}

#[test]
fn every_character_in_every_place() {
    let mut logins = 0;
    let characters = (0..=0x7F).map(char::from).chain("é€𝄞".chars());
    for character in characters {
        for odd in [
            format!("{character}"),
            format!("{character}ab"),
            format!("a{character}b"),
            format!("ab{character}"),
        ] {
            for (user, password) in [(odd.as_str(), "word"), ("name", odd.as_str())] {
                let credentials = Credentials::new(user, password);
                if character == '\0' {
                    assert_eq!(credentials.unwrap_err().kind(), ErrorKind::Credentials);
                    continue;
                }
                for protocol in PROTOCOLS {
                    let login = sent(protocol, credentials.unwrap());
                    if protocol != Protocol::Binary && matches!(character, ' ' | '\r' | '\n') {
                        let error = login.unwrap_err();
                        assert!(matches!(error.kind(), ErrorKind::Unsupported(_)));
                        assert_eq!(error.fate(), Fate::NotSent);
                        continue;
                    }
                    let read = match protocol {
                        Protocol::Binary => read_by_packet,
                        _ => read_by_text,
                    };
                    let expected = (user.to_string(), password.to_string());
                    assert_eq!(read(&login.unwrap()), expected);
                    logins += 1;
                }
            }
        }
    }
    // 131 characters, of which one is none and three go by packets only.
    assert_eq!(logins, 8 * (3 * 130 - 2 * 3));
}
