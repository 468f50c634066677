//! The over-the-air image: longer than the device's memory, so inflated and hashed in pieces as it comes.

use core::fmt;

use defmt::Display2Format;
use embassy_time::Instant;
use minimc::embassy::Client;
use minimc::value::{Inflate, Reading, Value};
use sha2::{Digest, Sha256};

use crate::Fault;

const KEY: &str = "fw:image";
const DIGEST_KEY: &str = "fw:image:sha256";

/// Through how much of what it has written the image is inflated: the host compresses it so that this is
/// enough. zlib's own 32 KiB would be half of the lm3s6965evb's RAM.
const WINDOW: usize = 2048;

/// How large an image the device has flash for.
const LARGEST: u32 = 4 << 20;

/// An image that is what it claims to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image {
    /// Its length in bytes.
    pub(crate) length: u32,
    /// How many of them came: fewer, if it is stored compressed.
    pub(crate) arrived: u32,
    pub(crate) sha256: Hash,
}

/// A SHA-256 digest; written it is 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Hash([u8; 32]);

/// Streams the image through the client's receive storage and, if its flags say that it is compressed,
/// through a window; and compares its digest with the one that is stored beside it. A device in earnest
/// would write each piece to flash as it comes.
pub(crate) async fn verify(client: &mut Client<'_>) -> Result<Image, Fault> {
    let item = client
        .get(DIGEST_KEY)
        .await?
        .ok_or(Fault::Missing(DIGEST_KEY))?;
    let expected = Hash::parse(item.value).ok_or(Fault::Unreadable(DIGEST_KEY))?;

    let start = Instant::now();
    let convention = client.options().convention;
    let mut stream = client.open(KEY).await?.ok_or(Fault::Missing(KEY))?;
    let entry = stream.entry();
    let flags = convention.without_compression(entry.flags);
    let Ok(Value::Bytes(_)) = convention.decode(&[], flags, Reading::Strict) else {
        return Err(Fault::Unreadable(KEY));
    };
    let mut hasher = Sha256::new();
    let (mut length, mut pieces) = (0_u32, 0_u32);
    let mut take = |piece: &[u8]| {
        hasher.update(piece);
        length += piece.len() as u32;
        pieces += 1;
    };
    if convention.is_compressed(entry.flags) {
        let mut window = [0; WINDOW];
        let container = convention.compression().container();
        let mut inflate = Inflate::new(container, &mut window, LARGEST);
        let wrong = |bad| Fault::Value(KEY, bad);
        while let Some(mut bytes) = stream.next().await? {
            while let Some(piece) = inflate.next(&mut bytes).map_err(wrong)? {
                take(piece);
            }
        }
        inflate.finish(Reading::Strict).map_err(wrong)?;
    } else {
        while let Some(piece) = stream.next().await? {
            take(piece);
        }
    }
    let sha256 = Hash(hasher.finalize().into());
    let arrived = entry.length;
    defmt::info!(
        "image of {} bytes, {} as it is stored, in {} pieces within {} ms",
        length,
        arrived,
        pieces,
        start.elapsed().as_millis()
    );

    defmt::info!("its digest is {}", Display2Format(&sha256));
    if sha256 == expected {
        Ok(Image {
            length,
            arrived,
            sha256,
        })
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
