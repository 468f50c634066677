//! What minimc's integration tests share: real servers, scenarios written once, scripted links.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test may fail, and runs on a host"
)]

pub mod scenarios;
pub mod script;
pub mod server;
