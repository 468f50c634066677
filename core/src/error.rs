//! What failed, who must act, and what became of the write.

use core::fmt;

pub use crate::return_code::ReturnCode;

use crate::key::BadKey;
use crate::placement::BadServer;
use crate::value::BadValue;

/// A call that failed: [what went wrong](ErrorKind), and [what became of the write](Fate).
///
/// Soft outcomes (a miss, an item that was already there) are values, not errors.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(test, derive(Hash))]
pub struct Error {
    kind: ErrorKind,
    fate: Fate,
    text: Text,
}

impl Error {
    /// An error with the fate that its kind has when nothing else is known.
    pub const fn new(kind: ErrorKind) -> Self {
        Self {
            kind,
            fate: kind.usual_fate(),
            text: Text::NONE,
        }
    }

    /// An error with a fate, and with the server's own words, cut to what a [`Text`] holds.
    // Out of line: an error is large, and told in many places.
    #[cold]
    #[inline(never)]
    pub(crate) fn told(kind: ErrorKind, fate: Fate, words: &[u8]) -> Self {
        Self {
            kind,
            fate,
            text: Text::new(words),
        }
    }

    /// The same error with another fate.
    #[must_use]
    pub const fn with_fate(self, fate: Fate) -> Self {
        Self { fate, ..self }
    }

    /// What went wrong; its variants say who must act.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What became of the write, if the failed call was one.
    pub const fn fate(&self) -> Fate {
        self.fate
    }

    /// The server's own words, where it had some: its error line, cut to 63 bytes.
    pub fn text(&self) -> Option<&Text> {
        Some(&self.text).filter(|text| !text.bytes().is_empty())
    }

    /// libmemcached's number for the failure.
    pub const fn return_code(&self) -> ReturnCode {
        self.kind.return_code()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::told(kind, kind.usual_fate(), &[])
    }
}

impl From<BadServer> for Error {
    fn from(bad: BadServer) -> Self {
        ErrorKind::Address(bad).into()
    }
}

impl From<BadKey> for Error {
    fn from(bad: BadKey) -> Self {
        ErrorKind::Key(bad).into()
    }
}

impl From<BadValue> for Error {
    fn from(bad: BadValue) -> Self {
        ErrorKind::Value(bad).into()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => write!(f, "{:?}({text:?}), {:?}", self.kind, self.fate),
            None => write!(f, "{:?}, {:?}", self.kind, self.fate),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => write!(f, "{}: \"{text}\" ({})", self.kind, self.fate),
            None => write!(f, "{} ({})", self.kind, self.fate),
        }
    }
}

impl core::error::Error for Error {}

/// What became of the write whose call failed. (Of a read there is nothing to tell.)
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(test, derive(Hash))]
pub enum Fate {
    /// The server never had the whole request, so it cannot have carried it out. (A server whose
    /// own item limit is below the client's may have removed what was stored before.)
    NotSent,
    /// The server refused it: what was stored before is stored still.
    Refused,
    /// The server refused it and removed what was stored before, as it does with a value that is
    /// too large.
    RefusedAndGone,
    /// The request was sent and no certain answer came: it may have been carried out or not.
    Unknown,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSent => "not sent",
            Self::Refused => "refused",
            Self::RefusedAndGone => "refused, and the old item is gone",
            Self::Unknown => "sent, outcome unknown",
        })
    }
}

