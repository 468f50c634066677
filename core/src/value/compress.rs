//! What compresses a value.

use super::{BadValue, Container, Deflate};

/// What compresses a value: [`Deflate`], or on a host a library that takes more memory and gets more
/// out of it.
pub trait Compress {
    /// Compresses `input` into `room`, at one of zlib's levels if there are any.
    ///
    /// Fails with [`NoRoom`](BadValue::NoRoom) where the room is too small.
    fn compress<'r>(
        &mut self,
        container: Container,
        level: u8,
        input: &[u8],
        room: &'r mut [u8],
    ) -> Result<&'r [u8], BadValue>;
}

impl<const TABLE: usize> Compress for Deflate<TABLE> {
    fn compress<'r>(
        &mut self,
        container: Container,
        _level: u8,
        input: &[u8],
        room: &'r mut [u8],
    ) -> Result<&'r [u8], BadValue> {
        match container {
            Container::Zlib => self.zlib(input, room),
            Container::Gzip => self.gzip(input, room),
        }
    }
}
