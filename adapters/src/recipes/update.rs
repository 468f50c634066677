//! Read-modify-write.

use minimc_core::command::{Item, Store, Stored};
use minimc_core::{Error, ErrorKind, Expiry, IntoKey, Key, Storage};

use crate::transport::Transport;
use crate::{blocking, client};

/// A change of a value that others change too: read, changed, and stored only if nobody was faster;
/// else read and changed again.
#[derive(Clone, Copy, Debug)]
pub struct Update<'k> {
    key: Key<'k>,
    expiry: Expiry,
    tries: u32,
}

/// What became of an [`Update`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "the value may not have been stored"]
pub enum Updated {
    /// The changed value is stored.
    Stored,
    /// The caller left it as it is.
    Unchanged,
    /// Others were faster at every try; nothing was stored.
    Contended,
}

impl<'k> Update<'k> {
    /// A change of the value under `key`, tried up to 16 times. From then on it lives until `expiry`:
    /// storing sets that anew, and memcached's answer does not say what it was. Its flags stay.
    pub fn new(key: impl IntoKey<'k>, expiry: Expiry) -> Result<Self, Error> {
        Ok(Self {
            key: key.into_key()?,
            expiry,
            tries: 16,
        })
    }

    /// Tries up to so many times. Of `n` who change at the same time, one is stored at each try of
    /// them all; so `n` tries are enough for everybody, as long as each changes but once.
    pub fn tries(self, tries: u32) -> Self {
        Self { tries, ..self }
    }
}

macro_rules! update {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $open:literal, $wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> $colour::Client<T, S, N> {
            /// Makes of the value under a key what `change` says: see [`Update`]. Two round trips a
            /// try.
            ///
            /// `change` is given the item, or `None` if there is none, and says what to store, or with
            /// `None` that nothing is. It is called again at every try, so let it do nothing else.
            ///
            /// An error of unknown [fate](crate::Fate) means that the change may have been stored.
            /// A server without CAS values is [`Unsupported`](ErrorKind::Unsupported), if there is an
            /// item.
            #[doc = example!($open, "let update = Update::new(\"seen\", Expiry::seconds(3600))?;\nlet outcome = client.update(&update, |item| {\n    let seen = item.map_or(&b\"\"[..], |item| item.value);\n    (!seen.contains(&b'x')).then(|| [seen, b\"x\"].concat())\n})", $wait, "?;\nif outcome == Updated::Contended { /* too many at once: later */ }")]
            pub $($async)? fn update<V: AsRef<[u8]>>(&mut self, update: &Update<'_>, mut change: impl FnMut(Option<Item<'_>>) -> Option<V>) -> Result<Updated, Error> {
                let expiry = self.resolve(update.expiry);
                for _ in 0..update.tries {
                    let item = self.gets(update.key) $($await)* ?;
                    let found = item.as_ref().map(|item| (item.flags, item.cas));
                    let Some(value) = change(item) else {
                        return Ok(Updated::Unchanged);
                    };
                    let store = match found {
                        None => Store::add(update.key, value.as_ref()),
                        Some((flags, Some(cas))) => Store::cas(update.key, value.as_ref(), cas).flags(flags),
                        Some((_, None)) => return Err(ErrorKind::Unsupported("updates, on a server without CAS values").into()),
                    };
                    if self.call(&store.expiry(expiry)) $($await)* ? == Stored::Stored {
                        return Ok(Updated::Stored);
                    }
                }
                Ok(Updated::Contended)
            }
        }
    };
}

both_colours!(update);
