//! What a server must read, or why nothing may be sent; nothing here asks the crate.

use minimc_core::{BadKey, ErrorKind, Protocol};

use super::{Ask, How, Name, Time};
use crate::grammar::{Mode, What};

impl Ask<'_> {
    /// What a server must read, or why nothing may be sent.
    pub(super) fn expected(&self, protocol: Protocol) -> Result<What, ErrorKind> {
        let is_text = protocol == Protocol::Text;
        let key = |name: &Name<'_>| name.expected(protocol);
        Ok(match self {
            Self::Get {
                key: name,
                cas,
                touch,
            } => What::Get {
                keys: vec![key(name)?],
                // Packets bear it always.
                cas: *cas && protocol != Protocol::Binary,
                touch: touch.map(Time::expected).transpose()?,
            },
            Self::Store {
                key: name,
                how,
                flags,
                expiry,
                ..
            } => {
                let (key, time) = (key(name)?, expiry.expected());
                let (mode, keeps) = match *how {
                    How::Set => (Mode::Set, false),
                    How::Add => (Mode::Add, false),
                    How::Replace => (Mode::Replace, false),
                    How::Append => (Mode::Append, true),
                    How::Prepend => (Mode::Prepend, true),
                    How::Cas(unique) => (Mode::Cas(unique), false),
                };
                // There it means: whatever the item's CAS value is.
                if mode == Mode::Cas(0) && protocol == Protocol::Binary {
                    return Err(ErrorKind::Unsupported("a CAS value of 0"));
                }
                let value = self.value().to_vec();
                // An expiry that no server takes is refused in any mode.
                let time = time?;
                let new = (!keeps).then_some((*flags, time));
                What::Store {
                    mode,
                    key,
                    value,
                    new,
                }
            }
            Self::Count {
                key: name,
                up,
                delta,
                initial,
            } => {
                let key = key(name)?;
                if is_text && initial.is_some() {
                    return Err(ErrorKind::Unsupported("an initial value"));
                }
                let initial = match initial {
                    Some((value, time)) => Some((*value, time.expected()?)),
                    None => None,
                };
                What::Count {
                    key,
                    up: *up,
                    delta: *delta,
                    initial,
                }
            }
            Self::Delete { key: name } => What::Delete { key: key(name)? },
            Self::Touch { key: name, expiry } => What::Touch {
                key: key(name)?,
                expiry: expiry.expected()?,
            },
            // The others have no such request: it adds nothing, for no time.
            Self::Exists { key: name } if protocol == Protocol::Meta => {
                What::Exists { key: key(name)? }
            }
            Self::Exists { key: name } => What::Store {
                mode: Mode::Add,
                key: key(name)?,
                value: vec![],
                new: Some((0, Time::AtOnce.expected()?)),
            },
            Self::DeleteCas { key: name, cas } => {
                let (key, cas) = (key(name)?, *cas);
                if is_text || cas == 0 {
                    return Err(ErrorKind::Unsupported("deleting by it"));
                }
                What::DeleteCas { key, cas }
            }
            Self::FlushAll { delay } => {
                let seconds = Time::Seconds(i64::from(*delay)).expected()?;
                let delay = Some(seconds).filter(|&seconds| seconds != 0);
                What::FlushAll { delay }
            }
            Self::Lease {
                key: name,
                lasts,
                recache,
            } => {
                let key = key(name)?;
                if protocol != Protocol::Meta {
                    return Err(ErrorKind::Unsupported("leases"));
                }
                let (lasts, recache) = (lasts.expected()?, recache.map(u32::from));
                What::Lease {
                    key,
                    lasts,
                    recache,
                }
            }
            Self::Noop if !is_text => What::Noop,
            _ => What::Version,
        })
    }
}

impl Name<'_> {
    pub(super) fn expected(&self, protocol: Protocol) -> Result<Vec<u8>, ErrorKind> {
        let length = self.bytes.len();
        let limit = if self.encoded { 186 } else { 250 };
        let bad = self
            .bytes
            .iter()
            .position(|byte| matches!(byte, 0..=b' ' | 0x7F));
        Err(ErrorKind::Key(match bad {
            _ if length == 0 => BadKey::Empty,
            _ if length > limit => BadKey::TooLong { length, limit },
            Some(at) if !self.encoded => BadKey::Byte {
                at,
                byte: self.bytes[at],
            },
            _ if self.encoded && protocol == Protocol::Text => {
                return Err(ErrorKind::Unsupported(
                    "keys of any bytes in classic commands",
                ));
            }
            _ => return Ok(self.bytes.to_vec()),
        }))
    }
}

const MONTH: i64 = 30 * 24 * 60 * 60;

impl Time {
    /// Up to a month is a time from now, more is a Unix time, of which servers hold 31 bits.
    pub(super) fn expected(self) -> Result<u32, ErrorKind> {
        let at_once = MONTH + 1;
        let number = match self {
            Self::Never => 0,
            Self::AtOnce => at_once,
            Self::Seconds(..=0) | Self::Since(..=0, _) => 0,
            Self::Seconds(seconds @ ..=MONTH) | Self::Since(seconds @ ..=MONTH, _) => seconds,
            Self::Seconds(_) => return Err(ErrorKind::Expiry),
            Self::At(time) if i64::from(time) <= MONTH => at_once,
            Self::At(time) => time.into(),
            Self::Since(seconds, now) => {
                let seconds = seconds.min(u32::MAX.into());
                (i64::from(now) + seconds).min(i32::MAX.into())
            }
        };
        i32::try_from(number)
            .map(|time| time as u32)
            .map_err(|_| ErrorKind::Expiry)
    }
}
