//! A command that no client sends, for the replies that a real server has to such.

use minimc::ErrorKind;
use minimc::command::Command;
use minimc_core::wire::{Encoder, Frame};

/// A command that writes whatever it is made of.
#[derive(Clone, Copy, Debug)]
pub struct Odd(pub fn(&mut Encoder<'_, '_>));

impl Command for Odd {
    const NAME: &'static str = "odd";
    type Reply<'b> = ();

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        (self.0)(out);
    }

    fn decode(frame: &Frame<'_>) -> Result<(), ErrorKind> {
        Err(frame.unexpected())
    }
}
