//! How a server fails, and is well again.

use std::time::Duration;

use minimc_tests::fleet::Fleet;

use crate::gate::Gate;

/// The server that fails.
pub(crate) const TARGET: usize = 2;

/// How it fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    /// It is killed; well again it is empty.
    Kill,
    /// It is held by SIGSTOP: its kernel takes connections and bytes, and nobody answers.
    Stop,
    /// It is killed and there again at once, empty.
    Restart,
    /// Nothing gets through to it or back; connections are taken.
    BlackHole,
    /// Its replies are late, but within the clients' limit.
    Slow,
}

/// How late a slow server's replies are.
const LATE: Duration = Duration::from_millis(30);

impl Failure {
    pub(crate) const ALL: [Self; 5] = [
        Self::Kill,
        Self::Stop,
        Self::Restart,
        Self::BlackHole,
        Self::Slow,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::BlackHole => "black hole",
            Self::Slow => "slow",
        }
    }

    /// Whether the server comes back without what it had.
    pub(crate) fn empties(self) -> bool {
        matches!(self, Self::Kill | Self::Restart)
    }

    /// Whether every client that uses the server finds out.
    pub(crate) fn is_noticed(self) -> bool {
        matches!(self, Self::Kill | Self::Stop | Self::BlackHole)
    }

    /// Whether it takes time: else the server is well again at once.
    pub(crate) fn lasts(self) -> bool {
        self != Self::Restart
    }
}

/// Five servers, one of them behind a gate.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) fleet: Fleet,
    gate: Gate,
}

impl Site {
    pub(crate) fn new() -> Self {
        let fleet = Fleet::new();
        let gate = Gate::new(fleet.servers[TARGET].address()).expect("a gate");
        Self { fleet, gate }
    }

    /// Where clients connect to: to a server that is killed without a gate, so that they meet what its
    /// kernel says.
    pub(crate) fn addresses(&self, failure: Failure) -> Vec<String> {
        let mut addresses = self.fleet.addresses();
        if matches!(failure, Failure::BlackHole | Failure::Slow) {
            addresses[TARGET] = self.gate.address();
        }
        addresses
    }

    pub(crate) fn strike(&mut self, failure: Failure) {
        let target = &mut self.fleet.servers[TARGET];
        match failure {
            Failure::Kill => target.kill(),
            Failure::Stop => target.hold(),
            Failure::Restart => target.start_again(),
            Failure::BlackHole => self.gate.shut(),
            Failure::Slow => self.gate.slow(LATE),
        }
    }

    pub(crate) fn heal(&mut self, failure: Failure) {
        let target = &mut self.fleet.servers[TARGET];
        match failure {
            Failure::Kill => target.start_again(),
            Failure::Stop => target.go_on(),
            Failure::Restart => {}
            Failure::BlackHole | Failure::Slow => self.gate.open(),
        }
    }
}
