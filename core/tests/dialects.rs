//! What is written to servers of older versions, and what is not; and what they may answer.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc_core::command::{
    CacheMemlimit, Command, Count, Delete, DeleteMany, Get, Noop, Store, Touch, meta,
};
use minimc_core::{Connection, Dialect, ErrorKind, Expiry, Fate, Key, Progress, Protocol};

type Link = Connection<[u8; 400], 2>;

fn link(protocol: Protocol, version: &str) -> Link {
    let mut link = Link::new(protocol, [0; 400], [0; 400]).unwrap();
    if !version.is_empty() {
        link.set_dialect(Dialect::parse(version.as_bytes()).unwrap());
    }
    link
}

/// The line that is sent, or why none is.
fn sent<C: Command>(protocol: Protocol, version: &str, command: &C) -> String {
    let mut link = link(protocol, version);
    match link.send(command) {
        Ok(_) => link.outgoing(None).concat().escape_ascii().to_string(),
        Err(error) => {
            assert_eq!(error.fate(), Fate::NotSent);
            assert!(!link.is_sending());
            assert_eq!(link.owed(), 0);
            match error.kind() {
                ErrorKind::Unsupported(why) => why.to_owned(),
                kind => format!("{kind:?}"),
            }
        }
    }
}

#[test]
fn what_is_written_to_which_version() {
    use Protocol::{Binary, Meta, Text};
    let key = Key::new("k").unwrap();
    let get = Get::new(key);
    let gat = get.touch(Expiry::seconds(9));
    let set = Store::set(key, b"v").flags(3).expiry(Expiry::seconds(9));
    let touch = Touch::new(key, Expiry::seconds(9));
    let encoded = Get::new(Key::encoded("k").unwrap());
    let no_meta = "this takes memcached 1.6.0, or Protocol::Text";

    for version in ["", "1.6.10", "1.6.45"] {
        assert_eq!(sent(Meta, version, &get), r"mg k v f Oa\r\n");
        assert_eq!(sent(Meta, version, &set), r"ms k 1 F3 T9 Oa\r\nv\r\n");
        assert_eq!(sent(Meta, version, &encoded), r"mg aw== v f b Oa\r\n");
        assert_eq!(sent(Text, version, &gat), r"gat 9 k\r\n");
    }
    for version in ["1.6.0", "1.6.6", "1.6.9"] {
        assert_eq!(sent(Meta, version, &get), r"mg k v f Oa\r\n");
        assert_eq!(sent(Meta, version, &set), r"ms k S1 F3 T9 Oa\r\nv\r\n");
        assert_eq!(sent(Meta, version, &encoded), "this takes memcached 1.6.10");
    }
    for version in ["1.4.0", "1.5.19", "1.5.22"] {
        assert_eq!(sent(Meta, version, &get), no_meta);
        assert_eq!(sent(Meta, version, &set), no_meta);
        assert_eq!(sent(Meta, version, &touch), no_meta);
        assert_eq!(sent(Meta, version, &Delete::new(key)), no_meta);
        assert_eq!(sent(Meta, version, &Count::up(key, 1)), no_meta);
        assert_eq!(sent(Meta, version, &Noop), no_meta);
        assert_eq!(sent(Text, version, &get), r"get k\r\n");
        assert_eq!(sent(Text, version, &set), r"set k 3 9 1\r\nv\r\n");
    }
    assert_eq!(sent(Text, "1.5.2", &gat), "this takes memcached 1.5.3");
    assert_eq!(sent(Text, "1.5.3", &gat), r"gat 9 k\r\n");
    assert_eq!(sent(Text, "1.4.7", &touch), "this takes memcached 1.4.8");
    assert_eq!(sent(Text, "1.4.8", &touch), r"touch k 9\r\n");
    for command in [sent(Binary, "1.4.7", &touch), sent(Binary, "1.4.7", &gat)] {
        assert_eq!(command, "this takes memcached 1.4.8");
    }
    assert!(sent(Binary, "1.4.8", &gat).starts_with(r"\x80\x1d"));
}

