//! The over-the-air image, as the host stores it.

use std::error::Error;

use minimc::command::{Store, Stored};
use minimc::net::Client;
use minimc::value::{Convention, Encoded, Value};
use minimc::{Expiry, Key, Zlib};
use sha2::{Digest, Sha256};

pub(crate) const KEY: &str = "fw:image";

/// A file as an image.
pub(crate) struct Image {
    pub(crate) bytes: Vec<u8>,
    /// In hexadecimal digits.
    pub(crate) digest: String,
}

/// As the image is stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// Compressed so that a device inflates it through a window of so many bytes.
    Compressed {
        window: usize,
    },
    Plain,
}

impl Image {
    pub(crate) fn read(file: &str) -> Result<Self, Box<dyn Error>> {
        let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        let digest = Sha256::digest(&bytes);
        let digest = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { bytes, digest })
    }

    /// Stores it with its digest beside it; how many bytes it takes on the server, and its flags. What gets
    /// no shorter is stored as it is.
    pub(crate) fn store(
        &self,
        client: &mut Client,
        form: Form,
    ) -> Result<(usize, u32), Box<dyn Error>> {
        let convention = match form {
            Form::Compressed { .. } => Convention::PYLIBMC.compress_from(0).compress_at(9),
            Form::Plain => Convention::PYLIBMC.compress_nothing(),
        };
        let window = match form {
            Form::Compressed { window } => window,
            Form::Plain => 0,
        };
        let mut room = vec![0; self.bytes.len() + Convention::ROOM];
        let value = Value::Bytes(&self.bytes);
        let mut zlib = Zlib::with_window(window);
        let stored = convention.encode_compressed(value, false, &mut zlib, &mut room)?;
        let Encoded { bytes, flags } = stored;
        let Stored::Stored = client
            .call(&Store::set(Key::new(KEY)?, bytes).flags(flags))
            .map_err(|error| format!("{} bytes cannot be stored: {error}", bytes.len()))?
        else {
            return Err("the server stored nothing".into());
        };
        client.set("fw:image:sha256", &self.digest, Expiry::NEVER)?;
        Ok((bytes.len(), flags))
    }
}
