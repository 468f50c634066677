//! The memcached protocol as one state machine, for microcontrollers and servers alike.
//!
//! This crate turns commands into bytes and bytes into replies. It has no I/O, no clock and no
//! allocator: whoever drives it moves the bytes. The crate `minimc` drives it over std sockets,
//! tokio, embassy-net and anything that speaks embedded-io; most programs want that one.
//!
//! # Layers
//!
//! | module | what lives there |
//! |---|---|
//! | [`Key`], [`Expiry`], [`Error`], [`Storage`] | the words that every other layer uses |
//! | [`wire`] | bytes to frames and back, without state; three protocols, one [`Frame`](wire::Frame) |
//! | [`Connection`] | what was asked, what is owed, where the bytes are: the state machine |
//! | [`command`] | one file a command: its request in each protocol, the meaning of its reply |
//! | [`value`] | values as what they are, and the flags by which clients tell so |
//! | [`hash`] | one file a hash function: a key to a number, as other clients do |
//! | [`placement`] | a key to one of many servers, as other clients do |
//! | [`health`] | one server's failures in time, on a clock that is an argument |
//!
//! # One connection by hand
//!
//! ```
//! use minimc_core::command::{Get, Item};
//! use minimc_core::{Connection, Key, Protocol};
//!
//! # fn main() -> Result<(), minimc_core::Error> {
//! let mut connection = Connection::<_, 4>::new(Protocol::Meta, [0; 512], [0; 512])?;
//!
//! let get = Get::new(Key::new("boot")?);
//! connection.send(&get)?;
//! while connection.is_sending() {
//!     let parts = connection.outgoing(None);   // give these to the transport, ...
//!     assert_eq!(parts.concat(), b"mg boot v f Oa\r\n");
//!     let written = parts[0].len();            // ... which takes some of them
//!     connection.sent(written);
//! }
//! # let mut transport: &[u8] = b"VA 2 f16 Oa\r\n42\r\n";
//! while !connection.arrived()? {
//!     let space = connection.space();          // let the transport read into it
//! #   let read = 1; space[0] = transport[0]; transport = &transport[1..];
//!     connection.filled(read);
//! }
//! let item = connection.reply::<Get>()?;       // borrowed from the receive storage
//! assert_eq!(item, Some(Item { value: b"42", flags: 16, cas: None }));
//! # Ok(())
//! # }
//! ```
//!
//! # Invariants
//!
//! Each has a test, or a check in `ci/`, that fails when it is broken.
//!
//! 1. Nothing here reads a socket, a clock or an allocator, and `unsafe` is forbidden. The same
//!    bytes in give the same results out.
//! 2. There is no panic path: a linked image of the whole public API holds no panic symbol.
//! 3. Only [`Connection`] has protocol state; [`wire`] and [`command`] are functions of bytes.
//! 4. Only [`wire`] knows what a reply looks like; only a command's file knows its request.
//! 5. A loop returns lengths; what is lent is borrowed once, after it.
//! 6. No reply is half read: a reply is one frame, or a batch's frames up to the one that says
//!    that it is the last. Anything else is [`Malformed`](ErrorKind::Malformed).
//! 7. A connection that broke stays broken.
//! 8. An abandoned call leaves a debt, not damage: [`Connection::abandon`],
//!    [`Connection::settle`]. No call is ever answered with another's reply: meta requests and
//!    binary packets bear an opaque, a classic `VALUE` its key, and a reply that bears another one
//!    breaks the connection. Replies that bear neither rest on the count.
//! 9. While any reply is owed, at most 16 KiB of requests are unanswered, and a value outside the
//!    storage is sent only when nothing is owed: so client and server never wait for each other.
//! 10. A key reaches the wire only as a [`Key`]; nothing that a user passes can end a line early.
//!
//! # Features
//!
//! `defmt` implements `defmt::Format` for the public types. There are no others: no feature for a
//! protocol or a size.

#![no_std]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unreachable,
    clippy::unwrap_used
)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unwrap_used,
        reason = "a test may fail"
    )
)]

// The tests in here share the server of those in `tests/`, which know the crate by its name.
#[cfg(test)]
extern crate self as minimc_core;
#[cfg(test)]
extern crate std;

mod buffer;
pub mod command;
mod connection;
mod credentials;
mod decimal;
mod error;
mod expiry;
pub mod hash;
pub mod health;
mod key;
pub mod placement;
mod prefix;
mod reply;
mod return_code;
pub mod value;
pub mod wire;

pub use buffer::Storage;
pub use connection::{Connection, Progress, Sent};
pub use credentials::Credentials;
pub use error::{During, Error, ErrorKind, Fate, ReturnCode, Text};
pub use expiry::Expiry;
pub use key::{BadKey, IntoKey, Key};
pub use prefix::Prefix;
pub use reply::{Entry, Gap, Piece, RawReply};
pub use wire::{Dialect, Protocol};
