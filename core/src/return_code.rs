//! libmemcached's return codes: its numbers, and its names in Rust's spelling.

/// libmemcached's `memcached_return_t`: what users of libmemcached and pylibmc know failures by.
///
/// `code as u8` is the number. Beside each stands the class that pylibmc raises for it; where none
/// does, pylibmc has but its plain `Error`.
///
/// 11 has two names in libmemcached: `ERROR`, a server's plain error line, and the older
/// `CONNECTION_SOCKET_CREATE_FAILURE`, so that pylibmc raises `SocketCreateError` for a command that
/// the server does not know. Here 11 is only ever what the server said: a socket that cannot be made
/// is [`ConnectionFailure`](Self::ConnectionFailure) or
/// [`FailUnixSocket`](Self::FailUnixSocket).
///
/// A failure has one code, whatever the protocol. libmemcached makes 17 of a packet that says that
/// the server has no memory, and 7 of most other refusals by packets; here those are 48, 9 and 11,
/// as they are of lines.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum ReturnCode {
    /// `MEMCACHED_SUCCESS`
    Success = 0,
    /// `MEMCACHED_FAILURE`; pylibmc's `Failure`
    Failure = 1,
    /// `MEMCACHED_HOST_LOOKUP_FAILURE`; pylibmc's `HostLookupError`
    HostLookupFailure = 2,
    /// `MEMCACHED_CONNECTION_FAILURE`; pylibmc's `ConnectionError`
    ConnectionFailure = 3,
    /// `MEMCACHED_CONNECTION_BIND_FAILURE`; pylibmc's `ConnectionBindError`
    ConnectionBindFailure = 4,
    /// `MEMCACHED_WRITE_FAILURE`; pylibmc's `WriteError`
    WriteFailure = 5,
    /// `MEMCACHED_READ_FAILURE`; pylibmc's `ReadError`
    ReadFailure = 6,
    /// `MEMCACHED_UNKNOWN_READ_FAILURE`; pylibmc's `UnknownReadFailure`
    UnknownReadFailure = 7,
    /// `MEMCACHED_PROTOCOL_ERROR`; pylibmc's `ProtocolError`
    ProtocolError = 8,
    /// `MEMCACHED_CLIENT_ERROR`; pylibmc's `ClientError`
    ClientError = 9,
    /// `MEMCACHED_SERVER_ERROR`; pylibmc's `ServerError`
    ServerError = 10,
    /// `MEMCACHED_ERROR`; pylibmc's `SocketCreateError`, see [above](Self)
    Error = 11,
    /// `MEMCACHED_DATA_EXISTS`; pylibmc's `DataExists`
    DataExists = 12,
    /// `MEMCACHED_DATA_DOES_NOT_EXIST`; pylibmc's `DataDoesNotExist`
    DataDoesNotExist = 13,
    /// `MEMCACHED_NOTSTORED`
    NotStored = 14,
    /// `MEMCACHED_STORED`
    Stored = 15,
    /// `MEMCACHED_NOTFOUND`; pylibmc's `NotFound`
    NotFound = 16,
    /// `MEMCACHED_MEMORY_ALLOCATION_FAILURE`; pylibmc's `AllocationError`
    MemoryAllocationFailure = 17,
    /// `MEMCACHED_PARTIAL_READ`
    PartialRead = 18,
    /// `MEMCACHED_SOME_ERRORS`; pylibmc's `SomeErrors`
    SomeErrors = 19,
    /// `MEMCACHED_NO_SERVERS`; pylibmc's `NoServers`
    NoServers = 20,
    /// `MEMCACHED_END`
    End = 21,
    /// `MEMCACHED_DELETED`
    Deleted = 22,
    /// `MEMCACHED_VALUE`
    Value = 23,
    /// `MEMCACHED_STAT`
    Stat = 24,
    /// `MEMCACHED_ITEM`
    Item = 25,
    /// `MEMCACHED_ERRNO`; pylibmc's `Error` with the system's words
    Errno = 26,
    /// `MEMCACHED_FAIL_UNIX_SOCKET`; pylibmc's `UnixSocketError`
    FailUnixSocket = 27,
    /// `MEMCACHED_NOT_SUPPORTED`; pylibmc's `NotSupportedError`
    NotSupported = 28,
    /// `MEMCACHED_NO_KEY_PROVIDED`
    NoKeyProvided = 29,
    /// `MEMCACHED_FETCH_NOTFINISHED`; pylibmc's `FetchNotFinished`
    FetchNotFinished = 30,
    /// `MEMCACHED_TIMEOUT`
    Timeout = 31,
    /// `MEMCACHED_BUFFERED`
    Buffered = 32,
    /// `MEMCACHED_BAD_KEY_PROVIDED`; pylibmc's `BadKeyProvided`
    BadKeyProvided = 33,
    /// `MEMCACHED_INVALID_HOST_PROTOCOL`; pylibmc's `InvalidHostProtocolError`
    InvalidHostProtocol = 34,
    /// `MEMCACHED_SERVER_MARKED_DEAD`; pylibmc's `ServerDead`
    ServerMarkedDead = 35,
    /// `MEMCACHED_UNKNOWN_STAT_KEY`; pylibmc's `UnknownStatKey`
    UnknownStatKey = 36,
    /// `MEMCACHED_E2BIG`; pylibmc's `TooBig`
    E2Big = 37,
    /// `MEMCACHED_INVALID_ARGUMENTS`
    InvalidArguments = 38,
    /// `MEMCACHED_KEY_TOO_BIG`
    KeyTooBig = 39,
    /// `MEMCACHED_AUTH_PROBLEM`
    AuthProblem = 40,
    /// `MEMCACHED_AUTH_FAILURE`
    AuthFailure = 41,
    /// `MEMCACHED_AUTH_CONTINUE`
    AuthContinue = 42,
    /// `MEMCACHED_PARSE_ERROR`
    ParseError = 43,
    /// `MEMCACHED_PARSE_USER_ERROR`
    ParseUserError = 44,
    /// `MEMCACHED_DEPRECATED`
    Deprecated = 45,
    /// `MEMCACHED_IN_PROGRESS`
    InProgress = 46,
    /// `MEMCACHED_SERVER_TEMPORARILY_DISABLED`; pylibmc's `ServerDown`
    ServerTemporarilyDisabled = 47,
    /// `MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE`
    ServerMemoryAllocationFailure = 48,
}
