//! Requests that were asked for, and what a server must read of them.

mod expected;
mod many;

use arbitrary::Arbitrary;
use minimc_core::command::{
    Command, Count, Delete, DeleteCas, Exists, FlushAll, Get, Lease, Noop, Store, Touch, Version,
};
use minimc_core::{BadKey, Connection, Error, ErrorKind, Expiry, Fate, Key};

use crate::grammar::{Form, Request, What, requests};
use crate::peer::PROTOCOLS;

/// A connection that owes some replies, and what is asked of it.
#[derive(Arbitrary, Debug)]
pub struct Asked<'a> {
    protocol: u8,
    /// The bytes of storage above the least.
    room: u16,
    /// The requests before this one.
    owed: u8,
    ask: Ask<'a>,
}

#[derive(Arbitrary, Debug)]
enum Ask<'a> {
    Get {
        key: Name<'a>,
        cas: bool,
        touch: Option<Time>,
    },
    Store {
        key: Name<'a>,
        how: How,
        value: &'a [u8],
        large: bool,
        flags: u32,
        expiry: Time,
    },
    Count {
        key: Name<'a>,
        up: bool,
        delta: u64,
        initial: Option<(u64, Time)>,
    },
    Delete {
        key: Name<'a>,
    },
    Touch {
        key: Name<'a>,
        expiry: Time,
    },
    Version,
    Noop,
    Many {
        keys: Vec<&'a [u8]>,
    },
    Exists {
        key: Name<'a>,
    },
    DeleteCas {
        key: Name<'a>,
        cas: u64,
    },
    FlushAll {
        delay: u32,
    },
    Lease {
        key: Name<'a>,
        lasts: Time,
        // More than a server holds it refuses.
        recache: Option<u16>,
    },
}

#[derive(Arbitrary, Debug)]
struct Name<'a> {
    bytes: &'a [u8],
    encoded: bool,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum How {
    Set,
    Add,
    Replace,
    Append,
    Prepend,
    Cas(u64),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Time {
    Never,
    AtOnce,
    Seconds(i64),
    At(u32),
    Since(i64, u32),
}

/// What is stored where a value is to be large.
static LARGE: [u8; 5000] = [b'\n'; 5000];

type Link<'s> = Connection<&'s mut [u8], 80>;

impl Asked<'_> {
    /// Asks, and checks that it is refused, or is what a server reads.
    pub fn check(&self) {
        let protocol = PROTOCOLS[usize::from(self.protocol) % 3];
        let room = Link::STORAGE + usize::from(self.room) % 4096;
        let (mut sending, mut receiving) = (vec![0; room], [0; Link::STORAGE]);
        let mut connection: Link<'_> =
            Connection::new(protocol, &mut sending[..], &mut receiving[..]).unwrap();
        for _ in 0..self.owed % 70 {
            connection.send(&Noop).unwrap();
            connection.sent(room);
        }
        if let Ask::Many { keys } = &self.ask {
            return many::check(&mut connection, keys);
        }
        let owed = connection.owed();
        let sent = self.ask.send(&mut connection);
        match (sent, self.ask.expected(protocol)) {
            (Ok(bytes), Ok(expected)) => {
                let shown = bytes.escape_ascii();
                let read = requests(&bytes).unwrap_or_else(|why| panic!("{why}: {shown}"));
                let [Request { what, form }] = &read[..] else {
                    panic!("{} requests: {shown}", read.len());
                };
                assert_eq!(*what, expected, "{shown}");
                check_opaque(form, what, owed);
                assert_eq!(connection.owed(), owed + 1);
            }
            (Err(error), expected) => {
                let is_meant = match (error.kind(), expected) {
                    (kind @ ErrorKind::Key(_), expected) => expected == Err(kind),
                    // There may be more than one reason.
                    (ErrorKind::Expiry | ErrorKind::Unsupported(_), expected) => expected.is_err(),
                    // What is behind other requests may have to wait, what is alone must not.
                    (kind, _) => kind == ErrorKind::Full && owed > 0,
                };
                assert!(is_meant, "{error:?}");
                assert_eq!(error.fate(), Fate::NotSent);
                assert!(connection.owed() == owed && !connection.is_sending());
            }
            (Ok(_), Err(kind)) => panic!("not refused: {kind:?}"),
        }
    }
}

