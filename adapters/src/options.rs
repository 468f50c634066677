//! What can be chosen about a client.

use core::time::Duration;

use minimc_core::Protocol;

/// What can be chosen about a client. The defaults are meant for most.
///
/// ```
/// use core::time::Duration;
/// use minimc::{Options, Protocol};
///
/// let options = Options {
///     protocol: Protocol::Text,
///     timeout: Duration::from_millis(500),
///     ..Options::default()
/// };
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Options {
    /// The protocol to speak: meta by default. Servers before 1.6 and some proxies want
    /// [`Protocol::Text`].
    pub protocol: Protocol,

    /// How long an operation may take in all, connecting included: 5 s by default.
    pub timeout: Duration,

    /// Whether an operation that finds the connection lost is repeated once on a new one, if it
    /// is a read, or a write that was not sent: by default it is. Nothing else is ever repeated.
    pub retry: bool,

    /// The size in bytes above which a value is refused before it is sent: 1 MiB by default, as
    /// the server's own `-I`.
    pub item_limit: u32,

    /// How many bytes of replies to abandoned calls are read and dropped before the connection is
    /// replaced instead: 64 KiB by default.
    pub settle_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            protocol: Protocol::default(),
            timeout: Duration::from_secs(5),
            retry: true,
            item_limit: 1024 * 1024,
            settle_limit: 64 * 1024,
        }
    }
}
