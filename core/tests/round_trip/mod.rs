//! A value on its whole way: encoded, perhaps compressed, over the wire to a server, back, and decoded.

use std::vec::Vec;
use std::{assert, assert_eq, format, panic, vec};

use minimc_core::command::{Get, Store, Stored};
use minimc_core::value::{BadValue, Convention, Deflate, Inflate, Reading, Value};
use minimc_core::{Connection, Key, Piece, Protocol};

use crate::peer::{Peer, Turns, arrive, read, write_all};

/// The way of a value: the wire passes so many bytes at a time.
#[derive(Clone, Debug)]
pub struct Way {
    pub protocol: Protocol,
    pub convention: Convention,
    pub for_cas: bool,
    pub chunk: usize,
}

impl Way {
    /// Sends a value there and back, which must be what it was, read at once and in pieces. Whether it
    /// was compressed; `None` if the convention has no type for it.
    pub fn go(&self, value: Value<'_>) -> Option<bool> {
        let mut deflate: Deflate<256> = Deflate::new();
        let length = value.bytes().map_or(600, <[u8]>::len);
        // Room for what is kept even where it gets longer.
        let mut room = vec![0; length * 9 / 8 + 100];
        let encoded =
            self.convention
                .encode_compressed(value, self.for_cas, &mut deflate, &mut room);
        let stored = match encoded {
            Ok(stored) => stored,
            Err(bad) => {
                assert_eq!(bad, BadValue::NoSuchType, "{value:?}");
                return None;
            }
        };
        let key = Key::new("k").unwrap();
        let mut peer = Peer::default();
        let mut sending = [0; 400];
        let mut receiving = vec![0; stored.bytes.len() + 400];
        let mut connection: Connection<_, 1> =
            Connection::new(self.protocol, &mut sending[..], &mut receiving[..]).unwrap();

        let store = Store::set(key, stored.bytes).flags(stored.flags);
        let gap = connection.send(&store).unwrap();
        write_all(&mut connection, &mut peer, gap.as_ref(), || self.chunk);
        arrive(&mut connection, &mut peer, self.chunk);
        assert_eq!(
            connection.reply::<Store<'_, '_>>(),
            Ok(Stored::Stored),
            "{value:?}"
        );

        // At once.
        assert!(connection.send(&Get::new(key)).unwrap().is_none());
        arrive(&mut connection, &mut peer, self.chunk);
        let item = connection.reply::<Get<'_>>().unwrap().unwrap();
        let mut room = vec![0; length];
        let (convention, strict) = (&self.convention, Reading::Strict);
        let came = convention.decode_into(item.value, item.flags, strict, &mut room);
        is_same(came, value);
        let is_compressed = convention.is_compressed(item.flags);

        // And in pieces, through less storage than it has.
        let mut connection: Connection<_, 1> =
            Connection::new(self.protocol, [0; 400], [0; 400]).unwrap();
        assert!(connection.send(&Get::new(key)).unwrap().is_none());
        write_all(&mut connection, &mut peer, None, || self.chunk);
        let (bytes, flags) = self.in_pieces(&mut connection, &mut peer);
        is_same(convention.decode(&bytes, flags, strict), value);
        Some(is_compressed)
    }

    /// What comes, inflated if it was compressed, and the flags of that.
    fn in_pieces(
        &self,
        connection: &mut Connection<[u8; 400], 1>,
        peer: &mut Peer,
    ) -> (Vec<u8>, u32) {
        let (convention, mut flags) = (&self.convention, 0);
        let mut window = vec![0; 1 << 15];
        let container = convention.compression().container();
        let mut inflate = Inflate::new(container, &mut window[..], u32::MAX);
        let mut all = vec![];
        let mut turns = Turns::new();
        loop {
            match connection.piece().unwrap() {
                Some(Piece::Start(entry)) => flags = entry.flags,
                Some(Piece::Bytes(bytes)) if convention.is_compressed(flags) => {
                    let mut rest = bytes;
                    while let Some(piece) = inflate.next(&mut rest).unwrap() {
                        all.extend_from_slice(piece);
                    }
                }
                Some(Piece::Bytes(bytes)) => all.extend_from_slice(bytes),
                Some(Piece::End) => break,
                None => {
                    turns.count();
                    assert!(read(connection, peer, self.chunk) > 0);
                }
            }
        }
        if convention.is_compressed(flags) {
            inflate.finish(Reading::Strict).unwrap();
        }
        (all, convention.without_compression(flags))
    }
}

/// A bool is a number where that is what the convention stores for it.
fn is_same(came: Result<Value<'_>, BadValue>, value: Value<'_>) {
    let is_truth = |came: Value<'_>| came.truth().is_some() && came.truth() == value.truth();
    if !came.is_ok_and(|came| came == value || is_truth(came)) {
        let [value, came] = [format!("{value:?}"), format!("{came:?}")];
        panic!("{value:.100} came as {came:.100}");
    }
}
