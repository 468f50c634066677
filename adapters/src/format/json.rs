//! JSON.

use alloc::vec::Vec;

use minimc_core::value::{Convention, Kind, Value};
use serde::{Deserialize, Serialize};

use super::{FormatError, Read, Write, without_format};

/// JSON.
///
/// It is stored as an object of JSON where the [convention](Convention) has such, which is dalli's with
/// its JSON serialiser; elsewhere as a text, since the clients of Python have no flag for JSON: they read
/// a `str`, which `json.loads` takes.
///
/// Read are texts, bytes and objects of JSON, and numbers and bools for what they are.
///
/// ```no_run
/// use minimc::format::Json;
/// use minimc::{Expiry, net::Client};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Reading { temperature: f32, place: String }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut client = Client::connect("127.0.0.1:11211")?;
/// let reading = Reading { temperature: 21.5, place: "cellar".into() };
/// client.set_as(Json, "reading", &reading, Expiry::seconds(60))?;
/// if let Some(Reading { temperature, .. }) = client.get_as(Json, "reading")? {
///     println!("{temperature}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Read for Json {
    fn read<'b, T: Deserialize<'b>>(&self, value: Value<'b>) -> Result<T, FormatError> {
        let bytes = match value {
            Value::Text(text) => text.as_bytes(),
            Value::Bytes(bytes) => bytes,
            Value::Object {
                kind: Kind::Json,
                bytes,
            } => bytes,
            other => return without_format(other),
        };
        serde_json::from_slice(bytes).map_err(FormatError::invalid)
    }
}

impl Write for Json {
    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError> {
        serde_json::to_vec(value).map_err(FormatError::invalid)
    }

    fn as_value<'v>(&self, bytes: &'v [u8], convention: &Convention) -> Value<'v> {
        let kind = Kind::Json;
        let object = Value::Object { kind, bytes };
        match core::str::from_utf8(bytes) {
            Ok(text) if convention.encode(object, &mut []).is_err() => Value::Text(text),
            _ => object,
        }
    }
}
