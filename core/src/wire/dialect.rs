//! What a server understands, by its version.

use core::fmt;

use super::text;

/// A version of memcached, as far as it decides what a server understands.
///
/// A connection that knows it ([`set_dialect`](crate::Connection::set_dialect)) writes what that
/// version reads, and refuses what it cannot carry before a byte is sent. One that does not tries
/// everything in the form that memcached 1.6.10 and later take.
///
/// ```
/// use minimc_core::Dialect;
///
/// assert_eq!(Dialect::parse(b"1.6.18 (Debian)"), Some(Dialect::new(1, 6, 18)));
/// assert!(Dialect::new(1, 6, 9) < Dialect::new(1, 6, 10));
/// assert_eq!(Dialect::parse(b"a proxy"), None);
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Dialect {
    /// A byte for each number, the last in the lowest: one comparison for all.
    version: u32,
}

impl Dialect {
    /// That of a server of which nothing is known.
    pub const UNKNOWN: Self = Self { version: u32::MAX };

    /// That of memcached `major.minor.patch`.
    pub const fn new(major: u8, minor: u8, patch: u8) -> Self {
        Self {
            version: u32::from_be_bytes([0, major, minor, patch]),
        }
    }

    /// Reads a server's answer to `version`: three numbers, behind which anything may stand.
    pub fn parse(version: &[u8]) -> Option<Self> {
        let mut rest = version;
        let mut next = |before: &[u8]| {
            rest = rest.strip_prefix(before)?;
            u8::try_from(text::digits(&mut rest)?).ok()
        };
        Some(Self::new(next(b"")?, next(b".")?, next(b".")?))
    }

    /// Whether a server of this version is known to be without `feature`.
    pub(super) fn lacks(self, feature: Feature) -> bool {
        self < feature.since()
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

/// What a version of memcached brought.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Feature {
    /// `touch`, and in binary `gat`.
    Touch,
    /// `cache_memlimit`.
    CacheMemlimit,
    /// Classic `gat` and `gats`.
    GetAndTouch,
    /// The meta commands. (1.5.19 had a trial of them, without `mn`.)
    Meta,
    /// `ms` with the length of the value in the place it has now, not as a flag.
    PlacedLength,
    /// Meta keys in base64.
    EncodedKeys,
    /// The CAS value in the answer to `ms`.
    StoredCas,
    /// The opaque in the answer to a miss.
    MissesWithOpaque,
    /// The size in the answer to `ms`, and appending to an item that is created if there is none.
    AppendCreating,
    /// A CAS value of the caller's own, and removing only the value of an item.
    ChosenCas,
    /// Getting an item unless it has the CAS value that is known already.
    GetUnlessCas,
    /// `watch`.
    Watch,
    /// `lru_crawler metadump`.
    Metadump,
    /// `lru_crawler mgdump`.
    Mgdump,
}

impl Feature {
    /// The version that brought it.
    const fn since(self) -> Dialect {
        match self {
            Self::Touch => Dialect::new(1, 4, 8),
            Self::CacheMemlimit => Dialect::new(1, 4, 27),
            Self::GetAndTouch => Dialect::new(1, 5, 3),
            Self::Meta => Dialect::new(1, 6, 0),
            Self::PlacedLength | Self::EncodedKeys => Dialect::new(1, 6, 10),
            Self::StoredCas => Dialect::new(1, 6, 13),
            Self::MissesWithOpaque => Dialect::new(1, 6, 18),
            Self::AppendCreating => Dialect::new(1, 6, 20),
            Self::ChosenCas => Dialect::new(1, 6, 27),
            Self::GetUnlessCas => Dialect::new(1, 6, 40),
            Self::Watch => Dialect::new(1, 4, 26),
            Self::Metadump => Dialect::new(1, 4, 31),
            Self::Mgdump => Dialect::new(1, 6, 19),
        }
    }

    /// What to say of a server without it.
    pub(super) const fn missing(self) -> &'static str {
        match self {
            Self::Touch => "this takes memcached 1.4.8",
            Self::CacheMemlimit => "this takes memcached 1.4.27",
            Self::GetAndTouch => "this takes memcached 1.5.3",
            Self::Meta => "this takes memcached 1.6.0, or Protocol::Text",
            Self::PlacedLength | Self::EncodedKeys => "this takes memcached 1.6.10",
            Self::StoredCas => "this takes memcached 1.6.13",
            Self::MissesWithOpaque => "this takes memcached 1.6.18",
            Self::AppendCreating => "this takes memcached 1.6.20",
            Self::ChosenCas => "this takes memcached 1.6.27",
            Self::GetUnlessCas => "this takes memcached 1.6.40",
            Self::Watch => "this takes memcached 1.4.26",
            Self::Metadump => "this takes memcached 1.4.31",
            Self::Mgdump => "this takes memcached 1.6.19",
        }
    }
}

impl fmt::Debug for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::UNKNOWN {
            return f.write_str("Dialect(unknown)");
        }
        let [_, major, minor, patch] = self.version.to_be_bytes();
        write!(f, "Dialect({major}.{minor}.{patch})")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Dialect {
    fn format(&self, f: defmt::Formatter<'_>) {
        let [_, major, minor, patch] = self.version.to_be_bytes();
        defmt::write!(f, "Dialect({}.{}.{})", major, minor, patch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, version) in [
            ("1.6.18", Some([1, 6, 18])),
            ("1.4.15-ubuntu", Some([1, 4, 15])),
            ("1.6.12 mcrouter", Some([1, 6, 12])),
            ("1.6", None),
            ("1.6.", None),
            ("1.6.256", None),
            ("v1.6.2", None),
            ("", None),
        ] {
            let version = version.map(|[major, minor, patch]| Dialect::new(major, minor, patch));
            assert_eq!(Dialect::parse(text.as_bytes()), version, "{text}");
        }
    }

    #[test]
    fn in_words() {
        use std::format;
        assert_eq!(format!("{:?}", Dialect::new(1, 6, 18)), "Dialect(1.6.18)");
        assert_eq!(format!("{:?}", Dialect::UNKNOWN), "Dialect(unknown)");
    }
}
