//! Python's pickles of plain data.

mod check;

use minimc_core::value::{Kind, Value};
use serde::Deserialize;

use super::{FormatError, Read, without_format};

/// Reads pickles of plain data: `None`, bools, numbers, texts, bytes, lists, tuples, dicts and sets, of
/// each version of pickle, as what clients of Python store that is neither text, bytes nor number. All
/// else that they store is read as what it is.
///
/// Nothing is ever carried out, and no class is looked for: a pickle of more than plain data is
/// [`NotPlain`](FormatError::NotPlain). Neither can it harm: nested more than 128 times it is
/// [`TooDeep`](FormatError::TooDeep), and where it would take more than 128 MiB, such as by the same list
/// in itself again and again, [`TooLarge`](FormatError::TooLarge), both before memory is taken for it.
///
/// What Python 2 wrote as `str` is bytes. Numbers beyond an `i64` cannot be read, nor can an empty `bytes`
/// of the versions before 3, which is written as a call.
///
/// ```no_run
/// use std::collections::BTreeMap;
///
/// use minimc::format::Pickle;
/// use minimc::net::Client;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut client = Client::connect("127.0.0.1:11211")?;
/// // client.set("limits", {"upload": 100, "download": 2000}) in Python.
/// let limits: Option<BTreeMap<String, u32>> = client.get_as(Pickle, "limits")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Pickle;

