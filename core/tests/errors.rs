//! What an error says: its text, its number, its fate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail"
)]

use minimc_core::command::{Get, Noop, Store, Version};
use minimc_core::placement::BadServer;
use minimc_core::value::BadValue;
use minimc_core::{BadKey, Connection, During, Error, ErrorKind, Fate, Key, Protocol, ReturnCode};

/// What the server's `reply` to a classic command of each kind means.
fn answered(reply: &str) -> Error {
    let mut connection: Connection<_, 1> =
        Connection::new(Protocol::Text, [0; 400], [0; 400]).unwrap();
    connection.send(&Noop).unwrap();
    connection.sent(400);
    connection.space()[..reply.len()].copy_from_slice(reply.as_bytes());
    connection.filled(reply.len());
    assert_eq!(connection.arrived(), Ok(true));
    connection.reply::<Noop>().unwrap_err()
}

/// Every kind of error, with its text, return code and usual fate.
fn all() -> Vec<(ErrorKind, &'static str, ReturnCode, Fate)> {
    use ErrorKind::*;
    assert_eq!(
        answered("SERVER_ERROR object too large for cache\r\n").kind(),
        TooLarge
    );
    assert_eq!(
        answered("CLIENT_ERROR unauthenticated\r\n").kind(),
        Unauthenticated
    );
    assert_eq!(
        answered("ERROR Too many open connections\r\n").kind(),
        TooManyConnections
    );
    let io = |during, code| Io { during, code };
    vec![
        (
            Key(BadKey::Empty),
            "the key is empty",
            ReturnCode::NoKeyProvided,
            Fate::NotSent,
        ),
        (
            Key(BadKey::TooLong {
                length: 251,
                limit: 250,
            }),
            "the key has 251 bytes, the limit is 250",
            ReturnCode::KeyTooBig,
            Fate::NotSent,
        ),
        (
            Key(BadKey::Byte { at: 3, byte: b'\n' }),
            "byte 3 of the key is 0x0A; control characters and spaces are not allowed",
            ReturnCode::BadKeyProvided,
            Fate::NotSent,
        ),
        (
            Expiry,
            "the expiry is over 30 days from now without a clock, or past 2038",
            ReturnCode::InvalidArguments,
            Fate::NotSent,
        ),
        (
            Credentials,
            "the name or the password is empty, has a NUL, or is too long",
            ReturnCode::InvalidArguments,
            Fate::NotSent,
        ),
        (
            Value(BadValue::Flags { flags: 3 }),
            "no value of the convention has the flags 3",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::Compressed),
            "the value is compressed",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::Zstd),
            "the value is compressed by zstd",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::Corrupt),
            "the compressed value is damaged",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::Truncated),
            "the value ends too early",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::Trailing),
            "more comes behind the compressed value",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::InflatedTooLarge { limit: 9 }),
            "the inflated value has more than 9 bytes",
            ReturnCode::MemoryAllocationFailure,
            Fate::Refused,
        ),
        (
            Value(BadValue::WindowTooSmall { distance: 9 }),
            "to inflate the value takes a window of 9 bytes or more",
            ReturnCode::MemoryAllocationFailure,
            Fate::Refused,
        ),
        (
            Value(BadValue::NotText),
            "the value is no UTF-8, which its flags say",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::NotInteger),
            "the value is no number",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::NotBool),
            "the value is neither yes nor no, which its flags say",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::NoSuchType),
            "the convention has no type for the value",
            ReturnCode::InvalidArguments,
            Fate::NotSent,
        ),
        (
            Value(BadValue::WouldCorrupt),
            "what is stored could not be read any more",
            ReturnCode::InvalidArguments,
            Fate::NotSent,
        ),
        (
            Value(BadValue::NoRoom),
            "the buffer is too small for the value",
            ReturnCode::MemoryAllocationFailure,
            Fate::NotSent,
        ),
        (
            Value(BadValue::NotChunked),
            "the value is not a chunked one",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::Manifest),
            "the manifest of the chunked value is none",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::PartMissing { index: 3 }),
            "part 3 of the chunked value is missing",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::PartLength { index: 3 }),
            "part 3 of the chunked value has another length",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::Checksum),
            "the chunked value is damaged",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            Value(BadValue::Changed),
            "the chunked value was changed or removed",
            ReturnCode::InvalidArguments,
            Fate::Refused,
        ),
        (
            TooLarge,
            "the value is larger than the item limit",
            ReturnCode::E2Big,
            Fate::NotSent,
        ),
        (
            Full,
            "the send storage or the queue of owed replies is full",
            ReturnCode::MemoryAllocationFailure,
            Fate::NotSent,
        ),
        (
            Unsupported("this"),
            "not supported: this",
            ReturnCode::NotSupported,
            Fate::NotSent,
        ),
        (
            OutOfOrder,
            "that reply is not the next one, or has not arrived",
            ReturnCode::InvalidArguments,
            Fate::NotSent,
        ),
        (
            StorageTooSmall,
            "the storage is smaller than the protocol needs",
            ReturnCode::MemoryAllocationFailure,
            Fate::NotSent,
        ),
        (
            PoolExhausted,
            "every client of the pool is lent",
            ReturnCode::Timeout,
            Fate::NotSent,
        ),
        (
            Address(BadServer::Port),
            "the port is no number up to 65535",
            ReturnCode::InvalidArguments,
            Fate::NotSent,
        ),
        (
            NoServers,
            "there is no server for the key",
            ReturnCode::NoServers,
            Fate::NotSent,
        ),
        (
            ServerDown,
            "the server failed a moment ago, and is not asked yet",
            ReturnCode::ServerTemporarilyDisabled,
            Fate::NotSent,
        ),
        (
            ServerEjected,
            "the server failed too often, and is not asked for a while",
            ReturnCode::ServerMarkedDead,
            Fate::NotSent,
        ),
        (
            ReplyTooLarge { size: 9 },
            "a value of 9 bytes does not fit the receive storage",
            ReturnCode::MemoryAllocationFailure,
            Fate::Unknown,
        ),
        (
            NotFound,
            "there is no such item",
            ReturnCode::NotFound,
            Fate::Refused,
        ),
        (
            NotNumeric,
            "the stored value is not a number",
            ReturnCode::ClientError,
            Fate::Refused,
        ),
        (
            Server,
            "the server failed",
            ReturnCode::ServerError,
            Fate::Unknown,
        ),
        (
            Client,
            "the server did not understand the request",
            ReturnCode::ClientError,
            Fate::Refused,
        ),
        (
            Command,
            "the server does not know the command",
            ReturnCode::Error,
            Fate::Refused,
        ),
        (
            OutOfMemory,
            "the server has no memory for the item",
            ReturnCode::ServerMemoryAllocationFailure,
            Fate::Refused,
        ),
        (
            TooManyConnections,
            "the server has too many open connections",
            ReturnCode::Error,
            Fate::NotSent,
        ),
        (
            Unauthenticated,
            "the server wants a login first",
            ReturnCode::AuthProblem,
            Fate::Refused,
        ),
        (
            LoginRefused,
            "the server refused the login",
            ReturnCode::AuthFailure,
            Fate::Refused,
        ),
        (
            Malformed,
            "the reply is not one of memcached's",
            ReturnCode::ProtocolError,
            Fate::Unknown,
        ),
        (
            Mismatched,
            "the reply answers another request",
            ReturnCode::ProtocolError,
            Fate::Unknown,
        ),
        (
            Unsolicited,
            "bytes came while no reply was owed",
            ReturnCode::ProtocolError,
            Fate::Unknown,
        ),
        (
            Closed,
            "the connection is closed",
            ReturnCode::ConnectionFailure,
            Fate::Unknown,
        ),
        (
            TimedOut,
            "the deadline passed",
            ReturnCode::Timeout,
            Fate::Unknown,
        ),
        (
            WouldWait,
            "a transport of the blocking client waited",
            ReturnCode::Failure,
            Fate::Unknown,
        ),
        (
            io(During::Lookup, 0),
            "looking up the host failed",
            ReturnCode::HostLookupFailure,
            Fate::Unknown,
        ),
        (
            io(During::Connect, 111),
            "connecting failed (os error 111)",
            ReturnCode::ConnectionFailure,
            Fate::Unknown,
        ),
        (
            io(During::ConnectUnix, 2),
            "connecting to the Unix socket failed (os error 2)",
            ReturnCode::FailUnixSocket,
            Fate::Unknown,
        ),
        (
            io(During::Read, 0),
            "reading failed",
            ReturnCode::ReadFailure,
            Fate::Unknown,
        ),
        (
            io(During::Write, 32),
            "writing failed (os error 32)",
            ReturnCode::WriteFailure,
            Fate::Unknown,
        ),
    ]
}

