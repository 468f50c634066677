//! Getting a value, or computing it once for all who miss it.

use minimc_core::command::{Item, Lease, Leased, Store, Stored, meta};
use minimc_core::{Error, Expiry, Fate, IntoKey, Key, Storage};

use crate::transport::Transport;
use crate::{blocking, client};

/// A value that one of all who miss it computes, while the others wait or take an old one.
///
/// It rests on [`Lease`], so it is the meta protocol's:
/// [`Unsupported`](minimc_core::ErrorKind::Unsupported) elsewhere, before anything is sent. (An `add` of
/// another key, as other clients do it, knows no old values and cannot tell whether the value was
/// removed meanwhile; where that is good enough, it is a [`Lock`](super::Lock).)
///
/// Let all readers of the key use it. While the value is computed, others get an empty one; and who
/// gets a stale one by other means of the meta protocol, a plain `get` too, has the task and does not
/// know. Remove the value so that an old one is left to those who wait: by
/// [`invalidate_until`](meta::Delete::invalidate_until), not by `delete`.
///
/// The value is lent by the client's receive storage and must fit it:
/// [`ReplyTooLarge`](minimc_core::ErrorKind::ReplyTooLarge) elsewhere, and who gets that of a stale value
/// may have the task and cannot know.
///
/// Who has the task may die. If the value was missing, another has the task when the lease is over;
/// where there is an old value, that is given to all until it expires itself. If the one was only
/// slow, two compute the value; what the first of them computes is not stored.
#[derive(Clone, Copy, Debug)]
pub struct Compute<'k> {
    key: Key<'k>,
    lease: Expiry,
    recache: Option<u32>,
    expiry: Expiry,
    flags: u32,
    tries: u32,
}

/// A value, and where it comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "there may be no value"]
pub enum Computed<R> {
    /// It was there.
    Found(R),
    /// It was there, but is stale or about to expire; another computes it anew.
    Stale(R),
    /// It was computed by this call.
    Computed {
        /// The value, as [`Found`](Self::Found) would have it.
        value: R,
        /// What became of it on the server. `Exists` and `NotFound` say that the key was changed
        /// or removed while it was computed, and that it was not stored; a lost server does
        /// not cost the value.
        stored: Result<Stored, Error>,
    },
    /// Another computes it and was not done when the last try was over.
    Pending,
}

impl<R> Computed<R> {
    /// The value, wherever it comes from.
    pub fn value(self) -> Option<R> {
        match self {
            Self::Found(value) | Self::Stale(value) | Self::Computed { value, .. } => Some(value),
            Self::Pending => None,
        }
    }
}

impl<'k> Compute<'k> {
    /// The value under `key`, for whose computing there is time until `lease`: take more than it
    /// takes. (For ever, [`Expiry::NEVER`], is too long, if who computes may die.) A value that was
    /// computed never expires and has no flags, and nobody waits, unless told.
    pub fn new(key: impl IntoKey<'k>, lease: Expiry) -> Result<Self, Error> {
        Ok(Self {
            key: key.into_key()?,
            lease,
            recache: None,
            expiry: Expiry::NEVER,
            flags: 0,
            tries: 0,
        })
    }

    /// Lets a value that was computed live until `expiry`.
    pub fn expiry(self, expiry: Expiry) -> Self {
        Self { expiry, ..self }
    }

    /// Lets one compute a value anew that has less than `seconds` left to live, so that nobody ever
    /// waits for it.
    pub fn recache(self, seconds: u32) -> Self {
        let recache = Some(seconds);
        Self { recache, ..self }
    }

    /// Stores `flags` beside a value that was computed.
    pub fn flags(self, flags: u32) -> Self {
        Self { flags, ..self }
    }

    /// Waits up to so many times while another computes the value, and asks again after each.
    pub fn tries(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    fn lease(&self, lasts: Expiry) -> Lease<'k> {
        let lease = Lease::new(self.key, lasts);
        self.recache.map_or(lease, |seconds| lease.recache(seconds))
    }

