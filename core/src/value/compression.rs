//! When a convention compresses a value, and when it keeps what comes of it.

/// When values are compressed, and when what comes of it is kept.
///
/// ```
/// use minimc_core::value::Convention;
///
/// static FROM_400: Convention = Convention::PYLIBMC.compress_from(400);
/// let rules = FROM_400.compression();
/// assert!(!rules.is_tried(399) && rules.is_tried(400));
/// assert!(rules.is_kept(400, 399) && !rules.is_kept(400, 400));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Compression {
    /// What is added to the flags of a compressed value; 0 where nothing is ever compressed.
    pub(super) flag: u32,
    pub(super) container: Container,
    /// The shortest value that is compressed; `u32::MAX` where none is.
    pub(super) shortest: u32,
    pub(super) keep: Keep,
    pub(super) level: u8,
    pub(super) integers: bool,
    pub(super) cas: bool,
    /// Whether level 0 means not to compress at all.
    pub(super) off_at_level_0: bool,
}

/// What stands around the compressed data.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Container {
    /// zlib's, RFC 1950.
    Zlib,
    /// gzip's, RFC 1952.
    Gzip,
}

/// When what was compressed is kept in place of the value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Keep {
    /// If it is shorter.
    Shorter,
    /// Unless it is longer.
    NotLonger,
    /// Always.
    Always,
}

impl Compression {
    /// Whether a written value of `length` bytes is compressed.
    pub fn is_tried(&self, length: usize) -> bool {
        self.flag != 0
            && self.shortest != u32::MAX
            && length >= self.shortest as usize
            && !(self.level == 0 && self.off_at_level_0)
    }

    /// Whether the value's `before` bytes are stored as the `after` bytes that came of them.
    pub fn is_kept(&self, before: usize, after: usize) -> bool {
        match self.keep {
            Keep::Shorter => after < before,
            Keep::NotLonger => after <= before,
            Keep::Always => true,
        }
    }

    /// Whether numbers are compressed as other values are.
    pub fn has_integers(&self) -> bool {
        self.integers
    }

    /// Whether `cas` compresses as other ways of storing do.
    pub fn has_cas(&self) -> bool {
        self.cas
    }

    /// zlib's level, from 0 to 9.
    pub fn level(&self) -> u8 {
        self.level
    }

    /// What stands around the compressed data.
    pub fn container(&self) -> Container {
        self.container
    }
}
