//! A memcached client that is the same program on a microcontroller and on a server.
//!
//! The protocol lives in [`minimc_core`], one state machine without I/O, allocation or panic. This
//! crate ties it to the outer world:
//!
//! | world | client | feature |
//! |---|---|---|
//! | std sockets, blocking | `minimc::net::Client` | `std` (default) |
//! | datagrams (UDP), blocking: get and set | `minimc::udp::Client` | `std` (default) |
//! | tokio | `minimc::tokio::Client` | `tokio` |
//! | many servers behind one client | `minimc::net::Cluster`, `minimc::tokio::Cluster` | `std`, `tokio` |
//! | the same without an allocator | `minimc::embassy::Cluster`, [`fixed::Cluster`] over any client | |
//! | threads or tasks that share few connections | `minimc::net::Pool`, `minimc::tokio::Pool` | `std`, `tokio` |
//! | embassy-net | `minimc::embassy::Client` | `embassy-net` |
//! | anything that speaks embedded-io-async | [`Client`] over [`Io`] | |
//! | anything that speaks embedded-io, no executor | [`blocking::Client`] over [`blocking::Io`] | |
//!
//! ```no_run
//! # #[cfg(feature = "std")]
//! # fn main() -> Result<(), minimc::Error> {
//! use minimc::Expiry;
//!
//! let mut client = minimc::net::Client::connect("127.0.0.1:11211")?;
//! client.set("boots", "0", Expiry::NEVER)?;
//! assert_eq!(client.incr("boots", 1)?, 1);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "std"))]
//! # fn main() {}
//! ```
//!
//! # What it promises
//!
//! - A server that is down is an error, never a miss. Counting an absent key is
//!   [`NotFound`](ErrorKind::NotFound). A negative time to live means never, as zero does.
//! - What the server may rightly answer is a value; every failure is an [`Error`] with
//!   libmemcached's [`ReturnCode`], and with the [`Fate`] of the write.
//! - An abandoned call (a dropped future, a timeout) is never answered with another's reply, and
//!   no other call gets its.
//! - Keys are checked, always: no user input can inject a command.
//! - One deadline per operation. The connection is opened anew when it was lost; only reads, and
//!   writes that were not sent, are repeated, once.
//!
//! What programs make of it again and again (a value that one of all who miss it computes, a lock, an
//! election) is in [`recipes`].
//! Those who know pylibmc or libmemcached find everything by its name in [`pylibmc`].
//!
//! Many servers behind one client, with each key where other programs look for it, are a
//! `minimc::cluster` on hosts, and a [`fixed::Cluster`] on firmware.
//!
//! A client is used by one at a time; threads and tasks share a pool of them (`minimc::pool`).
//!
//! # Large values
//!
//! [`open`](Client::open) and [`upload`](Client::upload) move values in pieces, however little memory there
//! is; [`set_from_reader`](Client::set_from_reader) and [`get_to_writer`](Client::get_to_writer) do so
//! between the server and what embedded-io reads and writes. What is larger than an item may be goes in
//! parts under one name: [`set_chunked`](Client::set_chunked), [`get_chunked`](Client::get_chunked).
//!
//! # Logging in
//!
//! With [credentials](Options::credentials) a client logs in on every connection that it opens, before
//! anything else is sent: to a server with `-Y` in the text protocols, to one with `-S` in the binary
//! protocol, by SASL PLAIN. A refusal is [`LoginRefused`](ErrorKind::LoginRefused), of the call that had
//! to connect, which was not sent.
//!
//! ```no_run
//! # #[cfg(feature = "std")]
//! # fn main() -> Result<(), minimc::Error> {
//! use minimc::{Credentials, Options, Protocol};
//!
//! let options = Options {
//!     protocol: Protocol::Binary,
//!     credentials: Some(Credentials::new("device-1", "secret")?),
//!     ..Options::default()
//! };
//! let mut client = minimc::net::Client::connect_with("127.0.0.1:11211", options)?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "std"))]
//! # fn main() {}
//! ```
//!
//! # Features
//!
//! `std` (default), `tokio`, `embassy-net`, `zlib` for compressing fast, `json`, `postcard` and `pickle` for
//! values of any type that serde knows (`minimc::format`), and `defmt` for logs. Without `std` and what
//! needs it the crate is `no_std` and does not allocate.

#![no_std]

#[cfg(feature = "std")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(feature = "std")]
mod address;
pub mod blocking;
pub mod client;
#[cfg(feature = "std")]
pub mod cluster;
#[macro_use]
mod colours;
mod chunks;
#[cfg(feature = "std")]
pub mod discovery;
pub mod fixed;
#[cfg(any(feature = "json", feature = "postcard", feature = "pickle"))]
pub mod format;
mod options;
#[cfg(feature = "std")]
pub mod pool;
#[cfg(any(doc, doctest))]
pub mod pylibmc;
pub mod recipes;
#[cfg(feature = "tokio")]
pub mod shared;
#[cfg(feature = "std")]
mod storage;
mod streams;
mod transport;
#[cfg(feature = "std")]
pub mod udp;
mod values;
mod verbs;
#[cfg(feature = "zlib")]
mod zlib;

pub use minimc_core::{
    BadKey, Credentials, Dialect, During, Entry, Error, ErrorKind, Expiry, Fate, IntoKey, Key,
    Prefix, Protocol, ReturnCode, Storage, Text, command, hash, health, placement, value,
};

#[cfg(feature = "std")]
pub use chunks::random_version;
pub use client::Client;
pub use options::Options;
#[cfg(feature = "std")]
pub use storage::Growing;
pub use streams::TransferError;
#[cfg(feature = "embassy-net")]
pub use transport::embassy;
#[cfg(feature = "std")]
pub use transport::net;
#[cfg(feature = "tokio")]
pub use transport::tokio;
pub use transport::{Io, Resting, Transport};
#[cfg(feature = "std")]
pub use verbs::OwnedItem;
#[cfg(feature = "zlib")]
pub use zlib::Zlib;

/// How many replies may be owed at a time on hosts.
#[cfg(feature = "std")]
const DEPTH: usize = 64;
