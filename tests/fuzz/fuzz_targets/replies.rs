//! Any bytes as the reply to each command in each protocol: whole, cut, raw, in pieces, and against
//! the grammar.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minimc_fuzz::liar::{CALLS, agreed};
use minimc_fuzz::peer::{PROTOCOLS, Random};

fuzz_target!(|input: &[u8]| {
    let &[which, cuts, ref reply @ ..] = input else {
        return;
    };
    let (call, protocol) = (usize::from(which) / 3, usize::from(which) % 3);
    let call = CALLS[call % CALLS.len()];
    if !call.is_carried_by(PROTOCOLS[protocol]) {
        return;
    }
    agreed(
        PROTOCOLS[protocol],
        call,
        reply,
        Random(u64::from(cuts) + 1),
    );
});
