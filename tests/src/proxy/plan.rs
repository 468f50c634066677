//! What is to go wrong on a line, and whether it did.

use std::time::Duration;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// To the server.
    Out,
    /// To the client.
    Back,
}

/// What goes wrong, once.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// This, when so many bytes have gone that way.
    After(Way, usize, How),
    /// The reply with this index comes twice, the second time so much later.
    Repeat(usize, Duration),
    /// The reply with this index and the next change places.
    Swap(usize),
}

/// How bytes fare.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum How {
    /// Both ends are closed, in good order.
    Cut,
    /// Both ends are reset.
    Reset,
    /// Nothing more goes that way, in good order; the other way all is well.
    HalfClose,
    /// Nothing goes that way for so long.
    Silence(Duration),
    /// They go one by one for so long, and then as with [`Silence`](Self::Silence).
    Drip {
        /// The time between two bytes.
        step: Duration,
        /// How long it goes on.
        lasts: Duration,
        /// How long it is silent then.
        silence: Duration,
    },
    /// The server restarts.
    Restart,
}

/// That something went wrong; of replies that were repeated or swapped, what they bear.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Struck {
    /// At least one bears an opaque or a key.
    pub carried: bool,
    /// At least one bears neither.
    pub bare: bool,
    /// The connection on which it happened, counted from one.
    pub connection: usize,
}

#[derive(Debug, Default)]
pub(super) struct Plan {
    fault: Fault,
    /// The bytes and the replies that passed since it was armed.
    passed: usize,
    replies: usize,
    struck: Option<Struck>,
    turn: usize,
}

impl Plan {
    /// What struck of the plan before.
    pub(super) fn arm(&mut self, fault: Fault) -> Option<Struck> {
        let struck = self.struck;
        *self = Self {
            fault,
            turn: self.turn + 1,
            ..Self::default()
        };
        struck
    }

    /// Tells this plan from those before it and after it.
    pub(super) fn turn(&self) -> usize {
        self.turn
    }

    /// How many of `count` bytes pass, and what happens then.
    pub(super) fn meet(
        &mut self,
        connection: usize,
        way: Way,
        count: usize,
    ) -> (usize, Option<How>) {
        let Fault::After(its_way, after, how) = self.fault else {
            return (count, None);
        };
        if way != its_way || self.struck.is_some() {
            return (count, None);
        }
        if self.passed + count < after {
            self.passed += count;
            return (count, None);
        }
        // Before it happens, so that whoever has the last byte finds it told.
        self.struck = Some(Struck {
            connection,
            ..Struck::default()
        });
        (after - self.passed, Some(how))
    }

    /// Whether replies are to be told by [`tell`](Self::tell).
    pub(super) fn is_lying(&self) -> bool {
        matches!(self.fault, Fault::Repeat(..) | Fault::Swap(_)) && self.struck.is_none()
    }

    /// What is said in place of a reply, and what is said later; `held` is what was held back.
    pub(super) fn tell(
        &mut self,
        connection: usize,
        reply: Vec<u8>,
        held: &mut Vec<u8>,
        carries: impl Fn(&[u8]) -> bool,
    ) -> (Vec<u8>, Option<(Duration, Vec<u8>)>) {
        let index = self.replies;
        self.replies += 1;
        let struck = |replies: [&[u8]; 2]| {
            Some(Struck {
                carried: replies.into_iter().any(&carries),
                bare: !replies.into_iter().all(&carries),
                connection,
            })
        };
        match self.fault {
            Fault::Repeat(at, later) if at == index => {
                self.struck = struck([&reply, &reply]);
                (reply.clone(), Some((later, reply)))
            }
            Fault::Swap(at) if at == index => {
                *held = reply;
                (Vec::new(), None)
            }
            // That two that are the same change places is nothing.
            Fault::Swap(_) if !held.is_empty() && *held != reply => {
                self.struck = struck([held, &reply]);
                ([reply, std::mem::take(held)].concat(), None)
            }
            _ => ([std::mem::take(held), reply].concat(), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARRIES: fn(&[u8]) -> bool = |reply| reply.starts_with(b"V");

    fn told(fault: Fault, replies: [&str; 3]) -> (String, Option<Struck>) {
        let mut plan = Plan::default();
        plan.arm(fault);
        let (mut told, mut held) = (Vec::new(), Vec::new());
        for reply in replies {
            let (now, later) = plan.tell(1, reply.into(), &mut held, CARRIES);
            told.extend(now);
            told.extend(later.into_iter().flat_map(|(_, reply)| reply));
        }
        told.extend(held);
        (String::from_utf8(told).unwrap(), plan.arm(Fault::None))
    }

    #[test]
    fn replies_are_repeated_and_swapped_once() {
        let struck = |carried, bare| {
            Some(Struck {
                carried,
                bare,
                connection: 1,
            })
        };
        let replies = ["V1", "N2", "V3"];
        let repeat = |at| Fault::Repeat(at, Duration::ZERO);
        for (fault, all, found) in [
            (Fault::None, "V1N2V3", None),
            (repeat(0), "V1V1N2V3", struck(true, false)),
            (repeat(1), "V1N2N2V3", struck(false, true)),
            (repeat(3), "V1N2V3", None),
            (Fault::Swap(0), "N2V1V3", struck(true, true)),
            (Fault::Swap(2), "V1N2V3", None),
        ] {
            assert_eq!(told(fault, replies), (all.into(), found), "{fault:?}");
        }
        let same = ["N1", "N1", "V3"];
        assert_eq!(told(Fault::Swap(0), same), ("N1N1V3".into(), None));
    }

    #[test]
    fn bytes_are_counted_one_way() {
        let mut plan = Plan::default();
        plan.arm(Fault::After(Way::Back, 5, How::Cut));
        assert_eq!(plan.meet(1, Way::Out, 9), (9, None));
        assert_eq!(plan.meet(1, Way::Back, 3), (3, None));
        assert_eq!(plan.meet(1, Way::Back, 2), (2, Some(How::Cut)));
        assert_eq!(plan.meet(1, Way::Back, 9), (9, None));
        assert!(plan.arm(Fault::None).is_some());
        assert_eq!(plan.arm(Fault::None), None);
    }
}
