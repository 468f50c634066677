//! A value that is stored piece by piece.

use minimc_core::command::{Store, StoreInPieces, Stored};
use minimc_core::{Error, ErrorKind, Fate, Storage};

use super::Client;
use crate::transport::Transport;

/// A value that is stored in pieces: [write](Self::write) all of it, then [finish](Self::finish).
///
/// It may be dropped at any time. Before the end that costs the connection, and the value is not
/// stored: what was stored before is there still.
#[derive(Debug)]
#[must_use = "the value is not stored until it is finished"]
pub struct Upload<'c, T: Transport, S: Storage, const N: usize> {
    client: &'c mut Client<T, S, N>,
    /// The bytes of the value that were not written.
    left: u32,
    /// Whether a piece is on its way of which nobody knows how much has left.
    in_piece: bool,
}

impl<'c, T: Transport, S: Storage, const N: usize> Upload<'c, T, S, N> {
    pub(super) fn new(client: &'c mut Client<T, S, N>, left: u32) -> Self {
        Self {
            client,
            left,
            in_piece: false,
        }
    }

    /// The bytes of the value that were not written yet.
    pub fn left(&self) -> u32 {
        self.left
    }

    /// Sends the next bytes of the value. Every call has the operation's time limit anew.
    ///
    /// Fails with [`OutOfOrder`](ErrorKind::OutOfOrder), and sends nothing, if that is more than is
    /// [left](Self::left). Any other failure costs the connection, and the value was not stored.
    ///
    /// Not cancel-safe: nobody knows how many of the bytes had left when the future was dropped. Drop
    /// the upload too.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let count = u32::try_from(bytes.len()).ok();
        let Some(left) = count.and_then(|count| self.left.checked_sub(count)) else {
            return Err(Error::new(ErrorKind::OutOfOrder).with_fate(Fate::NotSent));
        };
        if self.in_piece {
            self.client.contacts.forgive();
            return Err(self.client.lost(ErrorKind::Closed).into());
        }
        self.client.transport.begin(self.client.options.timeout);
        self.in_piece = true;
        if let Err(kind) = self.client.write_piece(bytes).await {
            return Err(self.client.lost(kind).into());
        }
        (self.left, self.in_piece) = (left, false);
        Ok(())
    }

    /// Waits for the server's answer, when all bytes were written.
    ///
    /// Fails with [`OutOfOrder`](ErrorKind::OutOfOrder) if some were not: that costs the connection,
    /// and the value is not stored.
    pub async fn finish(self) -> Result<Stored, Error> {
        if self.left > 0 {
            return Err(self.client.lost(ErrorKind::OutOfOrder).into());
        }
        self.client.transport.begin(self.client.options.timeout);
        if let Err(kind) = self.client.next_reply().await {
            return Err(self.client.lost(kind).into());
        }
        self.client.reply::<Store<'_, '_>>()
    }
}

impl<T: Transport, S: Storage, const N: usize> Client<T, S, N> {
    /// Begins to store a value whose bytes are given piece by piece: larger than any memory, if the
    /// server takes it.
    ///
    /// Fails before anything is sent with [`TooLarge`](ErrorKind::TooLarge) if the length is over the
    /// item limit. What fails later is not repeated: the bytes are gone.
    ///
    /// ```
    /// # use minimc::{Error, Expiry, Key, command::StoreInPieces};
    /// # async fn example<T: minimc::Transport, S: minimc::Storage>(
    /// #     client: &mut minimc::Client<T, S>, log: &[&[u8]], length: u32,
    /// # ) -> Result<(), Error> {
    /// let store = StoreInPieces::set(Key::new("dev:1:log")?, length).expiry(Expiry::seconds(600));
    /// let mut upload = client.upload(&store).await?;
    /// for piece in log {
    ///     upload.write(piece).await?;
    /// }
    /// upload.finish().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn upload(
        &mut self,
        store: &StoreInPieces<'_>,
    ) -> Result<Upload<'_, T, S, N>, Error> {
        self.start().await?;
        self.connection.send_in_pieces(store)?;
        Ok(Upload::new(self, store.length()))
    }

    async fn write_piece(&mut self, mut bytes: &[u8]) -> Result<(), ErrorKind> {
        while !bytes.is_empty() {
            let left = self.connection.value_left();
            let count = self
                .transport
                .write(self.connection.outgoing_piece(bytes))
                .await?;
            if count == 0 {
                return Err(ErrorKind::Closed);
            }
            self.connection.sent(count);
            let written = left - self.connection.value_left();
            bytes = bytes.get(written..).unwrap_or_default();
        }
        Ok(())
    }
}
