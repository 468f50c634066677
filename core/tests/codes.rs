//! libmemcached's return codes: their numbers, and which of a server's words has which.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail"
)]

use minimc_core::command::{Count, Noop};
use minimc_core::{Connection, Error, Key, Protocol, ReturnCode};

use ReturnCode::*;

/// libmemcached's names, in the order of their numbers.
const NAMES: [(&str, ReturnCode); 49] = [
    ("SUCCESS", Success),
    ("FAILURE", Failure),
    ("HOST_LOOKUP_FAILURE", HostLookupFailure),
    ("CONNECTION_FAILURE", ConnectionFailure),
    ("CONNECTION_BIND_FAILURE", ConnectionBindFailure),
    ("WRITE_FAILURE", WriteFailure),
    ("READ_FAILURE", ReadFailure),
    ("UNKNOWN_READ_FAILURE", UnknownReadFailure),
    ("PROTOCOL_ERROR", ProtocolError),
    ("CLIENT_ERROR", ClientError),
    ("SERVER_ERROR", ServerError),
    ("ERROR", Error),
    ("DATA_EXISTS", DataExists),
    ("DATA_DOES_NOT_EXIST", DataDoesNotExist),
    ("NOTSTORED", NotStored),
    ("STORED", Stored),
    ("NOTFOUND", NotFound),
    ("MEMORY_ALLOCATION_FAILURE", MemoryAllocationFailure),
    ("PARTIAL_READ", PartialRead),
    ("SOME_ERRORS", SomeErrors),
    ("NO_SERVERS", NoServers),
    ("END", End),
    ("DELETED", Deleted),
    ("VALUE", Value),
    ("STAT", Stat),
    ("ITEM", Item),
    ("ERRNO", Errno),
    ("FAIL_UNIX_SOCKET", FailUnixSocket),
    ("NOT_SUPPORTED", NotSupported),
    ("NO_KEY_PROVIDED", NoKeyProvided),
    ("FETCH_NOTFINISHED", FetchNotFinished),
    ("TIMEOUT", Timeout),
    ("BUFFERED", Buffered),
    ("BAD_KEY_PROVIDED", BadKeyProvided),
    ("INVALID_HOST_PROTOCOL", InvalidHostProtocol),
    ("SERVER_MARKED_DEAD", ServerMarkedDead),
    ("UNKNOWN_STAT_KEY", UnknownStatKey),
    ("E2BIG", E2Big),
    ("INVALID_ARGUMENTS", InvalidArguments),
    ("KEY_TOO_BIG", KeyTooBig),
    ("AUTH_PROBLEM", AuthProblem),
    ("AUTH_FAILURE", AuthFailure),
    ("AUTH_CONTINUE", AuthContinue),
    ("PARSE_ERROR", ParseError),
    ("PARSE_USER_ERROR", ParseUserError),
    ("DEPRECATED", Deprecated),
    ("IN_PROGRESS", InProgress),
    ("SERVER_TEMPORARILY_DISABLED", ServerTemporarilyDisabled),
    (
        "SERVER_MEMORY_ALLOCATION_FAILURE",
        ServerMemoryAllocationFailure,
    ),
];

#[test]
fn numbers_and_names_are_those_of_libmemcached() {
    for (number, (name, code)) in NAMES.into_iter().enumerate() {
        assert_eq!(code as usize, number, "{name}");
        let ours = format!("{code:?}").to_uppercase();
        assert_eq!(ours, name.replace('_', ""), "{number}");
    }
}

/// The error of a command to which the server answers so.
fn answered(protocol: Protocol, reply: &[u8]) -> Error {
    let mut connection = Connection::<_, 1>::new(protocol, [0; 400], [0; 400]).unwrap();
    let count = Count::up(Key::new("n").unwrap(), 1);
    match protocol {
        Protocol::Text => connection.send(&Noop).unwrap(),
        _ => connection.send(&count).unwrap(),
    };
    connection.sent(400);
    connection.space()[..reply.len()].copy_from_slice(reply);
    connection.filled(reply.len());
    assert_eq!(connection.arrived(), Ok(true), "{}", reply.escape_ascii());
    match protocol {
        Protocol::Text => connection.reply::<Noop>().unwrap_err(),
        _ => connection.reply::<Count<'_>>().unwrap_err(),
    }
}

/// A server's lines, those of old and new ones and of proxies.
const LINES: [(&str, ReturnCode); 24] = [
    ("ERROR", Error),
    ("ERROR an unknown error happened", Error),
    ("ERROR: shutdown not enabled", Error),
    ("ERROR Too many open connections", Error),
    ("CLIENT_ERROR bad command line format", ClientError),
    ("CLIENT_ERROR bad data chunk", ClientError),
    ("CLIENT_ERROR invalid exptime argument", ClientError),
    ("CLIENT_ERROR invalid numeric delta argument", ClientError),
    ("CLIENT_ERROR bad token in command line format", ClientError),
    ("CLIENT_ERROR duplicate flag", ClientError),
    ("CLIENT_ERROR invalid flag", ClientError),
    ("CLIENT_ERROR line too long", ClientError),
    ("CLIENT_ERROR unauthenticated", AuthProblem),
    ("SERVER_ERROR", ServerError),
    ("SERVER_ERROR: shutdown not enabled", ServerError),
    ("SERVER_ERROR backend failure", ServerError),
    ("SERVER_ERROR output line too long", ServerError),
    ("SERVER_ERROR unavailable", ServerError),
    ("SERVER_ERROR object too large for cache", E2Big),
    ("SERVER_ERROR out of memory", ServerMemoryAllocationFailure),
    (
        "SERVER_ERROR out of memory storing object",
        ServerMemoryAllocationFailure,
    ),
    (
        "SERVER_ERROR out of memory writing get response",
        ServerMemoryAllocationFailure,
    ),
    (
        "SERVER_ERROR Out of memory during read",
        ServerMemoryAllocationFailure,
    ),
    (
        "SERVER_ERROR Out of memory allocating new item",
        ServerMemoryAllocationFailure,
    ),
];

#[test]
fn lines_have_codes() {
    for (line, code) in LINES {
        let error = answered(Protocol::Text, format!("{line}\r\n").as_bytes());
        assert_eq!(error.return_code(), code, "{line}");
    }
    let line = b"CLIENT_ERROR cannot increment or decrement non-numeric value\r\n";
    assert_eq!(answered(Protocol::Meta, line).return_code(), ClientError);
    assert_eq!(
        answered(Protocol::Meta, b"NF Oa\r\n").return_code(),
        NotFound
    );
    assert_eq!(
        answered(Protocol::Meta, b"ERROR\r\n").return_code(),
        NotSupported
    );
}

#[test]
fn statuses_of_packets_have_the_codes_of_lines() {
    for (status, code) in [
        (0x01, NotFound),
        (0x03, E2Big),
        (0x04, ClientError),
        (0x06, ClientError),
        (0x20, AuthProblem),
        (0x81, Error),
        (0x82, ServerMemoryAllocationFailure),
        (0x84, ServerError),
        (0x85, ServerError),
    ] {
        let mut packet = [0; 24];
        packet[..2].copy_from_slice(&[0x81, 0x05]);
        (packet[7], packet[13]) = (status, 0x05);
        let error = answered(Protocol::Binary, &packet);
        assert_eq!(error.return_code(), code, "{status:#x}");
    }
}
