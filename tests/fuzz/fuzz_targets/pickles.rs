//! Any bytes as a pickle: whatever comes of them, it comes to an end, in bounded memory.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minimc::format::{Pickle, Read};
use minimc_core::value::{Kind, Value};

fuzz_target!(|bytes: &[u8]| {
    let kind = Kind::Pickle;
    let _ = Pickle.read::<serde_json::Value>(Value::Object { kind, bytes });
});
