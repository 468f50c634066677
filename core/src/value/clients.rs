//! The conventions of the clients that there are.

use super::Kind;
use super::compression::{Compression, Container, Keep};
use super::convention::{Convention, Is, Truths, Type};

/// The clients' own; [`PYLIBMC`](Self::PYLIBMC) is the default.
impl Convention {
    /// pylibmc. Bools are written as numbers, and read as such. Unless
    /// [asked for](Self::compress_from) nothing is compressed.
    pub const PYLIBMC: Self = Self {
        name: "pylibmc",
        types: &[
            Type::masked(0, TYPES, Is::Bytes),
            Type::masked(16, TYPES, Is::Text),
            Type::masked(4, TYPES, Is::Digits),
            Type::masked(2, TYPES, Is::Digits),
            Type::masked(1, TYPES, Is::Object(Kind::Pickle)),
        ],
        truths: Truths {
            flags: 2,
            written: [b"0", b"1"],
            objects: PICKLED,
        },
        counter: 4,
        python: true,
        compression: Compression {
            flag: 8,
            container: Container::Zlib,
            shortest: u32::MAX,
            keep: Keep::Shorter,
            level: 6,
            integers: true,
            cas: false,
            off_at_level_0: true,
        },
    };

    /// python-memcached. Bools are pickled. Unless [asked for](Self::compress_from) nothing is
    /// compressed; its `min_compress_len` is one less than the length from which on it is.
    pub const PYTHON_MEMCACHED: Self = Self {
        name: "python-memcached",
        types: &[
            Type::only(0, Is::Bytes),
            Type::bit(16, Is::Text),
            Type::bit(2, Is::Digits),
            Type::bit(4, Is::Digits),
            Type::bit(1, Is::Object(Kind::Pickle)),
        ],
        truths: PICKLING,
        counter: 2,
        compression: Compression {
            integers: false,
            cas: true,
            off_at_level_0: false,
            ..Self::PYLIBMC.compression
        },
        ..Self::PYLIBMC
    };

    /// pymemcache with its `CompressedSerde`, which compresses what has more than 400 bytes. Bools are
    /// pickled. Its compression of numbers fails; here they are never compressed.
    pub const PYMEMCACHE: Self = Self {
        name: "pymemcache",
        types: &[
            Type::bit(16, Is::Text),
            Type::bit(2, Is::Digits),
            Type::bit(4, Is::Digits),
            Type::bit(1, Is::Object(Kind::Pickle)),
            Type::masked(0, 0, Is::Bytes),
        ],
        truths: PICKLING,
        counter: 2,
        compression: Compression {
            shortest: 401,
            keep: Keep::NotLonger,
            integers: false,
            cas: true,
            off_at_level_0: false,
            ..Self::PYLIBMC.compression
        },
        ..Self::PYLIBMC
    };

    /// pymemcache with its `PickleSerde`, which knows no compression, neither for writing nor for
    /// reading.
    pub const PYMEMCACHE_PLAIN: Self = Self {
        name: "pymemcache, PickleSerde",
        compression: Compression {
            flag: 0,
            shortest: u32::MAX,
            ..Self::PYMEMCACHE.compression
        },
        ..Self::PYMEMCACHE
    };

    /// meta-memcache-py with its `MixedSerializer`, which compresses what has more than 128 bytes.
    /// Where others have bytes it has text, and the other way round. What its `ZstdSerializer`
    /// compressed is [`Zstd`](super::BadValue::Zstd).
    pub const META_MEMCACHE_PY: Self = Self {
        name: "meta-memcache-py",
        types: &[
            Type::bit(32, Is::Zstd),
            Type::only(0, Is::Text),
            Type::only(16, Is::Bytes),
            Type::only(2, Is::Digits),
            Type::only(4, Is::Digits),
            Type::masked(1, 0, Is::Object(Kind::Pickle)),
        ],
        truths: PICKLING,
        counter: 2,
        compression: Compression {
            shortest: 129,
            keep: Keep::Always,
            cas: true,
            off_at_level_0: false,
            ..Self::PYLIBMC.compression
        },
        ..Self::PYLIBMC
    };

