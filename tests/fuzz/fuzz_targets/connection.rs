//! A connection driven by random calls, cuts and faults, against a model of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minimc_fuzz::model::Session;

fuzz_target!(|session: Session| session.run());
