//! The requests of a batch that go to one server.

use alloc::sync::Arc;
use alloc::vec::Vec;

use minimc_core::ErrorKind;
use minimc_core::command::Batch;
use minimc_core::wire::{Encoder, Form, Frame};

/// The requests of a batch that go to one server, in their order.
#[derive(Debug)]
#[must_use = "a batch does nothing until it is sent"]
pub struct Part<B> {
    batch: Arc<B>,
    indexes: Vec<usize>,
}

impl<B: Batch> Part<B> {
    pub(super) fn new(batch: &Arc<B>) -> Self {
        Self {
            batch: batch.clone(),
            indexes: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, index: usize) {
        self.indexes.push(index);
    }
}

impl<B: Batch> Batch for Part<B> {
    const NAME: &'static str = B::NAME;
    const IS_READ: bool = B::IS_READ;
    const IS_LINES: bool = B::IS_LINES;
    type Name = B::Name;
    type Reply<'b> = B::Reply<'b>;

    fn name(&self, index: usize) -> Option<B::Name> {
        self.batch.name(*self.indexes.get(index)?)
    }

    fn count(&self) -> usize {
        self.indexes.len()
    }

    fn open(&self, out: &mut Encoder<'_, '_>) -> Form {
        self.batch.open(out)
    }

    fn encode<'v>(&'v self, index: usize, out: &mut Encoder<'_, 'v>) {
        if let Some(index) = self.indexes.get(index) {
            self.batch.encode(*index, out);
        }
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<B::Reply<'b>, ErrorKind> {
        B::decode(frame)
    }

    fn silence<'b>() -> Option<B::Reply<'b>> {
        B::silence()
    }

    fn asks_for(&self, index: usize, key: &[u8]) -> bool {
        let index = self.indexes.get(index);
        index.is_some_and(|index| self.batch.asks_for(*index, key))
    }
}
