//! libmemcached's return codes: its numbers, and its names in Rust's spelling.

/// libmemcached's `memcached_return_t`: what users of libmemcached and pylibmc know failures by.
///
/// `code as u8` is the number. 11 is a server's plain `ERROR`; the older name that libmemcached
/// gives the same number, `CONNECTION_SOCKET_CREATE_FAILURE`, is never meant here.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum ReturnCode {
    /// `MEMCACHED_SUCCESS`
    Success = 0,
    /// `MEMCACHED_FAILURE`
    Failure = 1,
    /// `MEMCACHED_HOST_LOOKUP_FAILURE`
    HostLookupFailure = 2,
    /// `MEMCACHED_CONNECTION_FAILURE`
    ConnectionFailure = 3,
    /// `MEMCACHED_CONNECTION_BIND_FAILURE`
    ConnectionBindFailure = 4,
    /// `MEMCACHED_WRITE_FAILURE`
    WriteFailure = 5,
    /// `MEMCACHED_READ_FAILURE`
    ReadFailure = 6,
    /// `MEMCACHED_UNKNOWN_READ_FAILURE`
    UnknownReadFailure = 7,
    /// `MEMCACHED_PROTOCOL_ERROR`
    ProtocolError = 8,
    /// `MEMCACHED_CLIENT_ERROR`
    ClientError = 9,
    /// `MEMCACHED_SERVER_ERROR`
    ServerError = 10,
    /// `MEMCACHED_ERROR`
    Error = 11,
    /// `MEMCACHED_DATA_EXISTS`
    DataExists = 12,
    /// `MEMCACHED_DATA_DOES_NOT_EXIST`
    DataDoesNotExist = 13,
    /// `MEMCACHED_NOTSTORED`
    NotStored = 14,
    /// `MEMCACHED_STORED`
    Stored = 15,
    /// `MEMCACHED_NOTFOUND`
    NotFound = 16,
    /// `MEMCACHED_MEMORY_ALLOCATION_FAILURE`
    MemoryAllocationFailure = 17,
    /// `MEMCACHED_PARTIAL_READ`
    PartialRead = 18,
    /// `MEMCACHED_SOME_ERRORS`
    SomeErrors = 19,
    /// `MEMCACHED_NO_SERVERS`
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
    /// `MEMCACHED_ERRNO`
    Errno = 26,
    /// `MEMCACHED_FAIL_UNIX_SOCKET`
    FailUnixSocket = 27,
    /// `MEMCACHED_NOT_SUPPORTED`
    NotSupported = 28,
    /// `MEMCACHED_NO_KEY_PROVIDED`
    NoKeyProvided = 29,
    /// `MEMCACHED_FETCH_NOTFINISHED`
    FetchNotFinished = 30,
    /// `MEMCACHED_TIMEOUT`
    Timeout = 31,
    /// `MEMCACHED_BUFFERED`
    Buffered = 32,
    /// `MEMCACHED_BAD_KEY_PROVIDED`
    BadKeyProvided = 33,
    /// `MEMCACHED_INVALID_HOST_PROTOCOL`
    InvalidHostProtocol = 34,
    /// `MEMCACHED_SERVER_MARKED_DEAD`
    ServerMarkedDead = 35,
    /// `MEMCACHED_UNKNOWN_STAT_KEY`
    UnknownStatKey = 36,
    /// `MEMCACHED_E2BIG`
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
    /// `MEMCACHED_SERVER_TEMPORARILY_DISABLED`
    ServerTemporarilyDisabled = 47,
    /// `MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE`
    ServerMemoryAllocationFailure = 48,
}
