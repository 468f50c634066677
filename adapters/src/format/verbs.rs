//! Getting and storing values in a format, declared once for both colours.

use minimc_core::{Expiry, IntoKey, Storage};
use serde::{Deserialize, Serialize};

use super::{FormatError, Read, Write};
use crate::transport::Transport;
use crate::{blocking, client};

macro_rules! formats {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $_open:literal, $_wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> $colour::Client<T, S, N> {
            /// Stores `value` in a [format](crate::format) until `expiry`, whatever there was. What it is
            /// to others is said by the client's [convention](crate::Options::convention).
            ///
            /// Fails with [`Invalid`](FormatError::Invalid) where the format has no such values; nothing
            /// is sent then. To have it compressed, write it by the format and use
            /// [`set_value_compressed`](Self::set_value_compressed).
            pub $($async)? fn set_as<'k, F: Write, V: Serialize + ?Sized>(&mut self, format: F, key: impl IntoKey<'k>, value: &V, expiry: Expiry) -> Result<(), FormatError> {
                let bytes = format.write(value)?;
                let value = format.as_value(&bytes, self.options().convention);
                Ok(self.set_value(key, value, expiry) $($await)* ?)
            }

            /// Gets the value under `key` as what it is in a [format](crate::format). It may borrow from
            /// the client's storage.
            ///
            /// Fails as [`get_value`](Self::get_value) does, and where the value is not what was asked
            /// for; the connection goes on.
            pub $($async)? fn get_as<'k, 'b, F: Read, V: Deserialize<'b>>(&'b mut self, format: F, key: impl IntoKey<'k>) -> Result<Option<V>, FormatError> {
                let value = self.get_value(key) $($await)* ?;
                value.map(|value| format.read(value)).transpose()
            }

            /// The same through `buffer`: values that are compressed, too, and larger ones than the
            /// client's storage holds. See [`get_value_into`](Self::get_value_into).
            pub $($async)? fn get_as_into<'k, 'b, F: Read, V: Deserialize<'b>>(&mut self, format: F, key: impl IntoKey<'k>, buffer: &'b mut [u8]) -> Result<Option<V>, FormatError> {
                let value = self.get_value_into(key, buffer) $($await)* ?;
                value.map(|value| format.read(value)).transpose()
            }
        }
    };
}
both_colours!(formats);
