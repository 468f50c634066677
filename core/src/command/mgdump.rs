//! Listing keys.

use super::{Batch, Crawl, DumpedKey};
use crate::error::ErrorKind;
use crate::wire::{Encoder, Feature, Form, Frame, Protocol, Shape, lines};

/// Lists keys (`lru_crawler mgdump`, memcached 1.6.19): as [`Metadump`](super::Metadump), but keys only.
#[derive(Clone, Copy, Debug)]
#[must_use = "a batch does nothing until it is sent"]
pub struct Mgdump<'a> {
    crawl: Crawl<'a>,
}

impl<'a> Mgdump<'a> {
    /// Lists the keys of these items.
    pub fn new(crawl: Crawl<'a>) -> Self {
        Self { crawl }
    }
}

impl Batch for Mgdump<'_> {
    const NAME: &'static str = "mgdump";
    const IS_READ: bool = true;
    const IS_LINES: bool = true;
    type Name = ();
    type Reply<'b> = DumpedKey<'b>;

    fn name(&self, index: usize) -> Option<()> {
        (index == 0).then_some(())
    }

    fn count(&self) -> usize {
        1
    }

    fn open(&self, _: &mut Encoder<'_, '_>) -> Form {
        Form::Stream
    }

    fn encode<'v>(&'v self, _: usize, out: &mut Encoder<'_, 'v>) {
        if out.protocol() == Protocol::Binary {
            out.unsupported("mgdump in the binary protocol");
        }
        out.needs(Feature::Mgdump);
        out.line(b"lru_crawler mgdump", Shape::KEYS);
        self.crawl.write(out);
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<DumpedKey<'b>, ErrorKind> {
        let line = lines::line(frame)?;
        let key = line.strip_prefix(b"mg ").ok_or(ErrorKind::Malformed)?;
        match key.strip_suffix(b" b") {
            Some(encoded) => DumpedKey::encoded(encoded),
            None if key.contains(&b' ') => Err(ErrorKind::Malformed),
            None => DumpedKey::plain(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::check_batch;
    use Protocol::{Meta, Text};

    const MALFORMED: [&str; 2] = ["0: Err(Malformed, Unknown)", "0: Err(Closed, Unknown)"];

    #[test]
    fn mgdump() {
        let hash = Mgdump::new(Crawl::Hash);
        for protocol in [Text, Meta] {
            for (reply, outcomes) in [
                (&b"EN\r\n"[..], &[][..]),
                (
                    b"OK\r\nmg a%20\r\nmg AAECICA= b\r\nmg b\r\nEN\r\n",
                    &[
                        "0: Ok(\"a%20\")",
                        "0: Ok(\"AAECICA=\" as base64)",
                        "0: Ok(\"b\")",
                    ],
                ),
                (b"ERROR\r\n", &["0: Err(Command(\"ERROR\"), Refused)"]),
                (
                    b"mg a\r\nERROR locked try again later\r\n",
                    &[
                        "0: Ok(\"a\")",
                        "0: Err(Refused(\"ERROR locked try again later\"), Refused)",
                    ],
                ),
                (b"mg \r\n", &MALFORMED),
                (b"mg a b c\r\n", &MALFORMED),
                (b"mg AA b\r\n", &MALFORMED),
                (b"END\r\n", &MALFORMED),
            ] {
                check_batch(
                    protocol,
                    &hash,
                    b"lru_crawler mgdump hash\r\n",
                    reply,
                    outcomes,
                );
            }
        }
    }
}