#[test]
fn every_kind_has_a_text_a_number_and_a_fate() {
    for (kind, text, code, fate) in all() {
        let error = Error::from(kind);
        assert_eq!(kind.to_string(), text);
        assert_eq!(error.to_string(), format!("{text} ({fate})"));
        assert_eq!((error.kind(), error.fate()), (kind, fate), "{text}");
        assert_eq!(
            (error.return_code(), kind.return_code()),
            (code, code),
            "{text}"
        );
        let other = error.with_fate(Fate::RefusedAndGone);
        assert_eq!((other.kind(), other.fate()), (kind, Fate::RefusedAndGone));
    }
}

#[test]
fn fates_in_words() {
    for (fate, text) in [
        (Fate::NotSent, "not sent"),
        (Fate::Refused, "refused"),
        (Fate::RefusedAndGone, "refused, and the old item is gone"),
        (Fate::Unknown, "sent, outcome unknown"),
    ] {
        assert_eq!(fate.to_string(), text);
    }
}

#[test]
fn a_servers_words_stand_beside_the_kind() {
    for (reply, text) in [
        (
            "SERVER_ERROR \"busy\"\r\n",
            "the server failed: \"SERVER_ERROR \\\"busy\\\"\" (sent, outcome unknown)",
        ),
        (
            "CLIENT_ERROR bad command line format\r\n",
            "the server did not understand the request: \"CLIENT_ERROR bad command line format\" (refused)",
        ),
        (
            "SERVER_ERROR out of memory storing object\r\n",
            "the server has no memory for the item: \"SERVER_ERROR out of memory storing object\" (refused)",
        ),
    ] {
        assert_eq!(answered(reply).to_string(), text);
    }
    assert_eq!(answered("ERROR\r\n").kind(), ErrorKind::Command);
    assert!(Error::new(ErrorKind::Closed).text().is_none());
}