    /// Stores the value, if nothing came in between.
    fn store<'v>(&self, value: &'v [u8], cas: Option<u64>, expiry: Expiry) -> Store<'k, 'v> {
        let store = match cas {
            Some(cas) => Store::cas(self.key, value, cas),
            // In the way of an `add` there would be the stub.
            None => Store::set(self.key, value),
        };
        store.flags(self.flags).expiry(expiry)
    }

    /// Lets the next who asks have the task; an old value stays.
    fn give_back(&self, cas: u64, has_old: bool) -> meta::Delete<'k> {
        let delete = meta::Delete::new(self.key).compare(cas);
        if has_old { delete.invalidate() } else { delete }
    }
}

macro_rules! compute {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$fn_once:ident $(, $future:ident)?],
        $open:literal, $wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> $colour::Client<T, S, N> {
            /// Gets a value, or computes it once for all who miss it: see [`Compute`]. One round trip
            /// if it is there, two if it is computed.
            ///
            /// - `read` makes of the item what the caller wants: a copy, or what the bytes mean. (One
            ///   that was computed has no CAS value.)
            /// - `compute` is called if this call is the one that has the task. If it fails, its
            ///   error is returned, and the next who asks has the task.
            /// - `wait` waits a while, say 50 milliseconds, while another has it; it is told how often
            ///   it was called, from 1, and never called more often than there are
            ///   [`tries`](Compute::tries).
            #[doc = example!($open, "let recipe = Compute::new(\"report\", Expiry::seconds(30))?\n    .expiry(Expiry::seconds(600))\n    .recache(60)\n    .tries(100);\nlet report = client.get_or_compute(\n    &recipe,\n    |item| item.value.to_vec(),\n    ", stringify!($($async)?), " || Ok::<_, minimc::Error>(\"the report\"),\n    ", stringify!($($async)?), " |_| { /* a timer, for 50 milliseconds */ },\n)", $wait, "?;\nmatch report.value() {\n    Some(report) => println!(\"{} bytes\", report.len()),\n    None => println!(\"not within 5 seconds\"),\n}")]
            pub $($async)? fn get_or_compute<R, V: AsRef<[u8]>, E: From<Error> $(, $future: Future<Output = ()>)?>(
                &mut self,
                recipe: &Compute<'_>,
                mut read: impl FnMut(Item<'_>) -> R,
                compute: impl $fn_once() -> Result<V, E>,
                mut wait: impl FnMut(u32) $(-> $future)?,
            ) -> Result<Computed<R>, E> {
                let lease = recipe.lease(self.resolve(recipe.lease));
                let mut waited = 0;
                let (cas, has_old) = loop {
                    match self.call(&lease) $($await)* ? {
                        Leased::Fresh(item) => return Ok(Computed::Found(read(item))),
                        Leased::Won { cas, stale } => break (cas, stale.is_some()),
                        Leased::Taken { stale: Some(item) } => return Ok(Computed::Stale(read(item))),
                        Leased::Taken { stale: None } => {}
                    }
                    if waited >= recipe.tries {
                        return Ok(Computed::Pending);
                    }
                    waited += 1;
                    wait(waited) $($await)*;
                };
                let value = match compute() $($await)* {
                    Ok(value) => value,
                    Err(error) => {
                        if let Some(cas) = cas {
                            // If that fails, the lease runs out.
                            let _ = self.call(&recipe.give_back(cas, has_old)) $($await)*;
                        }
                        return Err(error);
                    }
                };
                let expiry = self.resolve(recipe.expiry);
                let bytes = value.as_ref();
                let stored = self.call(&recipe.store(bytes, cas, expiry)) $($await)*;
                if let (Err(error), Some(cas)) = (&stored, cas)
                    && error.fate() == Fate::NotSent
                {
                    // It may be too large: nobody is to wait for it until the lease is over.
                    let _ = self.call(&recipe.give_back(cas, has_old)) $($await)*;
                }
                let value = read(Item { value: bytes, flags: recipe.flags, cas: None });
                Ok(Computed::Computed { value, stored })
            }
        }
    };
}

both_colours!(compute);
