//! What goes wrong with an operation.

use std::time::Duration;

use minimc_tests::proxy::{Fault, How, Way};

use crate::operation::Operation;
use crate::random::Random;

/// The client's deadline.
pub(crate) const DEADLINE: Duration = Duration::from_millis(200);

/// How long nothing comes where it comes too late. A client that waits for it has hung.
const SILENCE: Duration = Duration::from_millis(600);

/// The kinds of faults, each a row of the table.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Kind {
    None,
    Cut,
    Reset,
    HalfClose,
    Delay,
    Drip,
    Restart,
    Repeat,
    Swap,
    Abandon,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Cut => "cut",
            Self::Reset => "reset",
            Self::HalfClose => "half-close",
            Self::Delay => "delay",
            Self::Drip => "drip",
            Self::Restart => "restart",
            Self::Repeat => "repeat",
            Self::Swap => "swap",
            Self::Abandon => "abandon",
        }
    }
}

/// Of a thousand operations so many.
const STEADY: [(usize, Kind); 9] = [
    (680, Kind::None),
    (50, Kind::Cut),
    (40, Kind::Reset),
    (40, Kind::HalfClose),
    (30, Kind::Delay),
    (30, Kind::Drip),
    (45, Kind::Repeat),
    (45, Kind::Swap),
    (40, Kind::Abandon),
];
const RESTARTING: [(usize, Kind); 4] = [
    (940, Kind::None),
    (15, Kind::Restart),
    (20, Kind::Cut),
    (25, Kind::Abandon),
];

/// A fault as it was drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drawn {
    pub(crate) kind: Kind,
    /// Four numbers that say the rest.
    dice: [usize; 4],
}

impl Drawn {
    /// Which kind; where the server `restarts`, that is the fault. A call of a client that `waits`
    /// can be dropped.
    pub(crate) fn draw(random: &mut Random, restarts: bool, waits: bool) -> Self {
        let kind = match restarts {
            true => random.pick(&RESTARTING),
            false => random.pick(&STEADY),
        };
        let kind = match kind {
            Kind::Abandon if !waits => Kind::None,
            kind => kind,
        };
        let dice = [(); 4].map(|()| random.next() as usize >> 8);
        Self { kind, dice }
    }

    /// Nothing in its stead.
    pub(crate) fn suppress(&mut self) {
        self.kind = Kind::None;
    }

    /// Whether the connection is closed before the operation, and not within it.
    pub(crate) fn is_before(&self) -> bool {
        matches!(self.kind, Kind::Cut | Kind::Reset) && self.dice[0].is_multiple_of(8)
    }

    /// Whether it concerns more than one reply.
    pub(crate) fn wants_many(&self) -> bool {
        self.kind == Kind::Swap
    }

    /// How often a call that is to be dropped may wait.
    pub(crate) fn patience(&self) -> usize {
        1 + self.dice[1] % 3
    }

    /// What the line does.
    pub(crate) fn on_line(&self, operation: &Operation) -> Fault {
        let [which, place, more, when] = self.dice;
        let at = |how| {
            let (way, length) = match (which / 8 % 2, operation.lengths()) {
                (0, (out, _)) => (Way::Out, out),
                (_, (_, back)) => (Way::Back, back),
            };
            // In the head, somewhere, or towards the end.
            let after = match more % 4 {
                0 | 1 => place % 48,
                2 => place % length.max(1),
                _ => length.saturating_sub(place % 48),
            };
            Fault::After(way, after, how)
        };
        let replies = operation.requests.len();
        match self.kind {
            Kind::None => Fault::None,
            Kind::Cut | Kind::Reset if self.is_before() => Fault::None,
            Kind::Cut => at(How::Cut),
            Kind::Reset => at(How::Reset),
            Kind::HalfClose => at(How::HalfClose),
            Kind::Delay => at(How::Silence(SILENCE)),
            Kind::Drip => at(How::Drip {
                step: Duration::from_millis(1 + (when % 10) as u64),
                // Within the deadline, just before it, or beyond it.
                lasts: DEADLINE * [2, 9, 20][when / 16 % 3] / 10,
                silence: SILENCE,
            }),
            Kind::Restart => at(How::Restart),
            // At once, or when the next request may be on its way.
            Kind::Repeat => {
                let later = Duration::from_millis((when % 3) as u64);
                Fault::Repeat(place % replies.min(3), later)
            }
            Kind::Swap => Fault::Swap(place % (replies - 1).max(1)),
            Kind::Abandon if which % 2 == 0 => at(How::Silence(Duration::from_millis(8))),
            Kind::Abandon => Fault::None,
        }
    }
}