impl Read for Pickle {
    fn read<'b, T: Deserialize<'b>>(&self, value: Value<'b>) -> Result<T, FormatError> {
        let Value::Object {
            kind: Kind::Pickle,
            bytes,
        } = value
        else {
            return without_format(value);
        };
        check::check(bytes)?;
        serde_pickle::from_slice(bytes, serde_pickle::DeOptions::new())
            .map_err(FormatError::invalid)
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    fn read<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, FormatError> {
        let kind = Kind::Pickle;
        Pickle.read(Value::Object { kind, bytes })
    }

    /// As each version of pickle writes it.
    #[test]
    fn plain_data() {
        // {"a": [1, 2.5, None, True], "b": (1, "x")} in 0, 2 and 5.
        let zero = b"(dp0\nVa\np1\n(lp2\nI1\naF2.5\naNaI01\nasVb\np3\n(I1\nVx\np4\ntp5\ns.";
        let two = b"\x80\x02}q\x00(X\x01\0\0\0aq\x01]q\x02(K\x01G@\x04\0\0\0\0\0\0N\x88eX\x01\0\0\0bq\x03K\x01X\x01\0\0\0xq\x04\x86q\x05u.";
        let five = b"\x80\x05\x95*\0\0\0\0\0\0\0}\x94(\x8c\x01a\x94]\x94(K\x01G@\x04\0\0\0\0\0\0N\x88e\x8c\x01b\x94K\x01\x8c\x01x\x94\x86\x94u.";
        #[derive(Debug, Deserialize, PartialEq)]
        struct Given {
            a: (u8, f32, Option<u8>, bool),
            b: (i64, String),
        }
        for pickle in [&zero[..], two, five] {
            let given: Given = read(pickle).unwrap();
            assert_eq!(given.a, (1, 2.5, None, true));
            assert_eq!(given.b, (1, "x".into()));
        }
        // The same again and again is what it was.
        let same: Vec<Vec<u8>> = read(b"\x80\x02]q\0(]q\x01K\x01ah\x01h\x01e.").unwrap();
        assert_eq!(same, [[1], [1], [1]]);
        // What is no pickle needs none to be read.
        let limits: BTreeMap<String, i64> = read(b"}.").unwrap();
        assert!(limits.is_empty());
        assert_eq!(Pickle.read::<i8>(Value::from(-5)).unwrap(), -5);
        assert_eq!(Pickle.read::<&str>(Value::from("größe")).unwrap(), "größe");
        assert!(Pickle.read::<bool>(Value::from(true)).unwrap());
        assert_eq!(
            Pickle.read::<&[u8]>(Value::from(&b"\xFF"[..])).unwrap(),
            b"\xFF"
        );
    }

    /// Each fails in its own way, and none is carried out or takes more than it may.
    #[test]
    fn hostile() {
        let deep = |levels: usize| {
            let mut pickle = b"]".repeat(levels);
            pickle.extend(b"a".repeat(levels - 1));
            pickle.push(b'.');
            pickle
        };
        let tuples = [&b"N"[..], &b"\x85".repeat(100_000), b"."].concat();
        let marks = [&b"("[..], &b"(".repeat(1_000_000)].concat();
        // Each list has the one before it ten times.
        let mut laughs = b"\x80\x02]q\0(".to_vec();
        for level in 0..60_u8 {
            laughs.extend(b"]q");
            laughs.extend([level + 1, b'(']);
            for _ in 0..10 {
                laughs.extend([b'h', level]);
            }
            laughs.push(b'e');
        }
        laughs.extend(b"e.");
        let mut doubled = b"]".to_vec();
        (0..64).for_each(|_| doubled.extend(b"2a"));
        doubled.push(b'.');
        let large = [&b"B\xFF\xFF\xFF\x7F"[..], b"short."].concat();
        let many = [&b"]("[..], &b"(t".repeat(500_000), b"e."].concat();
        for (name, pickle, expected) in [
            (
                "a call",
                &b"cos\nsystem\n(S'true'\ntR."[..],
                "NotPlain { instruction: 99, at: 0 }",
            ),
            (
                "a class",
                b"\x80\x02c__main__\nC\n)\x81.",
                "NotPlain { instruction: 99, at: 2 }",
            ),
            (
                "a call by names",
                b"\x8c\x02os\x8c\x06system\x93.",
                "NotPlain { instruction: 147, at: 12 }",
            ),
            ("doubled", &doubled, "NotPlain { instruction: 50, at: 1 }"),
            ("deep lists", &deep(100_000), "TooDeep"),
            ("deep tuples", &tuples, "TooDeep"),
            ("marks", &marks, "TooDeep"),
            ("laughs", &laughs, "TooLarge"),
            ("tuples that keep their room", &many, "TooLarge"),
            ("within itself", b"]q\0h\0a.", "Invalid"),
            (
                "put to a reference",
                b"]q\0h\0Na.",
                "NotPlain { instruction: 97, at: 6 }",
            ),
            (
                "memorised again",
                b"]q\0q\x01.",
                "NotPlain { instruction: 113, at: 3 }",
            ),
            (
                "another under the same number",
                b"]q\0]q\0.",
                "NotPlain { instruction: 113, at: 4 }",
            ),
            ("a length that lies", &large, "Invalid"),
            ("nothing", b"", "Invalid"),
            ("no end", b"]", "Invalid"),
            ("more behind it", b"N.N", "Invalid"),
            ("more than one", b"NN.", "Invalid"),
            ("less than none", b".", "Invalid"),
            ("nothing to put to", b"Na.", "Invalid"),
            ("what was not memorised", b"h\x05.", "Invalid"),
            ("no text", b"X\x01\0\0\0\xFF.", "Invalid"),
            ("no number", b"Ix\n.", "Invalid"),
            (
                "a number beyond all",
                &[b"L", &b"9".repeat(100_000)[..], b"L\n."].concat(),
                "Invalid",
            ),
            (
                "persistent",
                b"P1\n.",
                "NotPlain { instruction: 80, at: 0 }",
            ),
        ] {
            let found = read::<serde_pickle::Value>(pickle);
            let found = format!("{:?}", found.expect_err(name));
            assert!(found.starts_with(expected), "{name}: {found}");
        }
        assert!(read::<serde_pickle::Value>(&deep(100)).is_ok());
    }

    /// Any bytes: whatever comes of them, it comes to an end.
    #[test]
    fn any_bytes() {
        let mut seed = 1_u64;
        let instructions =
            b"()]}NtlaeusdqhrjKMJUXCIVLFp.\x85\x86\x87\x88\x89\x8c\x94\x95\x80cR0129";
        for _ in 0..20_000 {
            let mut pickle = Vec::new();
            for _ in 0..40 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let number = (seed >> 33) as usize;
                pickle.push(match number % 4 {
                    0 => (number >> 8) as u8 & 3,
                    _ => instructions[(number >> 8) % instructions.len()],
                });
            }
            pickle.push(b'.');
            let _ = read::<serde_pickle::Value>(&pickle);
        }
    }
}
