//! Which of the core's calls are counted, and when.

use core::hint::black_box;

use crate::machine;

/// The parts of an operation, which are counted one at a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// Queueing the request.
    Encode,
    /// Handing out the bytes to be sent, and taking in those that come.
    Move,
    /// Finding the reply in what has come, and what it means.
    Parse,
}

impl Part {
    pub const ALL: [Self; 3] = [Self::Encode, Self::Move, Self::Parse];

    pub fn name(self) -> &'static str {
        match self {
            Self::Encode => "encode",
            Self::Move => "move",
            Self::Parse => "parse",
        }
    }
}

/// Counts the spans of one part, or of none.
pub struct Spans {
    part: Option<Part>,
    counted: u32,
}

impl Spans {
    pub fn new() -> Self {
        Self {
            part: None,
            counted: 0,
        }
    }

    /// Whether no part is counted.
    pub fn are_off(&self) -> bool {
        self.part.is_none()
    }

    /// Forgets what was counted; from here on this part is.
    pub fn begin(&mut self, part: Part) {
        *self = Self {
            part: Some(part),
            counted: 0,
        };
    }

    /// How many spans were counted; from here on none are.
    pub fn end(&mut self) -> u32 {
        self.part = None;
        self.counted
    }

    /// Calls it as a span of `part`.
    pub fn of(&mut self, part: Part, call: &mut dyn FnMut()) {
        // Not known at the place of the call, or the compiler might make a copy of it with less in it.
        let call = black_box(call);
        if self.part == Some(part) {
            self.counted += 1;
            machine::counted(call);
        } else {
            call();
        }
    }
}
