//! What can be chosen about a client.

use core::time::Duration;

use minimc_core::value::{Convention, Reading};
use minimc_core::{Credentials, Dialect, Prefix, Protocol};

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

    /// What to log in with on every new connection, before anything else is sent: nothing by default.
    /// Not shown in logs. The server must have been started with `-Y`, or for the binary protocol with
    /// `-S`; what is to be said of either is in [`Login`](minimc_core::command::Login).
    ///
    /// A call that has to connect and is refused the login fails with
    /// [`LoginRefused`](minimc_core::ErrorKind::LoginRefused), and was not sent; the next one tries
    /// again.
    pub credentials: Option<Credentials<'static>>,

    /// What the server understands: not known by default. What it does not is refused before it is
    /// sent.
    pub dialect: Dialect,

    /// Whether to ask for the server's version on every new connection, and to keep to what that
    /// understands while the connection lasts: by default not. A version that tells nothing, or a
    /// refusal to tell it, leaves the [`dialect`](Self::dialect) that is set here. `learn_dialect` of a
    /// client sets this.
    pub learn_dialect: bool,

    /// What stands before every key: nothing by default.
    pub prefix: Prefix,

    /// What the flags of values mean, for the calls that store and get them as what they are: what
    /// they mean to pylibmc by default.
    pub convention: &'static Convention,

    /// How values are read whose flags the convention does not know: as errors by default.
    pub reading: Reading,

    /// How long an operation may take in all, connecting included: 5 s by default.
    pub timeout: Duration,

    /// Whether what finds the connection lost is repeated once on a new one: by default it is. That
    /// is a single command, and a batch of which no outcome was told, if it is a read, or a write of
    /// which nothing was sent; and the opening of a stream. Nothing else is ever repeated: no pipeline.
    pub retry: bool,

    /// The size in bytes above which a value is refused before it is sent: 1 MiB by default, as
    /// the server's own `-I`.
    pub item_limit: u32,

    /// How many bytes of replies to abandoned calls are read and dropped before the connection is
    /// replaced instead: 64 KiB by default. Where it cannot be replaced, as over an `Io`, they had
    /// better be unlimited: `usize::MAX`.
    pub settle_limit: usize,

    /// How long a blocking socket asks again and again whether something has come before it sleeps until
    /// something has: by default not at all. Of the transports only `net` heeds it.
    ///
    /// Going to sleep and being woken costs more than a server on another core takes to answer. With
    /// 50 µs a get of 32 bytes took 8 to 24 µs in place of 38 to 51 on a virtual machine of two cores,
    /// with other work on it; `ci/bench.sh busy-poll` measures that.
    /// The price is a core: while a call waits it burns, with a system call each time, and nobody else can
    /// use it. Where the server has no core of its own, or answers later than that, it only makes
    /// everything slower. The [time limit](Self::timeout) holds as ever.
    #[cfg(feature = "std")]
    pub busy_poll: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            protocol: Protocol::default(),
            credentials: None,
            dialect: Dialect::UNKNOWN,
            learn_dialect: false,
            prefix: Prefix::NONE,
            convention: &Convention::PYLIBMC,
            reading: Reading::Strict,
            timeout: Duration::from_secs(5),
            retry: true,
            item_limit: 1024 * 1024,
            settle_limit: 64 * 1024,
            #[cfg(feature = "std")]
            busy_poll: Duration::ZERO,
        }
    }
}
