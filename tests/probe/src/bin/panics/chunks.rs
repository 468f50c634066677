//! Chunked values.

use minimc_core::value::chunks::{Manifest, PartKey, Position};
use minimc_probe::{any, bytes, entries, given, some};

entries! {
    "Manifest::new" => Manifest::new(any(), any(), any());
    "Manifest::with_flags" => given::<Manifest>().with_flags(any());
    "Manifest::with_crc" => given::<Manifest>().with_crc(any());
    "Manifest::encode" => some::<Manifest>().encode();
    "Manifest::decode" => Manifest::decode(bytes());
    "Manifest::length" => some::<Manifest>().length();
    "Manifest::version" => some::<Manifest>().version();
    "Manifest::part_size" => some::<Manifest>().part_size();
    "Manifest::parts" => some::<Manifest>().parts();
    "Manifest::flags" => some::<Manifest>().flags();
    "Manifest::crc" => some::<Manifest>().crc();

    "PartKey::new" => PartKey::new(given(), some());
    "PartKey::key" => some::<PartKey<'_>>().key();

    "Position::new" => Position::new(given());
    "Position::offset" => some::<Position>().offset();
    "Position::part_length" => some::<Position>().part_length();
    "Position::is_at_end" => some::<Position>().is_at_end();
    "Position::next_part" => some::<Position>().next_part(any());
    "Position::finish" => some::<Position>().finish();
}

pub mod traits {
    use minimc_probe::traits;

    use super::*;

    traits! {
        "Manifest" Manifest: Clone Debug PartialEq;
        "PartKey" PartKey<'static>: Clone Debug;
        "Position" Position: Clone Debug PartialEq;
    }
}
