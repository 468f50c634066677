//! A value of 300,000 bytes, whatever the storage.

use minimc::command::Stored;
use minimc::{Client, ErrorKind, Expiry, Storage, Transport};

/// The key of the large value, which stays on the server.
pub const LARGE: &str = "large";

const LENGTH: usize = 300_000;

/// After how many bytes the large value begins anew: a prime, which no buffer's length divides.
const PERIOD: usize = 15_013;

/// The first twentieth of the large value, for those who cannot hold it whole: repeated it is all of
/// it. It leaves the scenarios' code room in 256 KiB of flash.
pub static PART: [u8; PERIOD] = part();

/// The large value.
pub static WHOLE: [u8; LENGTH] = whole();

/// The large value stored in one piece, or in several if `stored_by` is [`PART`] and not [`WHOLE`];
/// then got in pieces, given up, and refused.
pub async fn large<T: Transport, S: Storage, const N: usize>(
    client: &mut Client<T, S, N>,
    stored_by: &[u8],
) {
    client.set(LARGE, stored_by, Expiry::NEVER).await.unwrap();
    let mut stored = stored_by.len();
    while stored < LENGTH {
        let more = &stored_by[..stored_by.len().min(LENGTH - stored)];
        assert_eq!(client.append(LARGE, more).await.unwrap(), Stored::Stored);
        stored += more.len();
    }
    client.set("small", "s", Expiry::NEVER).await.unwrap();

    let mut stream = client.open(LARGE).await.unwrap().unwrap();
    assert_eq!(stream.entry().length as usize, LENGTH);
    let mut expected = PART.iter().cycle();
    let mut read = 0;
    while let Some(bytes) = stream.next().await.unwrap() {
        assert!(
            bytes.iter().eq(expected.by_ref().take(bytes.len())),
            "the value that came back differs in the {} bytes from {read} on",
            bytes.len()
        );
        read += bytes.len();
    }
    assert_eq!(read, LENGTH);
    assert!(stream.next().await.unwrap().is_none());

    // Given up at the first piece, and before it.
    let mut stream = client.open(LARGE).await.unwrap().unwrap();
    assert!(!stream.next().await.unwrap().unwrap().is_empty());
    assert_eq!(client.get("small").await.unwrap().unwrap().value, b"s");
    let _ = client.open(LARGE).await.unwrap().unwrap();
    assert_eq!(client.get("small").await.unwrap().unwrap().value, b"s");
    assert!(client.open("absent").await.unwrap().is_none());

    // Into a buffer that is larger than the smallest storage, and into one that is too small.
    let mut buffer = [0; 1000];
    let middling = &PART[..buffer.len()];
    client
        .set("middling", middling, Expiry::NEVER)
        .await
        .unwrap();
    let entry = client.get_into("middling", &mut buffer).await;
    assert_eq!(entry.unwrap().unwrap().length, 1000);
    assert!(buffer == middling, "the value that came back differs");
    let error = client.get_into(LARGE, &mut buffer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReplyTooLarge { size: 300_000 });

    // Whole: it fits the storage, or it is refused and passed over.
    match client.get(LARGE).await {
        Ok(item) => assert!(
            item.unwrap()
                .value
                .iter()
                .eq(PART.iter().cycle().take(LENGTH))
        ),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ReplyTooLarge { size: 300_000 }),
    }
    assert_eq!(client.get("small").await.unwrap().unwrap().value, b"s");
}

/// The upper bytes of a random generator's numbers (xorshift).
const fn part() -> [u8; PERIOD] {
    let mut part = [0; PERIOD];
    let mut state = 1_u32;
    let mut at = 0;
    while at < PERIOD {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        part[at] = (state >> 24) as u8;
        at += 1;
    }
    part
}

const fn whole() -> [u8; LENGTH] {
    let mut whole = [0; LENGTH];
    let mut rest = whole.as_mut_slice();
    while rest.len() > PERIOD {
        let (first, more) = rest.split_at_mut(PERIOD);
        first.copy_from_slice(&PART);
        rest = more;
    }
    rest.copy_from_slice(PART.split_at(rest.len()).0);
    whole
}