/// What went wrong, by who must act: the caller, the server's operator, or the link.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(test, derive(Hash))]
#[non_exhaustive]
pub enum ErrorKind {
    // The caller's.
    /// The key is not one that memcached takes.
    Key(BadKey),
    /// The expiry is more than 30 days from now without a clock, or past 2038.
    Expiry,
    /// The value is none that the [convention](crate::value::Convention) writes, or what came is none
    /// that it reads.
    Value(BadValue),
    /// The value is larger than the item limit: the connection's own before anything was sent,
    /// or the server's (see the [`Fate`]). Over UDP also: than one datagram holds.
    TooLarge,
    /// The send storage or the queue of owed replies has no room now.
    Full,
    /// The name or the password of a login is empty or has a NUL, or they are too long.
    Credentials,
    /// The protocol in use cannot carry this.
    Unsupported(&'static str),
    /// A reply was asked for that is not the next one, or has not arrived.
    OutOfOrder,
    /// The storage handed to a connection is smaller than its protocol needs.
    StorageTooSmall,
    /// Every client of a pool is lent, and none was given back in time. (pylibmc raises `queue.Empty`,
    /// `memcached_pool_fetch` says `MEMCACHED_TIMEOUT` or, if it was not to wait, `MEMCACHED_NOTFOUND`,
    /// which would be a miss.)
    PoolExhausted,
    /// The address of a server cannot be read.
    Address(BadServer),
    /// There is no server that the key could live on.
    NoServers,
    /// The server of the key failed a moment ago and rests: it was not asked. The next call after its
    /// rest is. libmemcached's `MEMCACHED_SERVER_TEMPORARILY_DISABLED`; pylibmc raises `ServerDown`.
    ServerDown,
    /// The server of the key failed too often and is ejected, and the key is with no other: it was not
    /// asked. libmemcached's `MEMCACHED_SERVER_MARKED_DEAD`; pylibmc raises `ServerDead`.
    ServerEjected,
    /// The value that came, of `size` bytes, does not fit the receive storage; it is skipped.
    /// Read it in pieces, or give more storage.
    ReplyTooLarge {
        /// The bytes of the value.
        size: u32,
    },

    // The server's answer.
    /// There is no such item to count.
    NotFound,
    /// The stored value is not a number that the server can count.
    NotNumeric,
    /// `SERVER_ERROR`: the server failed.
    Server,
    /// `CLIENT_ERROR`: the server did not understand the request.
    Client,
    /// `ERROR`: the server does not know the command.
    Command,
    /// The server has no memory for the item.
    OutOfMemory,
    /// The server stored the value whatever there was, and compared no CAS value: it keeps none.
    Uncompared,
    /// Of several requests of a batch, this one among them, the server refused some, and did not
    /// say which.
    Unconfirmed,
    /// The server has as many connections as it allows.
    TooManyConnections,
    /// The server wants a login first.
    Unauthenticated,
    /// The server refused the login: name or password are not those. libmemcached's
    /// `MEMCACHED_AUTH_FAILURE`, for which pylibmc has but its plain `Error`.
    LoginRefused,
    /// The server will not do so, or not now: its words say why. It may be busy, or have been
    /// started so that it does not do such things.
    Refused,

    // The peer broke the protocol; so the connection is broken.
    /// What came is not a reply of memcached's.
    Malformed,
    /// The reply answers another request.
    Mismatched,
    /// Bytes came while no reply was owed.
    Unsolicited,
    /// A line of the reply is longer than the receive storage, and than any of memcached's.
    LineTooLong,

    // The link's.
    /// The peer closed the connection, or an earlier failure broke it.
    Closed,
    /// The operation's deadline passed.
    TimedOut,
    /// A transport that should not wait did: a blocking client over a transport that is not.
    WouldWait,
    /// The transport failed.
    Io {
        /// What it was doing.
        during: During,
        /// The operating system's number for it (errno), 0 if there is none.
        code: i32,
    },
}

impl ErrorKind {
    /// libmemcached's number for it.
    pub const fn return_code(self) -> ReturnCode {
        match self {
            Self::Key(BadKey::Empty) => ReturnCode::NoKeyProvided,
            Self::Key(BadKey::TooLong { .. }) => ReturnCode::KeyTooBig,
            Self::Key(BadKey::Byte { .. }) => ReturnCode::BadKeyProvided,
            Self::Value(
                BadValue::NoRoom
                | BadValue::InflatedTooLarge { .. }
                | BadValue::WindowTooSmall { .. },
            ) => ReturnCode::MemoryAllocationFailure,
            Self::Expiry | Self::Credentials | Self::Value(_) | Self::OutOfOrder => {
                ReturnCode::InvalidArguments
            }
            Self::Address(_) => ReturnCode::InvalidArguments,
            Self::NoServers => ReturnCode::NoServers,
            Self::ServerDown => ReturnCode::ServerTemporarilyDisabled,
            Self::ServerEjected => ReturnCode::ServerMarkedDead,
            Self::TooLarge => ReturnCode::E2Big,
            Self::Full | Self::StorageTooSmall | Self::ReplyTooLarge { .. } | Self::LineTooLong => {
                ReturnCode::MemoryAllocationFailure
            }
            Self::Unsupported(_) | Self::Uncompared => ReturnCode::NotSupported,
            Self::NotFound => ReturnCode::NotFound,
            Self::NotNumeric | Self::Client => ReturnCode::ClientError,
            Self::Server => ReturnCode::ServerError,
            Self::Command | Self::TooManyConnections => ReturnCode::Error,
            Self::OutOfMemory => ReturnCode::ServerMemoryAllocationFailure,
            Self::Unconfirmed => ReturnCode::SomeErrors,
            Self::Unauthenticated => ReturnCode::AuthProblem,
            Self::LoginRefused => ReturnCode::AuthFailure,
            Self::Malformed | Self::Mismatched | Self::Unsolicited => ReturnCode::ProtocolError,
            Self::Closed => ReturnCode::ConnectionFailure,
            Self::TimedOut | Self::PoolExhausted => ReturnCode::Timeout,
            Self::WouldWait | Self::Refused => ReturnCode::Failure,
            Self::Io { during, .. } => match during {
                During::Lookup => ReturnCode::HostLookupFailure,
                During::Connect => ReturnCode::ConnectionFailure,
                During::ConnectUnix => ReturnCode::FailUnixSocket,
                During::Read => ReturnCode::ReadFailure,
                During::Write => ReturnCode::WriteFailure,
            },
        }
    }