impl Ask<'_> {
    /// Gives it to the connection; the bytes to send.
    fn send(&self, connection: &mut Link<'_>) -> Result<Vec<u8>, Error> {
        match self {
            Self::Get { key, cas, touch } => {
                let mut get = Get::new(key.key()?);
                if *cas {
                    get = get.with_cas();
                }
                if let Some(time) = touch {
                    get = get.touch(time.expiry());
                }
                sent(connection, &get)
            }
            Self::Store {
                key,
                how,
                flags,
                expiry,
                ..
            } => {
                let (key, value) = (key.key()?, self.value());
                let store = match *how {
                    How::Set => Store::set(key, value),
                    How::Add => Store::add(key, value),
                    How::Replace => Store::replace(key, value),
                    How::Append => Store::append(key, value),
                    How::Prepend => Store::prepend(key, value),
                    How::Cas(unique) => Store::cas(key, value, unique),
                };
                sent(connection, &store.flags(*flags).expiry(expiry.expiry()))
            }
            Self::Count {
                key,
                up,
                delta,
                initial,
            } => {
                let direction = if *up { Count::up } else { Count::down };
                let count = direction(key.key()?, *delta);
                match initial {
                    Some((value, time)) => {
                        sent(connection, &count.or_initial(*value, time.expiry()))
                    }
                    None => sent(connection, &count),
                }
            }
            Self::Delete { key } => sent(connection, &Delete::new(key.key()?)),
            Self::Touch { key, expiry } => {
                sent(connection, &Touch::new(key.key()?, expiry.expiry()))
            }
            Self::Exists { key } => sent(connection, &Exists::new(key.key()?)),
            Self::DeleteCas { key, cas } => sent(connection, &DeleteCas::new(key.key()?, *cas)),
            Self::FlushAll { delay } => sent(connection, &FlushAll::after(*delay)),
            Self::Lease {
                key,
                lasts,
                recache,
            } => {
                let lease = Lease::new(key.key()?, lasts.expiry());
                match recache {
                    Some(seconds) => sent(connection, &lease.recache((*seconds).into())),
                    None => sent(connection, &lease),
                }
            }
            Self::Version => sent(connection, &Version),
            Self::Noop | Self::Many { .. } => sent(connection, &Noop),
        }
    }

    fn value(&self) -> &[u8] {
        match self {
            Self::Store {
                large: true, value, ..
            } => &LARGE[value.len().min(LARGE.len())..],
            Self::Store { value, .. } => value,
            _ => b"",
        }
    }
}

impl Name<'_> {
    fn key(&self) -> Result<Key<'_>, BadKey> {
        if self.encoded {
            Key::encoded(self.bytes)
        } else {
            Key::new(self.bytes)
        }
    }
}

impl Time {
    fn expiry(self) -> Expiry {
        match self {
            Self::Never => Expiry::NEVER,
            Self::AtOnce => Expiry::AT_ONCE,
            Self::Seconds(seconds) => Expiry::seconds(seconds),
            Self::At(time) => Expiry::at(time),
            Self::Since(seconds, now) => Expiry::seconds(seconds).since(now.into()),
        }
    }
}

fn sent<C: Command>(connection: &mut Link<'_>, command: &C) -> Result<Vec<u8>, Error> {
    let gap = connection.send(command)?;
    Ok(connection.outgoing(gap.as_ref()).concat())
}

/// The requests before it bore others.
fn check_opaque(form: &Form, what: &What, owed: usize) {
    match form {
        Form::Classic => {}
        Form::Meta { opaque } if *what == What::Noop => assert!(opaque.is_empty()),
        Form::Meta { opaque } => assert!((1..=2).contains(&opaque.len())),
        Form::Packet { opcode, opaque } => {
            assert_eq!(*opaque, u32::from(*opcode) << 16 | owed as u32);
        }
    }
}