    /// dalli with Ruby's `Marshal`. It marshals numbers, for which there is no type here, and by default
    /// strings too; it reads bytes and texts as strings. What has 4,096 bytes and more is compressed.
    pub const DALLI: Self = Self {
        name: "dalli",
        types: &dalli(Kind::Marshal),
        truths: Truths {
            flags: 1,
            written: [b"\x04\x08F", b"\x04\x08T"],
            objects: &[[b"\x04\x08F", b"\x04\x08T"]],
        },
        counter: 0,
        python: false,
        compression: Compression {
            flag: 2,
            shortest: 4096,
            keep: Keep::Always,
            cas: true,
            off_at_level_0: false,
            ..Self::PYLIBMC.compression
        },
    };

    /// dalli with JSON as its serialiser.
    pub const DALLI_JSON: Self = Self {
        name: "dalli, JSON",
        types: &dalli(Kind::Json),
        truths: Truths {
            flags: 1,
            written: [b"false", b"true"],
            objects: &[[b"false", b"true"]],
        },
        ..Self::DALLI
    };

    /// spymemcached with its `SerializingTranscoder`: text has the flags 0. A number of 32 bits is an
    /// `Integer`, one of 64 a `Long`; there are no larger ones. What has more than 16,384 bytes is
    /// compressed, by gzip.
    pub const SPYMEMCACHED: Self = Self {
        name: "spymemcached",
        types: &[
            Type::bit(1, Is::Object(Kind::Java)),
            Type::special(0, Is::Text),
            Type::special(1, Is::Bool),
            Type::special(2, Is::Packed(4)),
            Type::special(3, Is::Packed(8)),
            Type::special(4, Is::Object(Kind::JavaDate)),
            Type::special(5, Is::Object(Kind::JavaByte)),
            Type::special(6, Is::Object(Kind::JavaFloat)),
            Type::special(7, Is::Object(Kind::JavaDouble)),
            Type::special(8, Is::Bytes),
        ],
        truths: Truths {
            flags: 1 << 8,
            written: [b"0", b"1"],
            objects: &[],
        },
        counter: 0,
        python: false,
        compression: Compression {
            flag: 2,
            container: Container::Gzip,
            shortest: 16_385,
            keep: Keep::Shorter,
            cas: true,
            off_at_level_0: false,
            ..Self::PYLIBMC.compression
        },
    };

    /// The same, but that what is compressed is in this container: dalli has a compressor for gzip.
    #[must_use]
    pub const fn compress_into(self, container: Container) -> Self {
        let compression = Compression {
            container,
            ..self.compression
        };
        Self {
            compression,
            ..self
        }
    }
}

/// The bits that are pylibmc's types.
const TYPES: u32 = 1 | 2 | 4 | 16;

/// The constants `False` and `True` of `pickle`, of each of its versions.
const PICKLED: &[[&[u8]; 2]] = &[
    [b"\x80\x02\x89.", b"\x80\x02\x88."],
    [b"I00\n.", b"I01\n."],
    [b"\x80\x03\x89.", b"\x80\x03\x88."],
    [b"\x80\x04\x89.", b"\x80\x04\x88."],
    [b"\x80\x05\x89.", b"\x80\x05\x88."],
];

/// Bools are pickled, so that any version of Python since 2.3 reads them.
const PICKLING: Truths = Truths {
    flags: 1,
    written: [b"\x80\x02\x89.", b"\x80\x02\x88."],
    objects: PICKLED,
};

const fn dalli(kind: Kind) -> [Type; 3] {
    [
        Type::bit(1, Is::Object(kind)),
        Type::bit(4, Is::Text),
        Type::masked(0, 0, Is::Bytes),
    ]
}

impl Type {
    const fn masked(flags: u32, mask: u32, is: Is) -> Self {
        Self { flags, mask, is }
    }

    /// No other bit may be set.
    const fn only(flags: u32, is: Is) -> Self {
        Self::masked(flags, u32::MAX, is)
    }

    /// Other bits do not matter.
    const fn bit(flag: u32, is: Is) -> Self {
        Self::masked(flag, flag, is)
    }

    /// spymemcached's second byte.
    const fn special(number: u32, is: Is) -> Self {
        Self::masked(number << 8, 0xFF00, is)
    }
}
