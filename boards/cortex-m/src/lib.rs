//! What every Cortex-M board needs under embassy: a clock, an executor, and faults that end the run.
#![no_std]

pub mod executor;
mod fault;
pub mod irq;
pub mod time;
