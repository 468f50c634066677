//! One request on its connection: how it is sent, and how what answers it is taken.

use minimc_core::command::{Batch, Command};
use minimc_core::{Connection, Error, Gap, Progress, Sent, Storage};

use crate::words::{self, Words};

/// As many replies as a transcript can owe.
pub(crate) type Link = Connection<Heap, 128>;

/// Bytes that grow, as those of a host's client do.
#[derive(Debug)]
pub(crate) struct Heap(pub(crate) Vec<u8>);

impl Storage for Heap {
    fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    fn grow(&mut self, size: usize) -> bool {
        self.0.resize(self.0.len().max(size), 0);
        true
    }
}

/// What came of taking.
#[derive(Debug)]
pub(crate) enum Taken {
    /// More has to come.
    More,
    /// What came is no reply to this, or the last one; these were taken before.
    Broken(Vec<(usize, String)>),
    /// So far; more may follow.
    Part(Vec<(usize, String)>),
    /// What each request was answered that was: the first has the number 0.
    Answers(Vec<(usize, String)>),
}

/// A call of any kind.
pub(crate) trait Call {
    /// Sends it, and tells what was written.
    fn send(&mut self, link: &mut Link) -> Result<Vec<u8>, Error>;

    /// Takes what has come for it.
    fn take(&mut self, link: &mut Link) -> Taken;
}

/// A single command.
pub(crate) struct One<C: Command> {
    pub(crate) command: C,
}

impl<C: Command> Call for One<C>
where
    for<'b> C::Reply<'b>: Words,
{
    fn send(&mut self, link: &mut Link) -> Result<Vec<u8>, Error> {
        let gap = link.send(&self.command)?;
        Ok(leave(link, gap.as_ref()))
    }

    fn take(&mut self, link: &mut Link) -> Taken {
        match link.arrived() {
            Ok(false) => return Taken::More,
            Err(_) => return Taken::Broken(vec![]),
            Ok(true) => {}
        }
        let words = match link.reply::<C>() {
            Ok(reply) => Some(reply.words()),
            Err(error) => words::error(&error),
        };
        words.map_or(Taken::Broken(vec![]), |words| {
            Taken::Answers(vec![(0, words)])
        })
    }
}

/// Many requests.
pub(crate) struct Many<B: Batch> {
    pub(crate) batch: B,
    /// Whether all are one request on the wire.
    is_line: bool,
    /// Whether the no-op behind them is a request of its own.
    fenced: bool,
    progress: Progress,
    outcomes: Vec<String>,
}

impl<B: Batch> Many<B> {
    pub(crate) fn new(batch: B) -> Self {
        let outcomes = vec![String::new(); batch.count()];
        Self {
            batch,
            is_line: true,
            fenced: false,
            progress: Progress::new(),
            outcomes,
        }
    }

    /// The same, where each is a request of its own, and perhaps a no-op behind them one more.
    pub(crate) fn each(self, fenced: bool) -> Self {
        Self {
            is_line: false,
            fenced,
            ..self
        }
    }

    fn answers(&self) -> Vec<(usize, String)> {
        if self.is_line {
            let first = &self.outcomes[0];
            let is_one =
                first.starts_with("failed") && self.outcomes.iter().all(|one| one == first);
            let all = if is_one {
                first.clone()
            } else {
                self.outcomes.join(" | ")
            };
            return vec![(0, all)];
        }
        let each = self.outcomes.iter().cloned().enumerate();
        let mut each: Vec<_> = each.filter(|(_, words)| !words.is_empty()).collect();
        if self.fenced {
            each.push((self.outcomes.len(), "done".into()));
        }
        each
    }

    fn broken(&self) -> Taken {
        let each = self.outcomes.iter().cloned().enumerate();
        let told = each.filter(|(_, words)| !self.is_line && !words.is_empty());
        Taken::Broken(told.collect())
    }
}

impl<B: Batch> Call for Many<B>
where
    for<'b> B::Reply<'b>: Words,
{
    fn send(&mut self, link: &mut Link) -> Result<Vec<u8>, Error> {
        self.progress = Progress::new();
        let mut bytes = vec![];
        while self.progress.queued() < self.batch.count() {
            match link.send_batch(&self.batch, &mut self.progress)? {
                Sent::Group(gap) => bytes.extend(leave(link, gap.as_ref())),
                Sent::Nothing => break,
            }
        }
        Ok(bytes)
    }

    fn take(&mut self, link: &mut Link) -> Taken {
        loop {
            match link.item_arrived(&self.batch, &mut self.progress) {
                Ok(true) => {}
                Ok(false) if self.progress.is_waiting() => return Taken::More,
                Ok(false) => return Taken::Answers(self.answers()),
                Err(_) => return self.broken(),
            }
            let Ok((index, outcome)) = link.item(&self.batch, &mut self.progress) else {
                return self.broken();
            };
            let words = match outcome {
                Ok(reply) => Some(reply.words()),
                Err(error) => words::error(&error),
            };
            match words {
                Some(words) => self.outcomes[index] = words,
                None => return self.broken(),
            }
        }
    }
}

/// One request that any number of lines answer.
pub(crate) struct Stream<B: Batch> {
    batch: B,
    progress: Progress,
    is_refused: bool,
}

impl<B: Batch> Stream<B> {
    pub(crate) fn new(batch: B) -> Self {
        Self {
            batch,
            progress: Progress::new(),
            is_refused: false,
        }
    }
}

impl<B: Batch> Call for Stream<B>
where
    for<'b> B::Reply<'b>: Words,
{
    fn send(&mut self, link: &mut Link) -> Result<Vec<u8>, Error> {
        match link.send_batch(&self.batch, &mut self.progress)? {
            Sent::Group(gap) => Ok(leave(link, gap.as_ref())),
            Sent::Nothing => Ok(vec![]),
        }
    }

    fn take(&mut self, link: &mut Link) -> Taken {
        match link.item_arrived(&self.batch, &mut self.progress) {
            Ok(true) => {}
            Ok(false) if self.progress.is_waiting() => return Taken::More,
            // A refusal is the end.
            Ok(false) if self.is_refused => return Taken::Answers(vec![]),
            Ok(false) => return Taken::Answers(vec![(0, "end".into())]),
            Err(_) => return Taken::Broken(vec![]),
        }
        let Ok((_, outcome)) = link.item(&self.batch, &mut self.progress) else {
            return Taken::Broken(vec![]);
        };
        self.is_refused = outcome.is_err();
        let words = match outcome {
            Ok(reply) => Some(reply.words()),
            Err(error) => words::error(&error),
        };
        words.map_or(Taken::Broken(vec![]), |words| Taken::Part(vec![(0, words)]))
    }
}

fn leave(link: &mut Link, gap: Option<&Gap<'_>>) -> Vec<u8> {
    let bytes = link.outgoing(gap).concat();
    link.sent(bytes.len());
    bytes
}