    /// Whether the connection on which it happened must not be used again, whatever was asked.
    pub(crate) const fn is_fatal(self) -> bool {
        matches!(
            self,
            Self::Malformed
                | Self::Mismatched
                | Self::Unsolicited
                | Self::LineTooLong
                | Self::TooManyConnections
                | Self::Closed
                | Self::TimedOut
                | Self::WouldWait
                | Self::Io { .. }
        )
    }

    pub(crate) const fn usual_fate(self) -> Fate {
        match self {
            Self::Key(_)
            | Self::Expiry
            | Self::Credentials
            | Self::Value(BadValue::NoSuchType | BadValue::NoRoom | BadValue::WouldCorrupt)
            | Self::TooLarge
            | Self::Full
            | Self::Unsupported(_)
            | Self::OutOfOrder
            | Self::StorageTooSmall
            | Self::PoolExhausted
            | Self::Address(_)
            | Self::NoServers
            | Self::ServerDown
            | Self::ServerEjected
            | Self::TooManyConnections => Fate::NotSent,
            Self::Value(_)
            | Self::NotFound
            | Self::NotNumeric
            | Self::Client
            | Self::Command
            | Self::OutOfMemory
            | Self::Unauthenticated
            | Self::LoginRefused
            | Self::Refused => Fate::Refused,
            // That it is too large is known from the answer: what was asked for was done.
            Self::ReplyTooLarge { .. }
            | Self::Server
            | Self::Uncompared
            | Self::Unconfirmed
            | Self::Malformed
            | Self::Mismatched
            | Self::Unsolicited
            | Self::LineTooLong
            | Self::Closed
            | Self::TimedOut
            | Self::WouldWait
            | Self::Io { .. } => Fate::Unknown,
        }
    }
}

/// What can go wrong with what comes, as it is told within a connection: small enough for a
/// register, where an [`ErrorKind`] is not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    Malformed,
    Mismatched,
    Unsolicited,
    LineTooLong,
    Closed,
    OutOfOrder,
}

impl From<Fault> for ErrorKind {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed => Self::Malformed,
            Fault::Mismatched => Self::Mismatched,
            Fault::Unsolicited => Self::Unsolicited,
            Fault::LineTooLong => Self::LineTooLong,
            Fault::Closed => Self::Closed,
            Fault::OutOfOrder => Self::OutOfOrder,
        }
    }
}

impl From<Fault> for Error {
    #[cold]
    #[inline(never)]
    fn from(fault: Fault) -> Self {
        ErrorKind::from(fault).into()
    }
}

