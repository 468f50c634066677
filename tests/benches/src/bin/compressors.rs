//! What `ci/bench.sh compressors` times: compressing and inflating, by the core and by the library that
//! flate2 is built over.
//!
//! `compressors NAME` prints for each input and each compressor how fast it is, how small it gets the
//! input, and how fast that is inflated by the library and by the core. NAME is what the library is
//! called. Each speed is the best of many rounds, in MB/s of what is not compressed.

use std::hint::black_box;
use std::time::Instant;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use minimc::value::{Convention, Deflate, Reading, Value};

/// How many rounds each is given, and how long one is at least, in seconds.
const ROUNDS: usize = 60;
const ROUND: f64 = 0.005;

/// zlib's default, and pylibmc's.
const LEVEL: u32 = 6;

fn main() {
    let name = std::env::args().nth(1).expect("usage: compressors NAME");
    let json = include_bytes!("../../json10k.json").to_vec();
    for (about, input) in [("json10k.json", json), ("1 MiB of text", text(1 << 20))] {
        let mut room = vec![0; input.len() + 1024];
        let mut library = Compress::new(Compression::new(LEVEL), true);
        let speed = best(input.len(), || {
            library.reset();
            let done = library.compress(&input, &mut room, FlushCompress::Finish);
            done.expect("the room does");
        });
        let length = library.total_out() as usize;
        line(about, &name, speed, &room[..length], &input);

        let mut deflate: Deflate<2048> = Deflate::new();
        let mut length = 0;
        let speed = best(input.len(), || {
            let written = deflate.zlib(&input, &mut room);
            // All of it is wanted: what nobody reads a compiler need not write.
            length = black_box(written.expect("the room does")).len();
        });
        line(about, "core", speed, &room[..length], &input);
    }
}

/// Prints a compressor's line, and how fast what it wrote is inflated.
fn line(about: &str, name: &str, speed: f64, compressed: &[u8], input: &[u8]) {
    let mut room = vec![0; input.len()];
    let mut library = Decompress::new(true);
    let by_library = best(input.len(), || {
        library.reset(true);
        let done = library.decompress(compressed, &mut room, FlushDecompress::Finish);
        done.expect("it was compressed");
    });
    assert!(room == input, "{name} inflates another value");
    let by_core = best(input.len(), || {
        let value = Convention::PYLIBMC.decode_into(compressed, 8, Reading::Strict, &mut room);
        assert!(matches!(black_box(value), Ok(Value::Bytes(_))));
    });
    assert!(room == input, "the core inflates another value than {name}");
    let ratio = compressed.len() as f64 / input.len() as f64;
    println!("{about}\t{name}\t{speed:.0}\t{ratio:.3}\t{by_library:.0}\t{by_core:.0}");
}

/// The speed of the fastest round.
fn best(bytes: usize, mut call: impl FnMut()) -> f64 {
    let mut round = |calls: usize| {
        let begun = Instant::now();
        (0..calls).for_each(|_| call());
        begun.elapsed().as_secs_f64()
    };
    // To look at the clock may take as long as a call: so it is looked at between many.
    let mut calls = 1;
    while round(calls) < ROUND {
        calls *= 2;
    }
    let fastest = (0..ROUNDS).map(|_| round(calls)).fold(f64::MAX, f64::min);
    (bytes * calls) as f64 / 1e6 / fastest
}

/// So many bytes of sentences, of words of which some are frequent.
fn text(length: usize) -> Vec<u8> {
    let mut seed = 1_u64;
    let mut random = move |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let syllables = [
        "an", "ber", "con", "de", "er", "fa", "ger", "ho", "in", "ju", "ka", "lo", "men", "no",
        "or", "pe", "qui", "re", "st", "th", "un", "ver", "wi", "xa", "y", "zi",
    ];
    let words: Vec<String> = (0..4000)
        .map(|_| {
            (0..=random(3))
                .map(|_| syllables[random(syllables.len())])
                .collect()
        })
        .collect();
    let mut text = String::new();
    while text.len() < length {
        // The frequency of a word falls with its rank, nearly as in a language.
        let most = 1 << (1 + random(12));
        text.push_str(&words[random(most.min(words.len()))]);
        text.push_str(if random(12) == 0 { ". " } else { " " });
    }
    text.truncate(length);
    text.into_bytes()
}
