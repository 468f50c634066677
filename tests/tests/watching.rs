//! A watch by a blocking client over a transport that is not ready: waiting loses nothing.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use minimc::command::{Event, Watch};
use minimc::{ErrorKind, Options, Protocol, Transport, blocking};

/// What comes, a portion a read; where there is none, reading waits.
#[derive(Default)]
struct Link {
    coming: VecDeque<&'static [u8]>,
    connections: usize,
    written: Vec<u8>,
}

#[derive(Clone, Default)]
struct Halting(Rc<RefCell<Link>>);

impl Halting {
    fn comes(&self, portions: &[&'static [u8]]) {
        self.0.borrow_mut().coming.extend(portions);
    }
}

impl Transport for Halting {
    async fn connect(&mut self) -> Result<(), ErrorKind> {
        let mut link = self.0.borrow_mut();
        link.connections += 1;
        link.coming.clear();
        Ok(())
    }

    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        let next = self.0.borrow_mut().coming.pop_front();
        let Some(next) = next else {
            return pending().await;
        };
        into[..next.len()].copy_from_slice(next);
        Ok(next.len())
    }

    async fn write(&mut self, parts: [&[u8]; 3]) -> Result<usize, ErrorKind> {
        let bytes = parts.concat();
        self.0.borrow_mut().written.extend_from_slice(&bytes);
        Ok(bytes.len())
    }

    fn close(&mut self) {}
}

type Client = blocking::Client<Halting, [u8; 2048], 4>;

fn client() -> (Halting, Client) {
    let link = Halting::default();
    let options = Options {
        protocol: Protocol::Text,
        ..Options::default()
    };
    let client = Client::with_options(link.clone(), [0; 2048], [0; 2048], options).unwrap();
    (link, client)
}

const EVENT: [&[u8]; 2] = [
    b"ts=1.2 gid=3 type=item_get key=a",
    b"b status=found clsid=1 cfd=9 size=2\n",
];

/// It must not have the connection of the watch, on which events may come.
fn next_call(link: &Halting, client: &mut Client) {
    assert_eq!(client.noop().unwrap_err().kind(), ErrorKind::WouldWait);
    assert_eq!(link.0.borrow().connections, 2);
    // The reply to this call, and to the next.
    link.comes(&[b"VERSION 1\r\n", b"VERSION 1\r\n"]);
    client.noop().unwrap();
    assert_eq!(link.0.borrow().connections, 2);
}

#[test]
fn a_watch_that_would_wait_goes_on() {
    let (link, mut client) = client();
    assert_eq!(client.noop().unwrap_err().kind(), ErrorKind::WouldWait);
    link.comes(&[b"VERSION 1\r\n", b"OK\r\n"]);
    let mut events = client.watch(Watch::new(&[])).unwrap();
    let limit = Duration::from_secs(1);
    // Before an event, and within one.
    for portion in EVENT {
        let waits = events.next_within(limit).unwrap_err();
        assert_eq!(waits.kind(), ErrorKind::WouldWait);
        link.comes(&[portion]);
    }
    let event = events.next_within(limit).unwrap();
    let Some(Event::Happened(record)) = event else {
        panic!("{event:?}");
    };
    assert_eq!(record.column("key"), Some(&b"ab"[..]));
    assert!(events.next_within(limit).is_err());
    assert_eq!(link.0.borrow().connections, 1);
    drop(events);
    next_call(&link, &mut client);
}

#[test]
fn a_watch_whose_beginning_would_wait_is_given_up() {
    let (link, mut client) = client();
    assert_eq!(client.noop().unwrap_err().kind(), ErrorKind::WouldWait);
    link.comes(&[b"VERSION 1\r\n"]);
    let begun = client.watch(Watch::new(&[]));
    assert_eq!(begun.err().unwrap().kind(), ErrorKind::WouldWait);
    assert!(link.0.borrow().written.ends_with(b"watch\r\n"));
    // Its reply, and what happened since, are nobody's.
    link.comes(&[b"OK\r\n", EVENT[0], EVENT[1]]);
    next_call(&link, &mut client);
}
