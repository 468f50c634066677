//! Any bytes as the manifest of a chunked value; and any numbers as one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minimc_core::hash::{crc32, crc32_append};
use minimc_core::value::chunks::{Manifest, PartKey, Position};
use minimc_core::{BadKey, Key};

fuzz_target!(|input: &[u8]| {
    if let Ok(manifest) = Manifest::decode(input) {
        assert_eq!(manifest.encode(), input);
        cut(manifest, 0);
    }
    let Some((&[name, sum @ ..], fields)) = input.split_first_chunk::<5>() else {
        return;
    };
    // With a right sum, so that more of them get past it.
    let summed = [fields, &crc32(fields).to_be_bytes()].concat();
    if let Ok(manifest) = Manifest::decode(&summed) {
        assert_eq!(manifest.encode()[..], summed);
        cut(manifest, u32::from_be_bytes(sum));
        named(manifest, usize::from(name), u32::from_be_bytes(sum));
    }
    let at = usize::from(name).min(fields.len());
    let sum = crc32_append(crc32(&fields[..at]), &fields[at..]);
    assert_eq!(sum, crc32(fields));
});

/// Around any part, the first and the last ones too, parts follow each other up to the end.
fn cut(manifest: Manifest, part: u32) {
    let last = manifest.parts().saturating_sub(1);
    for part in [0, part, last.saturating_sub(1), last, u32::MAX] {
        let mut position = Position {
            part,
            ..Position::new(manifest)
        };
        let offset = position.offset();
        assert!(offset <= manifest.length());
        let Some(length) = position.part_length() else {
            assert!(part >= manifest.parts() && offset == manifest.length());
            assert_eq!(position.is_at_end(), part == manifest.parts());
            let is_whole = position.is_at_end() && manifest.crc() == 0;
            assert_eq!(position.finish().is_ok(), is_whole);
            continue;
        };
        assert!((1..=manifest.part_size()).contains(&length));
        assert!(part == last || length == manifest.part_size());
        position.next_part(0);
        assert_eq!(position.offset(), offset + u64::from(length));
        assert_eq!(position.part_length().is_none(), part == last);
    }
}

/// The key of a part is one, or its name is too long; and it is another's for no other part.
fn named(manifest: Manifest, length: usize, part: u32) {
    let Ok(name) = Key::new(&[b'n'; 255][..length]) else {
        return;
    };
    let position = Position {
        part,
        ..Position::new(manifest)
    };
    match PartKey::new(name, &position) {
        Ok(key) => {
            let bytes = key.key().bytes();
            assert_eq!(Key::new(bytes), Ok(key.key()));
            let written = format!("#{:016x}.{part:08x}", manifest.version());
            assert_eq!(bytes.strip_prefix(name.bytes()), Some(written.as_bytes()));
        }
        Err(bad) => {
            let (length, limit) = (length + PartKey::SUFFIX, 250);
            assert_eq!(bad, BadKey::TooLong { length, limit });
            assert!(length > limit);
        }
    }
}
