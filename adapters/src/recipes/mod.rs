//! What programs make of a cache that they share: each a few calls of everyday commands.
//!
//! | to | describe | and call |
//! |---|---|---|
//! | compute a value once for all who miss it | [`Compute`] | `get_or_compute` |
//! | change a value that others change too | [`Update`] | `update` |
//! | keep others out, as long as all is well | [`Lock`] | `acquire`, `renew`, `release` |
//! | have one of many do something | [`Election`] | `campaign`, `resign` |
//! | let so many through in a while, and no more | [`RateLimit`] | `admit` |
//!
//! The calls are methods of [`Client`](crate::Client) and of
//! [`blocking::Client`](crate::blocking::Client). None waits by itself: where there is something to
//! wait for, the caller says how. Each round trip has the client's time limit for itself.
//!
//! # What memcached does not promise
//!
//! It is a cache, and these are conveniences over a cache. They hold as long as one server runs and
//! has memory; this is what may happen besides:
//!
//! - **Any item may vanish**, before its time too: evicted for want of memory, by `flush_all` (which
//!   anybody may call), or with the server, which keeps nothing over a restart. Then a lock is free
//!   though somebody holds it, a leader is deposed, a limit counts anew, and a counter begins again.
//! - **Clocks are not compared.** The server counts an item's seconds, the holder of a lock its own,
//!   and a program that is stopped, or swapped out, counts none. The only remedy is a
//!   [token](Lock) that the protected resource compares.
//! - **Nothing is fenced in the server.** It does not know who holds a lock: whoever writes a key
//!   writes it.
//! - **Seconds are whole ones, and the server's.** An item that is to live for `n` seconds may be gone
//!   after little more than `n - 1`. So 1 second may be none: take 2 or more.
//! - **CAS values are one server run's.** An item that was removed and stored again has another one,
//!   but after a restart the server counts anew, and an old CAS value may fit a new item. A server
//!   started with `-C` has none: what needs them is [`Unsupported`](crate::ErrorKind::Unsupported).
//! - **A failed call may have been carried out.** If its [fate](crate::Fate) is `Unknown`, the lock may
//!   be held or the request counted; time sets it right.
//! - **Many servers are no quorum.** A key is on one server. If that is taken out of a pool, another
//!   has the key next, and knows of nothing.
//!
//! Where that is too little (money, medicine, motors), use a store that has a log and a majority.
//!
//! # Cancel safety
//!
//! The future of a recipe may be dropped like any other; what it had begun stays as it is until it
//! expires: a value that nobody computes, a lock that nobody releases.

mod claim;
mod compute;
mod count;
mod election;
mod lock;
mod rate_limit;
mod update;

pub use compute::{Compute, Computed};
pub use election::Election;
pub use lock::Lock;
pub use rate_limit::{Admission, RateLimit};
pub use update::{Update, Updated};
