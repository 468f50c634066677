//! Datagrams: getting and storing small values without a connection.
//!
//! memcached answers datagrams when it is started with `-U PORT`. It is not by default since 1.5.6: a
//! short request with a forged sender is answered to somebody else by a long value, and who can reach
//! the port can have anybody flooded. Open it to no network but your own.
//!
//! [`Client`] gets and stores what fits one datagram: the request always does, or is refused before it
//! is sent; the answer may have several. Everything else is for a connection,
//! [`net::Client`](crate::net::Client).
//!
//! # What is not promised
//!
//! - Datagrams are lost, repeated and reordered on the way, and by a server or a host with too much to
//!   do. What is lost is [`TimedOut`](ErrorKind::TimedOut), **never a miss**: a miss is the server's
//!   own word. Of a set that timed out nobody knows whether it was carried out
//!   ([`Fate::Unknown`](crate::Fate::Unknown)); of one that was repeated on the way, nobody knows how
//!   often, or whether after a later one.
//! - Nothing is sent twice, neither writes nor reads. Who wants to asks again.
//! - A request may be lost to another client's: memcached reads the datagrams of all clients as one
//!   stream, so that a request that somebody cut short swallows the next one, whosever that is.
//! - An answer of many datagrams comes in one burst. What exceeds the socket's receive buffer, some
//!   100 KB of value on a Linux that was not told otherwise, is lost each time.
//!
//! # What is
//!
//! An answer is taken only from the server that was asked, and only with the id of its request, which
//! no other request of the socket bears: late and repeated ones are dropped. Its parts are put in
//! order before they are read. What a server says, a miss, a refusal or an error, is what it is on a
//! connection, since the same state machine reads it.

mod exchange;
mod frame;
mod link;
mod many;

pub use many::Many;

use minimc_core::command::{Command, Get, Item, Store, Stored};
use minimc_core::{Error, ErrorKind, Expiry, IntoKey};

use crate::options::Options;
use crate::transport::unix_time;
use exchange::Exchange;
use link::Link;

/// A client over UDP: blocking, on hosts. See the [module](self) for what that cannot promise.
///
/// ```no_run
/// use minimc::Expiry;
///
/// # fn main() -> Result<(), minimc::Error> {
/// let mut client = minimc::udp::Client::connect("127.0.0.1:11211")?;
/// client.set("greeting", "hello", Expiry::seconds(60))?;
/// if let Some(item) = client.get("greeting")? {
///     assert_eq!(item.value, b"hello");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Client {
    options: Options,
    link: Link,
    exchange: Exchange,
}

impl Client {
    /// A client of `host` or `host:port`; of the host's addresses the first to which there is a way.
    /// Nothing is sent: whether a server is there shows with the first call.
    pub fn connect(address: &str) -> Result<Self, Error> {
        Self::connect_with(address, Options::default())
    }

    /// The same with [`Options`]. Its `timeout` is that of each request and its answer; `item_limit`
    /// also bounds the values that come; `retry`, `settle_limit` and `learn_dialect` mean nothing here.
    ///
    /// Fails with [`Unsupported`](ErrorKind::Unsupported) if there are credentials: a login holds for
    /// a connection.
    pub fn connect_with(address: &str, options: Options) -> Result<Self, Error> {
        if options.credentials.is_some() {
            return Err(ErrorKind::Unsupported("a login by datagrams").into());
        }
        Ok(Self {
            link: Link::open(address, options.timeout)?,
            exchange: Exchange::new(&options)?,
            options,
        })
    }

    /// Sets how many bytes the datagram of a request may have, its head of 8 included: 1,400 unless
    /// told, which passes through any network whole. More is for networks that carry more.
    pub fn set_datagram_limit(&mut self, bytes: usize) {
        self.link.set_limit(bytes);
    }

    /// Gets the item under `key`; `None` is the server's word that there is none. The value may come
    /// in several datagrams.
    ///
    /// Fails with [`TimedOut`](ErrorKind::TimedOut) if no answer, or not all of it, comes in time;
    /// with [`ReplyTooLarge`](ErrorKind::ReplyTooLarge) if the value is larger than
    /// [`Options::item_limit`].
    pub fn get<'k>(&mut self, key: impl IntoKey<'k>) -> Result<Option<Item<'_>>, Error> {
        self.call(&Get::new(key.into_key()?))
    }

    /// Stores `value` until `expiry`, whatever there was.
    ///
    /// Fails with [`TooLarge`](ErrorKind::TooLarge), and sends nothing, if the request does not fit
    /// one datagram: beside a key of 10 bytes, a value has room for 1,350. Fails with
    /// [`TimedOut`](ErrorKind::TimedOut) if no answer comes in time: then it may have been stored, or
    /// may yet be.
    pub fn set<'k>(
        &mut self,
        key: impl IntoKey<'k>,
        value: &(impl AsRef<[u8]> + ?Sized),
        expiry: Expiry,
    ) -> Result<(), Error> {
        let expiry = match unix_time() {
            Some(now) if expiry.needs_clock() => expiry.since(now),
            _ => expiry,
        };
        match self.call(&Store::set(key.into_key()?, value.as_ref()).expiry(expiry))? {
            Stored::Stored => Ok(()),
            // A set has no condition that could fail to hold.
            _ => Err(ErrorKind::Malformed.into()),
        }
    }

    /// Gets the items of any number of keys: each key, as it was given, comes with what it has.
    ///
    /// Each key is asked for by a datagram of its own, 16 at a time. (memcached would answer one
    /// datagram with many keys by a message for each, all with the same id and each the first of one:
    /// which of them was lost or repeated could not be told, and a lost one would look like a miss.)
    ///
    /// ```no_run
    /// # fn main() -> Result<(), minimc::Error> {
    /// # let mut client = minimc::udp::Client::connect("127.0.0.1")?;
    /// let keys = ["a", "b", "c"];
    /// let mut items = client.get_many(&keys);
    /// while let Some((key, item)) = items.next() {
    ///     if let Some(item) = item? {
    ///         println!("{key}: {} bytes", item.value.len());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_many<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K]) -> Many<'_, 'k, K> {
        Many::new(self, keys)
    }

    /// The client's options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Carries out one command.
    fn call<C: Command>(&mut self, command: &C) -> Result<C::Reply<'_>, Error> {
        let (link, exchange) = (&mut self.link, &mut self.exchange);
        link.ask(exchange, command)?;
        loop {
            let taken = match link.receive(exchange.deadline()) {
                Ok((frame, data)) if frame.id == exchange.id() => exchange.take(frame, data),
                // A late answer, or a repeated one.
                Ok(_) => Ok(false),
                Err(kind) => Err(kind),
            };
            if taken.map_err(|kind| exchange.lost(kind))? {
                return exchange.reply::<C>();
            }
        }
    }
}