#[test]
fn flags_that_versions_lack() {
    use Protocol::{Meta, Text};
    let key = Key::new("k").unwrap();
    let (get, set) = (meta::Get::new(key), meta::Set::new(key, b"v"));
    let (delete, count) = (meta::Delete::new(key), meta::Count::up(key, 1));
    /// What an older version gets, and the version that takes it.
    fn since(before: &str, version: &str, command: &impl Command, line: &str) {
        let refused = format!("this takes memcached {version}");
        assert_eq!(sent(Meta, before, command), refused);
        for version in [version, "1.6.45", ""] {
            assert_eq!(sent(Meta, version, command), line);
        }
    }
    since("1.6.12", "1.6.13", &set.with_cas(), r"ms k 1 c Oa\r\nv\r\n");
    since(
        "1.6.19",
        "1.6.20",
        &set.with_size(),
        r"ms k 1 s Oa\r\nv\r\n",
    );
    let appends = set.append().or_create(Expiry::seconds(9));
    since("1.6.19", "1.6.20", &appends, r"ms k 1 N9 MA Oa\r\nv\r\n");
    since("1.6.26", "1.6.27", &get.choose_cas(5), r"mg k E5 Oa\r\n");
    since(
        "1.6.26",
        "1.6.27",
        &set.choose_cas(5),
        r"ms k 1 E5 Oa\r\nv\r\n",
    );
    since("1.6.26", "1.6.27", &delete.choose_cas(5), r"md k E5 Oa\r\n");
    since("1.6.26", "1.6.27", &count.choose_cas(5), r"ma k E5 Oa\r\n");
    since("1.6.26", "1.6.27", &delete.only_value(), r"md k x Oa\r\n");
    since("1.6.39", "1.6.40", &get.unless_cas(5), r"mg k C5 Oa\r\n");
    // The length stood elsewhere.
    assert_eq!(sent(Meta, "1.6.9", &set), r"ms k S1 Oa\r\nv\r\n");

    let memory = CacheMemlimit::new(64);
    assert_eq!(sent(Text, "1.4.26", &memory), "this takes memcached 1.4.27");
    assert_eq!(sent(Text, "1.4.27", &memory), r"cache_memlimit 64\r\n");
}

/// What comes of a reply to the first request.
fn answered<C: Command>(version: &str, command: &C, reply: &str) -> String
where
    for<'b> C::Reply<'b>: std::fmt::Debug,
{
    let mut link = link(Protocol::Meta, version);
    let _ = link.send(command).unwrap();
    link.sent(link.outgoing(None).concat().len());
    link.space()[..reply.len()].copy_from_slice(reply.as_bytes());
    link.filled(reply.len());
    match link.arrived() {
        Ok(true) => format!("{:?}", link.reply::<C>().unwrap()),
        Ok(false) => "more".to_owned(),
        Err(kind) => format!("{kind:?}"),
    }
}

#[test]
fn what_which_version_may_answer() {
    let key = Key::new("k").unwrap();
    let (get, set) = (Get::new(key), Store::set(key, b"v"));
    // Success was `OK` before it was `HD`.
    for version in ["", "1.6.6", "1.6.18"] {
        assert_eq!(answered(version, &set, "HD Oa\r\n"), "Stored");
        assert_eq!(answered(version, &set, "OK Oa\r\n"), "Stored");
        assert_eq!(answered(version, &set, "OK Ob\r\n"), "Mismatched");
        assert_eq!(answered(version, &set, "OK\r\n"), "Mismatched");
        assert_eq!(answered(version, &get, "EN Oa\r\n"), "None");
    }
    // A miss without its opaque rests on the count, where the version does not rule it out.
    for version in ["", "1.6.6", "1.6.17"] {
        assert_eq!(answered(version, &get, "EN\r\n"), "None");
    }
    for version in ["1.6.18", "1.6.45"] {
        assert_eq!(answered(version, &get, "EN\r\n"), "Mismatched");
    }
}

/// A quiet miss of a meta server that does not name its request cannot be told from the next one's;
/// a packet names it always.
#[test]
fn where_batches_are_quiet() {
    let batch = DeleteMany::new(&["a", "b"]);
    let asked = |protocol, version| {
        let mut link = link(protocol, version);
        _ = link.send_batch(&batch, &mut Progress::new()).unwrap();
        link.outgoing(None).concat()
    };
    for (version, line) in [
        ("1.6.18", &b"md a q Oab\r\nmd b q Obb\r\nmn\r\n"[..]),
        // It may be one that does not name it.
        ("", b"md a Oab\r\nmd b Obb\r\n"),
        ("1.6.17", b"md a Oab\r\nmd b Obb\r\n"),
    ] {
        let asked = asked(Protocol::Meta, version);
        assert_eq!(asked, line, "{version}: {}", asked.escape_ascii());
    }
    for version in ["", "1.4.0", "1.6.17", "1.6.18"] {
        let opcodes = asked(Protocol::Binary, version);
        assert_eq!((opcodes[1], opcodes[26]), (0x14, 0x14), "{version}");
    }
}
