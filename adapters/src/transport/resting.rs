//! A transport that leaves its server alone for a while after it failed.

use core::fmt;
use core::time::Duration;

use minimc_core::ErrorKind;
use minimc_core::health::{Change, Health, Policy, Verdict};

use super::Transport;

/// A transport that leaves its server alone for a while after it failed: what wants to connect meanwhile
/// fails at once with [`ServerDown`](ErrorKind::ServerDown), and of a server that is ejected with
/// [`ServerEjected`](ErrorKind::ServerEjected). Nothing was sent then. [`Health`] says how long that is.
///
/// A server has failed that cannot be connected to, does not answer in time, or closes a connection on
/// which it has not said a word. One that closes an idle connection has not, nor has one whose answer is an
/// error. That an event did not come in time says nothing, and neither does a call that is dropped.
pub struct Resting<T> {
    transport: T,
    health: Health,
    policy: &'static Policy,
    clock: fn() -> Duration,
    /// Who is told of changes, and of which server they are.
    teller: Option<(usize, Tell)>,
    /// Whether anything has come on the connection.
    has_answered: bool,
    /// Whether what is waited for may rightly not come.
    is_waiting: bool,
}

/// What is told of a change.
type Tell = fn(usize, Change);

impl<T> Resting<T> {
    /// A transport that rests as the policy says, by a clock that goes on, from anywhere.
    pub fn new(transport: T, policy: &'static Policy, clock: fn() -> Duration) -> Self {
        Self {
            transport,
            health: Health::new(),
            policy,
            clock,
            teller: None,
            has_answered: false,
            is_waiting: false,
        }
    }

    /// The same, but `tell` is told of every change, with a number that says of which server. It is called
    /// in the midst of the client's call: it had better be short.
    #[must_use]
    pub fn on_change(self, number: usize, tell: fn(usize, Change)) -> Self {
        Self {
            teller: Some((number, tell)),
            ..self
        }
    }

    /// How the server is, as far as is known.
    pub fn health(&self) -> Health {
        self.health
    }

    /// Whether others have the server's keys now.
    pub fn is_ejected(&self) -> bool {
        self.health.is_ejected((self.clock)())
    }

    fn ask(&mut self) -> Result<(), ErrorKind> {
        let (verdict, change) = self.health.ask((self.clock)(), self.policy);
        self.tell(change);
        heed(verdict)
    }

    /// Takes note of what reading or writing came to.
    fn note(&mut self, outcome: Result<usize, ErrorKind>) {
        match outcome {
            Ok(0) => self.failed_unless(self.has_answered),
            Ok(_) => {
                self.has_answered = true;
                let change = self.health.succeeded();
                self.tell(change);
            }
            Err(ErrorKind::TimedOut) => self.failed_unless(self.is_waiting),
            // The transport's fault, not the server's.
            Err(ErrorKind::WouldWait) => {}
            Err(_) => self.failed_unless(self.has_answered),
        }
    }

    fn failed_unless(&mut self, is_alright: bool) {
        if is_alright {
            return;
        }
        let now = (self.clock)();
        // As good a number as any: where jitter is wanted, no two clocks agree to the nanosecond.
        let random = now.subsec_nanos().wrapping_mul(0x9E37_79B9);
        let change = self.health.failed(now, self.policy, random);
        self.tell(change);
    }

    fn tell(&self, change: Option<Change>) {
        if let (Some((number, tell)), Some(change)) = (self.teller, change) {
            tell(number, change);
        }
    }
}

/// What a call is to fail with that asks for a server of which this is said.
pub(crate) fn heed(verdict: Verdict) -> Result<(), ErrorKind> {
    match verdict {
        Verdict::Go | Verdict::Probe => Ok(()),
        Verdict::Down => Err(ErrorKind::ServerDown),
        Verdict::Ejected => Err(ErrorKind::ServerEjected),
    }
}

impl<T: Transport> Transport for Resting<T> {
    async fn connect(&mut self) -> Result<(), ErrorKind> {
        self.ask()?;
        self.has_answered = false;
        let connected = self.transport.connect().await;
        if let Err(kind) = connected {
            self.note(Err(kind));
        }
        connected
    }

    fn begin(&mut self, limit: Duration) {
        self.is_waiting = false;
        self.transport.begin(limit);
    }

    fn begin_wait(&mut self, limit: Duration) {
        self.is_waiting = true;
        self.transport.begin_wait(limit);
    }

    fn is_alive(&mut self) -> bool {
        self.transport.is_alive()
    }

    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        let read = self.transport.read(into).await;
        self.note(read);
        read
    }

    async fn read_both(&mut self, into: [&mut [u8]; 2]) -> Result<usize, ErrorKind> {
        let read = self.transport.read_both(into).await;
        self.note(read);
        read
    }

    async fn write(&mut self, parts: [&[u8]; 3]) -> Result<usize, ErrorKind> {
        let written = self.transport.write(parts).await;
        if !matches!(written, Ok(1..)) {
            self.note(written);
        }
        written
    }

    async fn push(&mut self) -> Result<(), ErrorKind> {
        let pushed = self.transport.push().await;
        if let Err(kind) = pushed {
            self.note(Err(kind));
        }
        pushed
    }

    fn close(&mut self) {
        self.transport.close();
    }

    fn unix_time(&self) -> Option<u64> {
        self.transport.unix_time()
    }
}

impl<T: fmt::Debug> fmt::Debug for Resting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resting")
            .field("transport", &self.transport)
            .field("health", &self.health)
            .finish_non_exhaustive()
    }
}
