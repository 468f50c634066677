//! Chunked values: values larger than the item limit, in parts under one name.
//!
//! Under the name lies a [`Manifest`]: how long the value is, in parts of which size it lies, its
//! CRC-32, and a version, which is another one for every write. The parts lie under [keys](PartKey)
//! made of the name, the version and their index. They are written first and the manifest last, so
//! that readers see one whole version or none; a version that was only written in part is never seen.
//! `docs/chunks.md` describes the format byte by byte.
//!
//! Here is the bookkeeping; `minimc::Client` moves the bytes, by `set_chunked` and `get_chunked`.
//!
//! ```
//! use minimc_core::Key;
//! use minimc_core::value::chunks::{Manifest, PartKey, Position};
//!
//! # fn main() -> Result<(), minimc_core::Error> {
//! let mut position = Position::new(Manifest::new(2500, 1000, 0x1234)?);
//! let mut parts = Vec::new();
//! while let Some(length) = position.part_length() {
//!     let key = PartKey::new(Key::new("image")?, &position)?;
//!     parts.push((String::from_utf8_lossy(key.key().bytes()).into_owned(), length));
//!     position.next_part(position.crc);
//! }
//! assert_eq!(parts[0], ("image#0000000000001234.00000000".into(), 1000));
//! assert_eq!(parts[2], ("image#0000000000001234.00000002".into(), 500));
//! # Ok(())
//! # }
//! ```

mod manifest;
mod part_key;
mod position;

pub use manifest::Manifest;
pub use part_key::PartKey;
pub use position::Position;
