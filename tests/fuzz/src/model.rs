//! A session: calls, cuts and faults in any order, on a connection and on a model of it.

mod call;
mod debt;
mod driven;
mod taking;

use arbitrary::Arbitrary;

use crate::peer::PROTOCOLS;
use call::{Ask, Call};
use driven::Driven;

/// What happens to a connection, one step after the other.
#[derive(Arbitrary, Debug)]
pub struct Session {
    protocol: u8,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Ask(Ask),
    /// So many bytes leave, and one more.
    Write(u8),
    /// So many bytes come, and one more.
    Read(u8),
    WriteAll,
    ReadAll,
    /// So many bytes of a value that is taken in pieces come to elsewhere than the storage, and one
    /// more.
    Bypass(u8),
    Take,
    /// Takes by a command that was not asked for.
    TakeWrong,
    /// Goes on without the rest of what is taken in pieces.
    Drop,
    Abandon,
    Settle,
    Fail,
    Reset,
}

impl Session {
    /// Goes through the steps, and ends with what every client may rely on: what is owed comes.
    pub fn run(&self) {
        let calls: Vec<Option<Call>> = (0..)
            .zip(&self.steps)
            .map(|(number, step)| match step {
                Step::Ask(ask) => Some(ask.call(number)),
                _ => None,
            })
            .collect();
        let mut driven = Driven::new(PROTOCOLS[usize::from(self.protocol) % 3]);
        for (step, call) in self.steps.iter().zip(&calls) {
            match step {
                Step::Ask(_) => driven.ask(call.as_ref().unwrap()),
                Step::Write(count) => driven.write(usize::from(*count) + 1),
                Step::Read(count) => driven.read(usize::from(*count) + 1),
                Step::WriteAll => driven.write(usize::MAX),
                Step::ReadAll => driven.read(usize::MAX),
                Step::Bypass(count) => driven.bypass(usize::from(*count) + 1),
                Step::Take => driven.take(),
                Step::TakeWrong => driven.take_wrong(),
                Step::Drop => driven.drop_rest(),
                Step::Abandon => driven.abandon(),
                Step::Settle => driven.settle(),
                Step::Fail => driven.fail(),
                Step::Reset => driven.reset(),
            }
            driven.check();
        }
        driven.finish();
    }
}
