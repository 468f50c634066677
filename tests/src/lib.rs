//! What minimc's integration tests share: real servers and what they hold, boards in QEMU, hosts'
//! own scenarios, scripted links, a proxy before a real server, and what pages name.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test may fail, and runs on a host"
)]

pub mod board;
pub mod counted;
pub mod datagrams;
pub mod fleet;
pub mod hosted;
pub mod named;
pub mod observer;
pub mod odd;
pub mod outcome;
pub mod proxy;
pub mod race;
pub mod relay;
pub mod run;
mod sasl;
pub mod scene;
pub mod script;
pub mod scripted;
pub mod server;