// As derived, but for the text: that of `str` can panic.
impl fmt::Debug for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(bad) => return f.debug_tuple("Key").field(bad).finish(),
            Self::Value(bad) => return f.debug_tuple("Value").field(bad).finish(),
            Self::Address(bad) => return f.debug_tuple("Address").field(bad).finish(),
            Self::Unsupported(what) => return write!(f, "Unsupported(\"{what}\")"),
            Self::ReplyTooLarge { size } => {
                return f.debug_struct("ReplyTooLarge").field("size", size).finish();
            }
            Self::Io { during, code } => {
                let mut io = f.debug_struct("Io");
                return io.field("during", during).field("code", code).finish();
            }
            Self::Expiry => "Expiry",
            Self::Credentials => "Credentials",
            Self::TooLarge => "TooLarge",
            Self::Full => "Full",
            Self::OutOfOrder => "OutOfOrder",
            Self::StorageTooSmall => "StorageTooSmall",
            Self::PoolExhausted => "PoolExhausted",
            Self::NoServers => "NoServers",
            Self::ServerDown => "ServerDown",
            Self::ServerEjected => "ServerEjected",
            Self::NotFound => "NotFound",
            Self::NotNumeric => "NotNumeric",
            Self::Server => "Server",
            Self::Client => "Client",
            Self::Command => "Command",
            Self::OutOfMemory => "OutOfMemory",
            Self::Uncompared => "Uncompared",
            Self::Unconfirmed => "Unconfirmed",
            Self::TooManyConnections => "TooManyConnections",
            Self::Unauthenticated => "Unauthenticated",
            Self::LoginRefused => "LoginRefused",
            Self::Refused => "Refused",
            Self::Malformed => "Malformed",
            Self::Mismatched => "Mismatched",
            Self::Unsolicited => "Unsolicited",
            Self::LineTooLong => "LineTooLong",
            Self::Closed => "Closed",
            Self::TimedOut => "TimedOut",
            Self::WouldWait => "WouldWait",
        })
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(bad) => return bad.fmt(f),
            Self::Value(bad) => return bad.fmt(f),
            Self::Address(bad) => return bad.fmt(f),
            Self::Unsupported(what) => return write!(f, "not supported: {what}"),
            Self::ReplyTooLarge { size } => {
                return write!(
                    f,
                    "a value of {size} bytes does not fit the receive storage"
                );
            }
            Self::Io { during, code: 0 } => return write!(f, "{during} failed"),
            Self::Io { during, code } => return write!(f, "{during} failed (os error {code})"),
            Self::Expiry => "the expiry is over 30 days from now without a clock, or past 2038",
            Self::Credentials => "the name or the password is empty, has a NUL, or is too long",
            Self::TooLarge => "the value is larger than the item limit",
            Self::Full => "the send storage or the queue of owed replies is full",
            Self::OutOfOrder => "that reply is not the next one, or has not arrived",
            Self::StorageTooSmall => "the storage is smaller than the protocol needs",
            Self::PoolExhausted => "every client of the pool is lent",
            Self::NoServers => "there is no server for the key",
            Self::ServerDown => "the server failed a moment ago, and is not asked yet",
            Self::ServerEjected => "the server failed too often, and is not asked for a while",
            Self::NotFound => "there is no such item",
            Self::Server => "the server failed",
            Self::Client => "the server did not understand the request",
            Self::Command => "the server does not know the command",
            Self::OutOfMemory => "the server has no memory for the item",
            Self::Uncompared => "the server keeps no CAS values, and stored without comparing",
            Self::Unconfirmed => "the server refused this request or others of its batch",
            Self::NotNumeric => "the stored value is not a number",
            Self::TooManyConnections => "the server has too many open connections",
            Self::Unauthenticated => "the server wants a login first",
            Self::LoginRefused => "the server refused the login",
            Self::Malformed => "the reply is not one of memcached's",
            Self::Mismatched => "the reply answers another request",
            Self::Refused => "the server refused to do so",
            Self::LineTooLong => "a line of the reply is longer than the receive storage",
            Self::Unsolicited => "bytes came while no reply was owed",
            Self::Closed => "the connection is closed",
            Self::TimedOut => "the deadline passed",
            Self::WouldWait => "a transport of the blocking client waited",
        })
    }
}

/// What a transport was doing when it failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(test, derive(Hash))]
pub enum During {
    /// Finding the address of a host.
    Lookup,
    /// Connecting over a network.
    Connect,
    /// Connecting to a Unix socket.
    ConnectUnix,
    /// Reading.
    Read,
    /// Writing.
    Write,
}

impl fmt::Display for During {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lookup => "looking up the host",
            Self::Connect => "connecting",
            Self::ConnectUnix => "connecting to the Unix socket",
            Self::Read => "reading",
            Self::Write => "writing",
        })
    }
}

/// A server's own words, in an error or as its version; cut to 63 bytes.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(test, derive(Hash))]
pub struct Text {
    bytes: [u8; 63],
    length: u8,
}

impl Text {
    pub(crate) const NONE: Self = Self {
        bytes: [0; 63],
        length: 0,
    };

    /// The first 63 bytes of `text`.
    pub(crate) fn new(text: &[u8]) -> Self {
        let mut all = Self::NONE;
        for (to, from) in all.bytes.iter_mut().zip(text) {
            *to = *from;
            all.length = all.length.saturating_add(1);
        }
        all
    }

    /// The words as they came.
    pub fn bytes(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.bytes().escape_ascii())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Text {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=[u8]:a}", self.bytes());
    }
}
