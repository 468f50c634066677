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

use minimc_core::command::{Command, Count, Delete, Get, Store, Touch};
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
            assert_eq!(C::NAME, "store");
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
