//! What stands in front of every datagram: whose it is, and which part of the message.

/// The bytes of a frame's head.
pub(super) const HEAD: usize = 8;

/// The head of a datagram.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Frame {
    /// The request that it belongs to.
    pub(super) id: u16,
    /// Which part of the message it is, ...
    pub(super) sequence: u16,
    /// ... of how many.
    pub(super) total: u16,
}

impl Frame {
    /// The head of a request, which is one datagram.
    pub(super) fn request(id: u16) -> [u8; HEAD] {
        let [high, low] = id.to_be_bytes();
        [high, low, 0, 0, 0, 1, 0, 0]
    }

    /// Takes the head from the front of a datagram. `None` where it is cut short or bears no part of
    /// a message, as the empty ones do that a server sends for keys without an item.
    pub(super) fn read(datagram: &[u8]) -> Option<(Self, &[u8])> {
        let (&[id1, id0, sequence1, sequence0, total1, total0, _, _], data) =
            datagram.split_first_chunk::<HEAD>()?;
        let frame = Self {
            id: u16::from_be_bytes([id1, id0]),
            sequence: u16::from_be_bytes([sequence1, sequence0]),
            total: u16::from_be_bytes([total1, total0]),
        };
        (frame.sequence < frame.total).then_some((frame, data))
    }
}