#[test]
fn a_servers_words_are_cut_and_escaped() {
    let long = format!("SERVER_ERROR {}\r\n", "é".repeat(100));
    let error = answered(&long);
    assert_eq!(error.kind(), ErrorKind::Server);
    let text = error.text().unwrap();
    assert_eq!(text.bytes(), &long.as_bytes()[..63]);
    assert_eq!(
        text.to_string(),
        format!("SERVER_ERROR {}", "\\xc3\\xa9".repeat(25))
    );
}

#[test]
fn a_server_that_does_not_speak_the_binary_protocol() {
    for (reply, text) in [
        ("ERROR\r\n", "Command(\"ERROR\"), Refused"),
        (
            "SERVER_ERROR busy\r\n",
            "Server(\"SERVER_ERROR busy\"), Unknown",
        ),
        (
            "ERROR Too many open connections\r\n",
            "TooManyConnections, NotSent",
        ),
    ] {
        let mut connection: Connection<_, 1> =
            Connection::new(Protocol::Binary, [0; 400], [0; 400]).unwrap();
        connection.send(&Noop).unwrap();
        connection.sent(400);
        connection.space()[..reply.len()].copy_from_slice(reply.as_bytes());
        connection.filled(reply.len());
        assert_eq!(connection.arrived(), Ok(true));
        let error = connection.reply::<Noop>().unwrap_err();
        assert_eq!(format!("{error:?}"), text);
        assert!(connection.is_broken());
    }
}

/// What a refused storage command does to the connection: its payload may be run as commands.
#[test]
fn which_refusals_break_the_connection() {
    let key = Key::new("k").unwrap();
    for (reply, breaks_a_set, breaks_a_get) in [
        ("ERROR\r\n", true, false),
        ("ERROR Too many open connections\r\n", true, true),
        ("CLIENT_ERROR bad data chunk\r\n", true, false),
        ("CLIENT_ERROR unauthenticated\r\n", true, false),
        (
            "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
            true,
            false,
        ),
        ("SERVER_ERROR object too large for cache\r\n", false, false),
        (
            "SERVER_ERROR out of memory storing object\r\n",
            false,
            false,
        ),
        ("SERVER_ERROR busy\r\n", false, false),
    ] {
        for protocol in [Protocol::Text, Protocol::Meta] {
            let new = || Connection::<_, 2>::new(protocol, [0; 400], [0; 400]).unwrap();
            let answer = |connection: &mut Connection<[u8; 400], 2>| {
                connection.sent(400);
                connection.space()[..reply.len()].copy_from_slice(reply.as_bytes());
                connection.filled(reply.len());
                assert_eq!(connection.arrived(), Ok(true));
            };
            let mut connection = new();
            connection.send(&Store::set(key, b"v")).unwrap();
            answer(&mut connection);
            assert!(connection.reply::<Store<'_, '_>>().is_err());
            let broken = breaks_a_set && !(protocol == Protocol::Meta && reply.contains("numeric"));
            assert_eq!(connection.is_broken(), broken, "set {reply}");

            let mut connection = new();
            connection.send(&Get::new(key)).unwrap();
            answer(&mut connection);
            assert!(connection.reply::<Get<'_>>().is_err());
            assert_eq!(connection.is_broken(), breaks_a_get, "get {reply}");
            let next = connection.send(&Version).map_err(|error| error.to_string());
            match next {
                Ok(_) => assert!(!breaks_a_get),
                Err(text) => assert_eq!(text, "the connection is closed (not sent)"),
            }
        }
    }
}
