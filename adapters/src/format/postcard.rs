//! postcard, which firmware writes.

use alloc::vec::Vec;

use minimc_core::value::{Convention, Value};
use serde::{Deserialize, Serialize};

use super::{FormatError, Read, Write};

/// postcard: small, and without names, so that both sides must have the same type. It is stored as
/// bytes.
///
/// ```no_run
/// use minimc::format::Postcard;
/// use minimc::{Expiry, net::Client};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut client = Client::connect("127.0.0.1:11211")?;
/// client.set_as(Postcard, "readings", &[21.5_f32, 21.6], Expiry::seconds(60))?;
/// let readings: Option<Vec<f32>> = client.get_as(Postcard, "readings")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Postcard;

impl Read for Postcard {
    fn read<'b, T: Deserialize<'b>>(&self, value: Value<'b>) -> Result<T, FormatError> {
        let Value::Bytes(bytes) = value else {
            return Err(FormatError::invalid("postcard is stored as bytes"));
        };
        let (value, rest) = postcard::take_from_bytes(bytes).map_err(FormatError::invalid)?;
        if rest.is_empty() {
            Ok(value)
        } else {
            Err(FormatError::invalid("more comes behind it"))
        }
    }
}

impl Write for Postcard {
    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        postcard::to_extend(value, Vec::new()).map_err(FormatError::invalid)
    }

    fn as_value<'v>(&self, bytes: &'v [u8], _: &Convention) -> Value<'v> {
        Value::Bytes(bytes)
    }
}
