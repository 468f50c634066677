//! What the boards' device drivers share: registers, and one embassy-net driver for every Ethernet
//! chip.
#![no_std]

pub mod ethernet;
pub mod mmio;
pub mod nic;
