//! What may happen between one state of the model and the next.

use super::call::Kind;

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// The client queues a request.
    Call(Kind),
    /// The transport takes so many bytes.
    Write(usize),
    /// The server carries out what has reached it.
    Serve,
    /// So many bytes reach the client.
    Read(usize),
    /// So many bytes of a value that is taken in pieces are received to elsewhere than the storage.
    Bypass(usize),
    /// The client asks for the oldest reply, and takes what there is.
    Take,
    /// It wants no more pieces of it.
    Enough,
    /// It gives up all that is owed.
    Abandon,
    Settle,
    /// The transport loses the connection, or the server closes it, and the client makes another.
    Lose,
    /// The network brings a reply twice, ...
    Double(usize),
    /// ... after the one behind it, ...
    Swap(usize),
    /// ... or not at all.
    Swallow(usize),
}

/// What must never be found out in a step.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Wrong {
    /// A call was handed another's reply, or not what its own says.
    Handed,
    /// A reply was consumed and nobody was told.
    Lost,
    /// Something broke, or failed, that was not to.
    Failed,
    /// What leaves is not what was queued.
    Sent,
}

/// What a step came to, for the tally.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Event {
    None,
    /// A call was answered, by the reply to itself or, where only the count tells, to another.
    Told,
    Mistold,
    /// A call was told that the server refused it, or a part of it.
    Refused,
    /// What was given up is paid for.
    Settled,
    /// A half-sent value was given up.
    Cut,
    /// A lie was found out.
    FoundOut,
}
