//! Whatever a caller passes is refused or becomes the one request that was meant.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minimc_fuzz::asked::Asked;

fuzz_target!(|asked: Asked<'_>| asked.check());
