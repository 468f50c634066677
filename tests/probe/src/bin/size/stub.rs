//! A connection whose methods take what they are given and answer anything: what is left of the image
//! is the program's own.

#![allow(dead_code, reason = "each program has some of the methods")]

use minimc_core::command::{Batch, Command};
use minimc_core::{BadKey, Error, ErrorKind, Gap, Key, Piece, Progress, Protocol, Sent};
use minimc_probe::{given, sink};

#[inline(always)]
fn stub<Arguments, Answer>(arguments: Arguments) -> Answer {
    sink(arguments);
    given()
}

#[inline(never)]
pub fn key() -> Result<Key<'static>, BadKey> {
    stub(())
}

#[inline(never)]
pub fn encoded() -> Result<Key<'static>, BadKey> {
    stub(())
}

pub struct Connection;

impl Connection {
    #[inline(never)]
    pub fn new(
        protocol: Protocol,
        sending: &'static mut [u8],
        receiving: &'static mut [u8],
    ) -> Result<Self, Error> {
        stub((protocol, sending, receiving))
    }

    #[inline(never)]
    pub fn send<'v, C: Command>(&mut self, command: &'v C) -> Result<Option<Gap<'v>>, Error> {
        stub((self, command))
    }

    #[inline(never)]
    pub fn send_batch<'v, B: Batch>(
        &mut self,
        batch: &'v B,
        progress: &mut Progress,
    ) -> Result<Sent<'v>, Error> {
        stub((self, batch, progress))
    }

    #[inline(never)]
    pub fn item_arrived<B: Batch>(
        &mut self,
        batch: &B,
        progress: &mut Progress,
    ) -> Result<bool, ErrorKind> {
        stub((self, batch, progress))
    }

    #[inline(never)]
    pub fn lose(&mut self, progress: &mut Progress, kind: ErrorKind) {
        stub((self, progress, kind))
    }

    #[inline(never)]
    pub fn outgoing<'a>(&'a self, gap: Option<&Gap<'a>>) -> [&'a [u8]; 3] {
        stub((self, gap))
    }

    #[inline(never)]
    pub fn is_sending(&self) -> bool {
        stub(self)
    }

    #[inline(never)]
    pub fn sent(&mut self, count: usize) {
        stub((self, count))
    }

    #[inline(never)]
    pub fn space(&mut self) -> &mut [u8] {
        stub(self)
    }

    #[inline(never)]
    pub fn filled(&mut self, count: usize) {
        stub((self, count))
    }

    #[inline(never)]
    pub fn arrived(&mut self) -> Result<bool, Error> {
        stub(self)
    }

    #[inline(never)]
    pub fn reply<C: Command>(&mut self) -> Result<C::Reply<'_>, Error> {
        stub(self)
    }

    #[inline(never)]
    pub fn item<'b, B: Batch>(
        &'b mut self,
        batch: &B,
        progress: &mut Progress,
    ) -> Result<(usize, Result<B::Reply<'b>, Error>), Error> {
        stub((self, batch, progress))
    }

    #[inline(never)]
    pub fn piece(&mut self) -> Result<Option<Piece<'_>>, Error> {
        stub(self)
    }

    #[inline(never)]
    pub fn settle(&mut self) -> Result<bool, Error> {
        stub(self)
    }

    #[inline(never)]
    pub fn abandon(&mut self) {
        stub(self)
    }

    #[inline(never)]
    pub fn fail(&mut self) {
        stub(self)
    }
}
