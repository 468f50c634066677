//! Streams of lines through a connection: what they want, and what giving one up does.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc_core::command::{Crawl, Metadump, Noop, Stats, Watch};
use minimc_core::{Connection, ErrorKind, Fate, Progress, Protocol, Sent};

type Link<const N: usize> = Connection<[u8; N], 4>;

fn link<const N: usize>() -> Link<N> {
    Connection::new(Protocol::Meta, [0; N], [0; N]).unwrap()
}

fn send<const N: usize>(link: &mut Link<N>) -> Vec<u8> {
    let bytes = link.outgoing(None).concat();
    link.sent(bytes.len());
    bytes
}

fn receive<const N: usize>(link: &mut Link<N>, bytes: &[u8]) {
    link.space()[..bytes.len()].copy_from_slice(bytes);
    link.filled(bytes.len());
}

#[test]
fn small_storage_is_refused_before_anything_is_sent() {
    let mut link = link::<2047>();
    let mut progress = Progress::new();
    let sent = link.send_batch(&Stats::GENERAL, &mut progress).unwrap();
    assert!(matches!(sent, Sent::Nothing));
    assert!(!link.is_sending());
    let (_, outcome) = link.item(&Stats::GENERAL, &mut progress).unwrap();
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageTooSmall);
    assert_eq!(error.fate(), Fate::NotSent);
    assert_eq!(link.item_arrived(&Stats::GENERAL, &mut progress), Ok(false));
    assert!(link.is_idle());
}

#[test]
fn only_while_nothing_is_owed() {
    let mut link = link::<2048>();
    let mut progress = Progress::new();
    link.send(&Noop).unwrap();
    let refused = link.send_batch(&Stats::GENERAL, &mut progress);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Full);
    send(&mut link);
    receive(&mut link, b"MN\r\n");
    assert_eq!(link.arrived(), Ok(true));
    link.reply::<Noop>().unwrap();
    let sent = link.send_batch(&Stats::GENERAL, &mut progress).unwrap();
    assert!(matches!(sent, Sent::Group(None)));
    assert_eq!(send(&mut link), b"stats\r\n");
}

#[test]
fn a_line_longer_than_the_storage() {
    let all = Metadump::new(Crawl::All);
    let line = [&b"key=k exp=-1 x="[..], &[b'y'; 2032], b"\n"].concat();
    assert_eq!(line.len(), 2048);
    for (line, told) in [
        (&line[..], Ok(true)),
        (&[b'y'; 2048], Err(ErrorKind::LineTooLong)),
    ] {
        let mut link = link::<2048>();
        let mut progress = Progress::new();
        _ = link.send_batch(&all, &mut progress).unwrap();
        send(&mut link);
        receive(&mut link, line);
        assert_eq!(link.item_arrived(&all, &mut progress), told);
        assert_eq!(link.is_broken(), told.is_err());
    }
}

#[test]
fn a_dump_that_is_given_up_is_settled() {
    let all = Metadump::new(Crawl::All);
    let mut link = link::<2048>();
    let mut progress = Progress::new();
    _ = link.send_batch(&all, &mut progress).unwrap();
    send(&mut link);
    receive(&mut link, b"OK\r\nkey=a exp=-1\nkey=b");
    assert_eq!(link.item_arrived(&all, &mut progress), Ok(true));
    link.abandon();
    assert_eq!(link.settle(), Ok(false));
    receive(&mut link, b" exp=-1\nEND\r\n");
    assert_eq!(link.settle(), Ok(true));
    assert!(link.is_idle());
}

#[test]
fn a_watch_that_is_given_up_breaks_the_connection() {
    let watch = Watch::new(&[]);
    let mut link = link::<2048>();
    let mut progress = Progress::new();
    _ = link.send_batch(&watch, &mut progress).unwrap();
    // Nothing has left: nothing is watched.
    link.abandon();
    assert!(link.is_idle());
    let mut progress = Progress::new();
    _ = link.send_batch(&watch, &mut progress).unwrap();
    send(&mut link);
    link.abandon();
    assert!(link.is_broken());
}

#[test]
fn a_stream_cut_short_is_an_error() {
    let all = Metadump::new(Crawl::All);
    let mut link = link::<2048>();
    let mut progress = Progress::new();
    _ = link.send_batch(&all, &mut progress).unwrap();
    send(&mut link);
    receive(&mut link, b"key=a exp=-1\n");
    link.item(&all, &mut progress).unwrap().1.unwrap();
    assert_eq!(link.item_arrived(&all, &mut progress), Ok(false));
    link.lose(&mut progress, ErrorKind::Closed);
    let (_, outcome) = link.item(&all, &mut progress).unwrap();
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(link.item_arrived(&all, &mut progress), Ok(false));
}
