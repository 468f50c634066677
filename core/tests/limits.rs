//! What fits and what does not: storage, requests, values.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail"
)]

use minimc_core::command::{
    Command, Count, Delete, DeleteCas, Exists, Get, Lease, Store, Touch, meta,
};
use minimc_core::{Connection, ErrorKind, Expiry, Fate, Key, Protocol};

const LEAST: usize = Connection::<[u8; 400], 1>::STORAGE;

#[test]
fn storage_has_a_least_size() {
    for (sending, receiving, fits) in [
        (LEAST, LEAST, true),
        (LEAST - 1, LEAST, false),
        (LEAST, LEAST - 1, false),
        (0, 0, false),
    ] {
        let (mut sending, mut receiving) = (vec![0; sending], vec![0; receiving]);
        let made = Connection::<&mut [u8], 1>::new(Protocol::Text, &mut sending, &mut receiving);
        assert_eq!(made.is_ok(), fits);
        if let Err(error) = made {
            assert_eq!(error, ErrorKind::StorageTooSmall.into());
        }
    }
}

/// Sends a command behind so many others that its opaque has two digits.
fn fits<C: Command>(protocol: Protocol, command: &C) {
    for owed in [0, 50] {
        let mut connection = Connection::<_, 100>::new(protocol, [0; LEAST], [0; LEAST]).unwrap();
        for _ in 0..owed {
            connection
                .send(&Delete::new(Key::new("k").unwrap()))
                .unwrap();
            connection.sent(LEAST);
        }
        assert_eq!(connection.owed(), owed);
        if let Err(error) = connection.send(command) {
            // A value that does not fit behind its request's head waits for its turn.
            assert_eq!(
                (owed, error.kind()),
                (50, ErrorKind::Full),
                "{protocol:?} {}",
                C::NAME
            );
            assert!(matches!(C::NAME, "store" | "ms"), "{}", C::NAME);
        }
    }
}

#[test]
fn the_longest_request_of_each_command_fits_the_least_storage() {
    let long = [b'k'; 250];
    let encoded = [b'k'; 186];
    let value = [b'v'; 1000];
    for protocol in [Protocol::Text, Protocol::Meta, Protocol::Binary] {
        for key in [Key::new(&long).unwrap(), Key::encoded(&encoded).unwrap()] {
            if key.is_encoded() && protocol == Protocol::Text {
                continue;
            }
            let expiry = Expiry::at(i32::MAX as u32);
            fits(protocol, &Get::new(key).with_cas().touch(expiry));
            fits(protocol, &Delete::new(key));
            fits(protocol, &Touch::new(key, expiry));
            fits(protocol, &Count::down(key, u64::MAX));
            if protocol != Protocol::Text {
                fits(
                    protocol,
                    &Count::down(key, u64::MAX).or_initial(u64::MAX, expiry),
                );
            }
            fits(protocol, &Exists::new(key));
            if protocol == Protocol::Meta {
                fits(protocol, &DeleteCas::new(key, u64::MAX));
                fits(protocol, &Lease::new(key, expiry).recache(i32::MAX as u32));
                fits(protocol, &meta::Debug::new(key));
                fits(protocol, &everything(key));
                let set = meta::Set::new(key, &value).append().or_create(expiry);
                let set = set.flags(u32::MAX).expiry(expiry).invalidate();
                let set = set.with_cas().with_size().with_key();
                fits(protocol, &set.compare(u64::MAX).choose_cas(u64::MAX));
                let delete = meta::Delete::new(key).invalidate_until(expiry);
                let delete = delete.only_value().with_key();
                fits(protocol, &delete.compare(u64::MAX).choose_cas(u64::MAX));
                let count = meta::Count::down(key, u64::MAX).or_initial(u64::MAX, expiry);
                let count = count.touch(expiry).with_value().with_cas();
                let count = count.with_time_to_live().with_key();
                fits(protocol, &count.compare(u64::MAX).choose_cas(u64::MAX));
            }
            for store in [
                Store::set(key, &value),
                Store::prepend(key, &value),
                Store::cas(key, &value, u64::MAX),
            ] {
                fits(protocol, &store.flags(u32::MAX).expiry(expiry));
            }
        }
    }
}

