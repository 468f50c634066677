//! What the fuzz targets check, with the servers and the grammar of the core's own tests.

#[path = "../../../core/tests/grammar/mod.rs"]
pub mod grammar;
#[path = "../../../core/tests/liar/mod.rs"]
pub mod liar;
#[path = "../../../core/tests/peer/mod.rs"]
pub mod peer;
#[path = "../../../core/tests/round_trip/mod.rs"]
pub mod round_trip;

pub mod asked;
pub mod model;
mod store;
