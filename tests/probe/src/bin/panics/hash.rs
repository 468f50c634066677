//! Hash functions.

use minimc_core::hash::{self, Hash, Murmur3};
use minimc_probe::{any, bytes, entries, some, text};

entries! {
    "crc" => hash::crc(bytes());
    "crc32" => hash::crc32(bytes());
    "crc32_append" => hash::crc32_append(any(), bytes());
    "fnv1_32" => hash::fnv1_32(bytes());
    "fnv1_32_unsigned" => hash::fnv1_32_unsigned(bytes());
    "fnv1_64" => hash::fnv1_64(bytes());
    "fnv1_64_unsigned" => hash::fnv1_64_unsigned(bytes());
    "fnv1a_32" => hash::fnv1a_32(bytes());
    "fnv1a_32_unsigned" => hash::fnv1a_32_unsigned(bytes());
    "fnv1a_64" => hash::fnv1a_64(bytes());
    "fnv1a_64_unsigned" => hash::fnv1a_64_unsigned(bytes());
    "hsieh" => hash::hsieh(bytes());
    "hsieh_unsigned" => hash::hsieh_unsigned(bytes());
    "jenkins" => hash::jenkins(bytes());
    "md5" => hash::md5(bytes());
    "md5_words" => hash::md5_words(bytes());
    "murmur" => hash::murmur(bytes());
    "murmur3" => hash::murmur3(bytes());
    "one_at_a_time" => hash::one_at_a_time(bytes());
    "one_at_a_time_unsigned" => hash::one_at_a_time_unsigned(bytes());

    "Hash::of" => some::<Hash>().of(bytes());
    "Hash::unsigned" => some::<Hash>().unsigned();
    "Hash::name" => some::<Hash>().name();
    "Hash::named" => Hash::named(text());
    "Murmur3::new" => Murmur3::new(any());
    "Murmur3::push" => some::<Murmur3>().push(any());
    "Murmur3::finish" => some::<Murmur3>().finish();
}

pub mod traits {
    use minimc_core::hash::{Hash, Murmur3};
    use minimc_probe::traits;

    traits! {
        "Hash" Hash: Clone Debug Default Hash PartialEq;
        "Murmur3" Murmur3: Clone Debug;
    }
}
