//! A value in pieces.

use minimc_core::{Entry, Error, ErrorKind, Piece, Storage};

use super::Client;
use crate::transport::Transport;

/// A value that is got in pieces. It may be dropped at any time.
#[derive(Debug)]
#[must_use = "the value is in its pieces"]
pub struct Stream<'c, T, S, const N: usize> {
    client: &'c mut Client<T, S, N>,
    entry: Entry,
    done: bool,
    /// Whether the time limit begins anew with every piece.
    renews: bool,
}

impl<'c, T: Transport, S: Storage, const N: usize> Stream<'c, T, S, N> {
    pub(super) fn new(client: &'c mut Client<T, S, N>, entry: Entry) -> Self {
        Self {
            client,
            entry,
            done: false,
            renews: true,
        }
    }

    /// The value's length in bytes, its flags and CAS value.
    pub fn entry(&self) -> Entry {
        self.entry
    }

    /// The same as a part of one operation, which began with [`Client::open`].
    pub(crate) fn within_the_limit(self) -> Self {
        Self {
            renews: false,
            ..self
        }
    }

    /// Takes all of the value, which was not begun, to the front of `buffer`: what has come through the
    /// storage, and the rest straight from the transport.
    pub(crate) async fn read_into(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        let size = self.entry.length;
        let mut free = buffer
            .get_mut(..size as usize)
            .ok_or(ErrorKind::ReplyTooLarge { size })?;
        loop {
            let client = &mut *self.client;
            let mut count = match client.read_straight(free).await {
                Ok(count) => count,
                Err(kind) => return Err(client.lost(kind).into()),
            };
            if count == 0 {
                let Some(bytes) = self.next().await? else {
                    return Ok(());
                };
                count = bytes.len();
                let place = free.get_mut(..count).ok_or(ErrorKind::Malformed)?;
                place.copy_from_slice(bytes);
            }
            free = free.get_mut(count..).unwrap_or_default();
        }
    }

    /// The next bytes of the value: at least one, at most what the receive storage holds. `None`
    /// at its end, not before: a value cut short is an error. Every piece has the operation's time
    /// limit anew.
    pub async fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        if self.done {
            return Ok(None);
        }
        let client = &mut *self.client;
        if self.renews {
            client.transport.begin(client.options.timeout);
        }
        if let Err(kind) = client.piece_arrive().await {
            return Err(client.lost(kind).into());
        }
        match client.connection.piece() {
            Ok(Some(Piece::Bytes(bytes))) => Ok(Some(bytes)),
            end => {
                // An error is an end too: nothing of the value follows it.
                self.done = true;
                match end? {
                    Some(Piece::End) => Ok(None),
                    _ => Err(ErrorKind::Malformed.into()),
                }
            }
        }
    }
}
