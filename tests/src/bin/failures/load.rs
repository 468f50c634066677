//! A load of reads and writes, each with what it must have found, in both colours.

use std::sync::atomic::{AtomicBool, Ordering};

use minimc::{Error, Expiry};

use crate::counts::Counts;
use crate::failure::{Failure, TARGET};
use crate::ledger::Entry;

/// The keys of each worker, and how many it reads at once.
pub(crate) const KEYS: usize = 60;
const AT_ONCE: usize = 20;

/// What one worker does.
#[derive(Debug)]
pub(crate) struct Load {
    pub(crate) failure: Failure,
    pub(crate) entries: Vec<Entry>,
    pub(crate) counts: Counts,
    random: u64,
}

/// One step of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Write(usize),
    Read(usize),
    /// From this key on.
    ReadMany(usize),
}

impl Load {
    /// The load of this worker; `home` says where keys live.
    pub(crate) fn new(failure: Failure, worker: usize, home: impl Fn(&str) -> usize) -> Self {
        let keys = (0..KEYS).map(|number| format!("{worker}:{number}"));
        let entry = |key: String| {
            let home = home(&key);
            Entry::new(key, home)
        };
        Self {
            failure,
            entries: keys.map(entry).collect(),
            counts: Counts::default(),
            random: worker as u64 + 1,
        }
    }

    pub(crate) fn step(&mut self) -> Step {
        // xorshift: any will do.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let index = (self.random >> 32) as usize % KEYS;
        match self.random % 10 {
            0 => Step::ReadMany(index.min(KEYS - AT_ONCE)),
            1..5 => Step::Write(index),
            _ => Step::Read(index),
        }
    }

    pub(crate) fn wrote(&mut self, index: usize, outcome: Result<(), Error>) {
        let entry = &mut self.entries[index];
        entry.told(outcome.map_err(|error| error.fate()));
        match outcome {
            Ok(()) => self.counts.operations += 1,
            Err(error) => self.counts.failed(&error),
        }
    }

    pub(crate) fn read(&mut self, index: usize, outcome: Result<Option<&[u8]>, Error>) {
        let entry = &mut self.entries[index];
        let may_be_lost = self.failure.empties() && entry.home == TARGET;
        match outcome {
            Ok(value) => {
                let before = entry.clone();
                let found = entry.judge(value, may_be_lost);
                let value = value.map(|value| value.escape_ascii().to_string());
                self.counts
                    .found(found, || format!("{value:?} was read where {before:?}"));
            }
            Err(error) => self.counts.failed(&error),
        }
    }

    pub(crate) fn many(&self, first: usize) -> Vec<String> {
        let entries = self.entries.iter().skip(first).take(AT_ONCE);
        entries.map(|entry| entry.key.clone()).collect()
    }

    /// Notes who is not at home.
    pub(crate) fn places(&mut self, place: impl Fn(&str) -> Option<usize>) {
        for entry in &mut self.entries {
            entry.has_moved |= place(&entry.key) != Some(entry.home);
        }
    }
}

/// Whether to go on.
pub(crate) fn goes_on(over: &AtomicBool) -> bool {
    !over.load(Ordering::Relaxed)
}

macro_rules! work {
    ($name:ident, $colour:ident, [$($async:ident)?], [$($await:tt)*], $pause:path) => {
        /// Works until it is over: first writes every key, then goes at random.
        pub(crate) $($async)? fn $name(
            mut cluster: minimc::$colour::Cluster,
            mut load: Load,
            over: &AtomicBool,
        ) -> Load {
            let mut first = (0..KEYS).map(Step::Write);
            while goes_on(over) {
                let step = first.next().unwrap_or_else(|| load.step());
                match step {
                    Step::Write(index) => {
                        let (key, value) = (load.entries[index].key.clone(), load.entries[index].write());
                        let outcome = match cluster.at(&key) {
                            Ok(client) => client.set(&key, &value, Expiry::NEVER) $($await)*,
                            Err(error) => Err(error),
                        };
                        load.places(|key| cluster.place(key));
                        load.wrote(index, outcome);
                    }
                    Step::Read(index) => {
                        let key = load.entries[index].key.clone();
                        let outcome = match cluster.at(&key) {
                            Ok(client) => client.get_owned(&key) $($await)*,
                            Err(error) => Err(error),
                        };
                        load.places(|key| cluster.place(key));
                        let outcome = outcome.as_ref().map_err(|error| *error);
                        load.read(index, outcome.map(|item| item.as_ref().map(|item| &item.value[..])));
                    }
                    Step::ReadMany(first) => {
                        let keys = load.many(first);
                        // It is placed by what calls before have told, and so it is known before it tells.
                        cluster.health();
                        load.places(|key| cluster.place(key));
                        let mut items = cluster.get_many(&keys) $($await)*;
                        let mut count = 0;
                        while let Some((key, item)) = items.next() $($await)* {
                            let index = first + keys.iter().position(|one| one == key).expect("a key of these");
                            load.read(index, item.map(|item| item.map(|item| item.value)));
                            count += 1;
                        }
                        if count != keys.len() {
                            load.counts.problem(format!("{count} outcomes of {} keys", keys.len()));
                        }
                    }
                }
                $pause() $($await)*;
            }
            load
        }
    };
}

work!(work, net, [], [], pause);
work!(work_async, tokio, [async], [.await], pause_async);

/// Between two operations: the machine has others to serve.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(1);

fn pause() {
    std::thread::sleep(PAUSE);
}

async fn pause_async() {
    tokio::time::sleep(PAUSE).await;
}
