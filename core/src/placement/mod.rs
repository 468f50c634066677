//! Keys to servers: the rules by which clients choose one of many.
//!
//! Programs that share servers must agree on where a key lives. [`Rule`] has the rules of libmemcached,
//! pylibmc, python-memcached, pymemcache, dalli and gomemcache, identical to theirs to the last key.
//!
//! | | |
//! |---|---|
//! | [`Server`] | a server as lists write it: host, port, weight |
//! | [`Rule`] | how a client chooses; the constants are named after clients |
//! | [`Placement`] | a rule with the ring it needs, in the caller's storage |
//! | [`Ring`], [`Points`] | ketama and its like: points of servers on a circle of hashes |
//! | [`OptionString`] | libmemcached's option string |
//! | [`explain`] | where a key lives by the rule of every known client |
//!
//! What the order of the servers in the list means differs: the remainder depends on it, a ring does not,
//! but for points that meet. [`sort_hosts`] makes one order of all.

mod dalli;
mod explain;
mod label;
mod modula;
mod option_string;
mod placed;
mod points;
mod pymemcache;
mod python_memcached;
mod ring;
mod rule;
mod server;
mod sort;

pub use dalli::dalli;
pub use explain::explain;
pub use label::Labels;
pub use modula::{masked, modula, random, virtual_bucket};
pub use option_string::{BadOption, Distribution, OptionString, Setting};
pub use placed::Placement;
pub use points::{Point, Points};
pub use pymemcache::{PythonKey, pymemcache, pymemcache_score};
pub use python_memcached::{PythonHash, python_memcached};
pub use ring::{Full, Ring};
pub use rule::Rule;
pub use server::{BadServer, Server, Via, sort_hosts};
