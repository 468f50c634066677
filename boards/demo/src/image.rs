//! The over-the-air image: longer than the device's memory, so hashed in pieces as it comes.

use core::fmt;

use defmt::Display2Format;
use embassy_time::Instant;
use minimc::embassy::Client;
use sha2::{Digest, Sha256};

use crate::Fault;

const KEY: &str = "fw:image";
const DIGEST_KEY: &str = "fw:image:sha256";

/// An image that is what it claims to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image {
    /// Its length in bytes.
    pub(crate) length: u32,
    pub(crate) sha256: Hash,
}

/// A SHA-256 digest; written it is 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Hash([u8; 32]);

/// Streams the image through the client's receive storage, and compares its digest with the one
/// that is stored beside it. A device in earnest would write each piece to flash as it comes.
pub(crate) async fn verify(client: &mut Client<'_>) -> Result<Image, Fault> {
    let item = client
        .get(DIGEST_KEY)
        .await?
        .ok_or(Fault::Missing(DIGEST_KEY))?;
    let expected = Hash::parse(item.value).ok_or(Fault::Unreadable(DIGEST_KEY))?;

    let start = Instant::now();
    let mut stream = client.open(KEY).await?.ok_or(Fault::Missing(KEY))?;
    let length = stream.entry().length;
    let mut hasher = Sha256::new();
    let mut pieces = 0_u32;
    let mut longest = 0;
    while let Some(bytes) = stream.next().await? {
        hasher.update(bytes);
        pieces += 1;
        longest = longest.max(bytes.len());
    }
    let sha256 = Hash(hasher.finalize().into());
    defmt::info!(
        "image of {} bytes in {} pieces, the longest of {}, within {} ms",
        length,
        pieces,
        longest,
        start.elapsed().as_millis()
    );

    defmt::info!("its digest is {}", Display2Format(&sha256));
    if sha256 == expected {
        Ok(Image { length, sha256 })
    } else {
        defmt::error!("it should be {}", Display2Format(&expected));
        Err(Fault::WrongDigest)
    }
}

impl Hash {
    fn parse(text: &[u8]) -> Option<Self> {
        let mut hash = [0; 32];
        let (digits, rest) = text.as_chunks::<2>();
        if digits.len() != hash.len() || !rest.is_empty() {
            return None;
        }
        for (byte, digits) in hash.iter_mut().zip(digits) {
            *byte = u8::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
