//! Carrying the bytes of a connection one way, and letting happen what the plan says.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::replies::{Replies, carries};
use super::{Ends, How, Plan, Shared, Way};

/// How long a reply is held back for the one that is to come before it.
const HELD: Duration = Duration::from_millis(30);

pub(super) struct Pump {
    way: Way,
    connection: usize,
    ends: Arc<Ends>,
    shared: Arc<Shared>,
    replies: Replies,
    /// The reply at the front, as far as it came and was withheld; and one that is held back.
    withheld: Option<Vec<u8>>,
    held: Vec<u8>,
    is_between_replies: bool,
    drip: Option<Drip>,
    is_deaf: bool,
}

struct Drip {
    step: Duration,
    until: Instant,
    silence: Duration,
    turn: usize,
}

/// What it returns where the connection is over.
fn over() -> io::Error {
    ErrorKind::ConnectionAborted.into()
}

impl Pump {
    pub(super) fn new(way: Way, connection: usize, ends: Arc<Ends>, shared: Arc<Shared>) -> Self {
        Self {
            way,
            connection,
            ends,
            replies: Replies::new(shared.protocol),
            shared,
            withheld: None,
            held: Vec::new(),
            is_between_replies: true,
            drip: None,
            is_deaf: false,
        }
    }

    /// Carries until either end is closed.
    pub(super) fn run(mut self) {
        let carried = self.carry();
        match carried.and_then(|()| self.let_go()) {
            Ok(()) => self.ends.half_close(self.way),
            Err(_) => self.ends.cut(),
        }
    }

    fn carry(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let ends = Arc::clone(&self.ends);
            let mut from = ends.of(self.way).0;
            match from.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) if self.way == Way::Back => self.pass_replies(&buffer[..count])?,
                Ok(count) => self.pass(&buffer[..count])?,
                // What it waited for did not come.
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.let_go()?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if self.way == Way::Back {
                from.set_read_timeout((!self.held.is_empty()).then_some(HELD))?;
            }
        }
    }

    fn plan<R>(&self, ask: impl FnOnce(&mut Plan) -> R) -> Option<R> {
        self.shared.plan(self.connection, ask)
    }

    fn pass_replies(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (length, ends) = self.replies.take(bytes);
            let (part, rest) = bytes.split_at(length);
            if std::mem::replace(&mut self.is_between_replies, ends)
                && (!self.held.is_empty() || self.plan(|plan| plan.is_lying()) == Some(true))
            {
                self.withheld = Some(Vec::new());
            }
            match &mut self.withheld {
                Some(withheld) => withheld.extend_from_slice(part),
                None => self.pass(part)?,
            }
            if ends && let Some(reply) = self.withheld.take() {
                self.tell(reply)?;
            }
            bytes = rest;
        }
        Ok(())
    }

    fn tell(&mut self, reply: Vec<u8>) -> io::Result<()> {
        let mut held = std::mem::take(&mut self.held);
        let told = self.plan(|plan| plan.tell(self.connection, reply.clone(), &mut held, carries));
        let (mut now, later) = match told {
            Some(told) => told,
            // There is a newer connection: on this one nothing more goes wrong.
            None => ([std::mem::take(&mut held), reply].concat(), None),
        };
        self.held = held;
        let later = later.filter(|(wait, again)| {
            if wait.is_zero() {
                now.extend_from_slice(again);
            }
            !wait.is_zero()
        });
        self.pass(&now)?;
        if let Some((wait, again)) = later {
            sleep(wait);
            self.pass(&again)?;
        }
        Ok(())
    }

    /// Passes on what was held back.
    fn let_go(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        self.pass(&held)
    }

    fn pass(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() && !self.is_deaf {
            if self.drip.is_some() {
                bytes = self.drip(bytes)?;
                continue;
            }
            let met = self.plan(|plan| {
                (
                    plan.meet(self.connection, self.way, bytes.len()),
                    plan.turn(),
                )
            });
            let ((count, how), turn) = met.unwrap_or(((bytes.len(), None), 0));
            let (now, rest) = bytes.split_at(count);
            self.write(now)?;
            bytes = rest;
            if let Some(how) = how {
                self.strike(how, turn)?;
            }
        }
        Ok(())
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.ends.of(self.way).1.write_all(bytes)
    }

    fn strike(&mut self, how: How, turn: usize) -> io::Result<()> {
        match how {
            How::Cut => {
                self.ends.cut();
                return Err(over());
            }
            How::Reset => {
                self.ends.reset();
                return Err(over());
            }
            How::HalfClose => {
                self.ends.half_close(self.way);
                self.is_deaf = true;
            }
            How::Silence(time) => sleep(time),
            How::Drip {
                step,
                lasts,
                silence,
            } => {
                let until = Instant::now() + lasts;
                self.drip = Some(Drip {
                    step,
                    until,
                    silence,
                    turn,
                });
            }
            How::Restart => (self.shared.restart)(),
        }
        Ok(())
    }

    /// Passes a byte, unless it is time to fall silent, or nobody waits any more; what is left.
    fn drip<'b>(&mut self, bytes: &'b [u8]) -> io::Result<&'b [u8]> {
        let Some(drip) = &self.drip else {
            return Ok(bytes);
        };
        if self.plan(|plan| plan.turn()) != Some(drip.turn) {
            self.drip = None;
            return Ok(bytes);
        }
        if Instant::now() >= drip.until {
            let silence = drip.silence;
            self.drip = None;
            sleep(silence);
            return Ok(bytes);
        }
        let (byte, rest) = bytes.split_at(1);
        self.write(byte)?;
        sleep(drip.step);
        Ok(rest)
    }
}
