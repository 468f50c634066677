//! A blocking TCP socket for programs without an executor: smoltcp, polled by hand.
//!
//! [`Socket`] is an `embedded_io` reader and writer, so `minimc::Io` takes it as a transport.
#![no_std]

mod device;
mod socket;

pub use socket::{Network, Processor, Resources, Socket};
