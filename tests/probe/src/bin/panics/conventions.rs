//! Values, and the conventions by which they are written and read.

use minimc_core::Error;
use minimc_core::value::{
    BadValue, Compress, Compression, Convention, Deflate, Encoded, Inflate, Integer, Kind, Reading,
    Value,
};
use minimc_probe::{any, bytes, either, entries, given, sink, some, text};

entries! {
    "Integer::parse" => Integer::parse(bytes());
    "Integer::to_i64" => some::<Integer<'_>>().to_i64();
    "Integer::to_u64" => some::<Integer<'_>>().to_u64();
    "Integer::to_i128" => some::<Integer<'_>>().to_i128();
    "Integer::digits" => some::<Integer<'_>>().digits(bytes());
    "Integer: From<i32>" => Integer::from(*some::<i32>());
    "Integer: From<i64>" => Integer::from(any::<i64>());
    "Integer: From<i128>" => Integer::from(*some::<i128>());
    "Integer: From<u32>" => Integer::from(any::<u32>());
    "Integer: From<u64>" => Integer::from(any::<u64>());

    "Value::bytes" => given::<Value<'_>>().bytes();
    "Value::text" => given::<Value<'_>>().text();
    "Value::integer" => given::<Value<'_>>().integer();
    "Value::truth" => given::<Value<'_>>().truth();
    "Value: From<&[u8]>" => Value::from(&*bytes());
    "Value: From<&str>" => Value::from(text());
    "Value: From<bool>" => Value::from(either());
    "Value: From<Integer>" => Value::from(given::<Integer<'_>>());
    "Value: From<i32>" => Value::from(*some::<i32>());
    "Value: From<i64>" => Value::from(any::<i64>());
    "Value: From<i128>" => Value::from(*some::<i128>());
    "Value: From<u32>" => Value::from(any::<u32>());
    "Value: From<u64>" => Value::from(any::<u64>());
    "Error: From<BadValue>" => Error::from(*some::<BadValue>());

    "Convention::name" => some::<Convention>().name();
    "Convention::encode" => some::<Convention>().encode(given(), bytes());
    "Convention::encode_compressed" => some::<Convention>().encode_compressed(
        given(),
        either(),
        some::<Deflate<2048>>(),
        bytes()
    );
    "Convention::encode_counter" => some::<Convention>().encode_counter(any(), bytes());
    "Convention::decode" => some::<Convention>().decode(bytes(), any(), *some());
    "Convention::decode_into" => some::<Convention>().decode_into(bytes(), any(), *some(), bytes());
    "Convention::is_compressed" => some::<Convention>().is_compressed(any());
    "Convention::without_compression" => some::<Convention>().without_compression(any());
    "Convention::with_compression" => some::<Convention>().with_compression(any());
    "Convention::extend" => some::<Convention>().extend(any(), given());
    "Convention::compression" => some::<Convention>().compression();
    "Convention::compress_from" => given::<Convention>().compress_from(any());
    "Convention::compress_at" => given::<Convention>().compress_at(any());
    "Convention::compress_nothing" => given::<Convention>().compress_nothing();
    "Convention::compress_into" => given::<Convention>().compress_into(*some());
    "Compression::is_tried" => some::<Compression>().is_tried(any());
    "Compression::is_kept" => some::<Compression>().is_kept(any(), any());
    "Compression::has_integers" => some::<Compression>().has_integers();
    "Compression::has_cas" => some::<Compression>().has_cas();
    "Compression::level" => some::<Compression>().level();
    "Compression::container" => some::<Compression>().container();

    "Deflate::new" => Deflate::<256>::new();
    "Deflate::zlib" => {
        sink(some::<Deflate<2048>>().zlib(bytes(), bytes()));
        some::<Deflate<32_768>>().zlib(bytes(), bytes())
    };
    "Deflate::gzip" => some::<Deflate<2048>>().gzip(bytes(), bytes());
    "Compress::compress" => some::<Deflate<2048>>().compress(*some(), any(), bytes(), bytes());
    "Deflate: Compress" => some::<Deflate<256>>().compress(*some(), any(), bytes(), bytes());
    "Inflate::new" => Inflate::new(*some(), bytes(), any());
    "Inflate::next" => some::<Inflate<'_>>().next(&mut &*bytes());
    "Inflate::is_done" => some::<Inflate<'_>>().is_done();
    "Inflate::total" => some::<Inflate<'_>>().total();
    "Inflate::finish" => some::<Inflate<'_>>().finish(*some());
}

pub mod traits {
    use minimc_core::value::{Container, Keep};
    use minimc_probe::traits;

    use super::*;

    traits! {
        "BadValue" BadValue: Clone Debug Display PartialEq;
        "Compression" Compression: Clone Debug PartialEq;
        "Container" Container: Clone Debug PartialEq;
        "Convention" Convention: Clone Debug Default PartialEq;
        "Deflate" Deflate: Debug Default;
        "Encoded" Encoded<'static>: Clone Debug PartialEq;
        "Inflate" Inflate<'static>: Debug;
        "Integer" Integer<'static>: Clone Debug Display PartialEq;
        "Keep" Keep: Clone Debug PartialEq;
        "Kind" Kind: Clone Debug PartialEq;
        "Reading" Reading: Clone Debug Default PartialEq;
        "Value" Value<'static>: Clone Debug PartialEq;
    }
}