/// `mg` with every flag.
fn everything(key: Key<'_>) -> meta::Get<'_> {
    let expiry = Expiry::at(i32::MAX as u32);
    let get = meta::Get::new(key).touch(expiry).vivify(expiry);
    let get = get.recache(i32::MAX as u32).unless_cas(u64::MAX);
    let get = get.choose_cas(u64::MAX).with_value().with_flags();
    let get = get.with_cas().with_time_to_live().with_last_access();
    let get = get.with_hit_before().with_size().with_key();
    get.without_bump()
}

/// What comes of the answer to a command.
fn answer<C: Command>(command: &C, reply: &str) -> Result<(), ErrorKind> {
    let mut connection = Connection::<_, 1>::new(Protocol::Meta, [0; LEAST], [0; LEAST]).unwrap();
    connection.send(command).unwrap();
    connection.sent(LEAST);
    let mut rest = reply.as_bytes();
    while !connection.arrived()? {
        let space = connection.space();
        let count = space.len().min(rest.len());
        assert!(count > 0, "more is wanted");
        space[..count].copy_from_slice(&rest[..count]);
        rest = &rest[count..];
        connection.filled(count);
    }
    connection
        .reply::<C>()
        .map(drop)
        .map_err(|error| error.kind())
}

/// Of 1.6.45, with the longest of numbers.
#[test]
fn the_longest_answer_of_each_command_fits_the_least_storage() {
    let long = "k".repeat(250);
    let base64 = "k".repeat(248);
    let (number, cas) = (u32::MAX, u64::MAX);
    for (name, is_base64) in [(&long, ""), (&base64, " b")] {
        let key = Key::new(name).unwrap();
        let told = format!("t{number} f{number} c{cas} h1 k{name} l{number} s{number}");
        let line = format!("HD {told}{is_base64} Oa W X\r\n");
        assert_eq!(answer(&everything(key), &line), Ok(()), "{}", line.len());
        let line = format!("VA 0 {told}{is_base64} Oa Z X\r\n\r\n");
        assert_eq!(answer(&everything(key), &line), Ok(()), "{}", line.len());
        let fields = format!("exp=-{number} la={number} cas={cas} fetch=yes cls=255 size={number}");
        let line = format!("ME {name} {fields}{is_base64}\r\n");
        let debug = meta::Debug::new(key);
        assert_eq!(answer(&debug, &line), Ok(()), "{}", line.len());
    }
    let key = Key::new(&long).unwrap();
    let line = format!("VALUE {long} {number} 0 {cas}\r\n\r\nEND\r\n");
    let mut connection = Connection::<_, 1>::new(Protocol::Text, [0; LEAST], [0; LEAST]).unwrap();
    connection.send(&Get::new(key).with_cas()).unwrap();
    connection.sent(LEAST);
    connection.space()[..line.len()].copy_from_slice(line.as_bytes());
    connection.filled(line.len());
    assert_eq!(connection.arrived(), Ok(true));
    assert!(connection.reply::<Get<'_>>().unwrap().is_some());
}

#[test]
fn values_above_the_item_limit_are_refused_before_they_are_sent() {
    let key = Key::new("k").unwrap();
    let value = vec![0; 1024 * 1024 + 1];
    for protocol in [Protocol::Text, Protocol::Meta, Protocol::Binary] {
        let mut connection = Connection::<_, 2>::new(protocol, [0; 400], [0; 400]).unwrap();
        for limit in [None, Some(0), Some(500)] {
            if let Some(limit) = limit {
                connection.set_item_limit(limit);
            }
            let limit = limit.map_or(1024 * 1024, |limit| limit as usize);
            let error = connection
                .send(&Store::set(key, &value[..=limit]))
                .unwrap_err();
            assert_eq!(
                (error.kind(), error.fate()),
                (ErrorKind::TooLarge, Fate::NotSent)
            );
            assert!(!connection.is_sending() && connection.owed() == 0);
            assert!(connection.send(&Store::set(key, &value[..limit])).is_ok());
            connection.abandon();
        }
    }
}

/// Whatever its head has filled the storage with: before its end is there, a value of no bytes is no
/// reply, and is not handed out.
#[test]
fn a_head_that_leaves_no_room_for_the_end_is_no_reply() {
    for (length, arrived) in [
        (LEAST - 2, Ok(true)),
        (LEAST - 1, Err(ErrorKind::Malformed)),
        (LEAST, Err(ErrorKind::Malformed)),
    ] {
        let mut link = Connection::<_, 1>::new(Protocol::Meta, [0; LEAST], [0; LEAST]).unwrap();
        link.send(&Get::new(Key::new("k").unwrap())).unwrap();
        link.sent(LEAST);
        let mut line = format!("VA 0 Oa x{:y<1$}\r\n", "", length - 11);
        assert_eq!(line.len(), length);
        line += "\r\n";
        for byte in line.bytes().take(LEAST) {
            assert_eq!(link.arrived(), Ok(false));
            link.space()[0] = byte;
            link.filled(1);
        }
        assert_eq!(link.arrived(), arrived, "{length}");
        assert_eq!(link.is_broken(), arrived.is_err());
    }
}
