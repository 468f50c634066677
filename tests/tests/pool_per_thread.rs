//! A client for each thread.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::thread;

use minimc::net;
use minimc::pool::PerThread;
use minimc::{Error, ErrorKind, Expiry, Fate};
use minimc_tests::counted::{Census, Counted};
use minimc_tests::race::{RACERS, threads};
use minimc_tests::server::Memcached;

type Clients = PerThread<Counted<net::Client>>;

fn clients(server: &Memcached) -> (Clients, Census) {
    let census = Census::default();
    let (address, counted) = (server.address().to_string(), census.clone());
    let clients = PerThread::new(move || Ok(counted.count(net::Client::connect(&address)?)));
    (clients, census)
}

/// The number of the thread's client.
fn number(clients: &Clients) -> usize {
    let number = clients.with(|client| {
        client.noop()?;
        Ok::<_, Error>(client.number())
    });
    number.unwrap()
}

#[test]
fn each_thread_has_its_own_from_first_use_to_its_end() {
    let server = Memcached::tcp(&[]);
    let (clients, census) = clients(&server);
    assert_eq!(census.made(), 0);
    let here = number(&clients);
    for n in 1..=3 {
        // Not a scoped thread: of those, what they leave may outlast the scope.
        let clients = clients.clone();
        let other = thread::spawn(move || {
            let first = number(&clients);
            assert_eq!(number(&clients.clone()), first);
            first
        });
        assert_eq!(other.join().unwrap(), n);
        assert_eq!(census.alive(), 1, "it outlives its thread");
    }
    assert_eq!(number(&clients), here);
}

#[test]
fn racing_threads_get_their_own() {
    let server = Memcached::tcp(&[]);
    let (clients, census) = clients(&server);
    threads(|n| {
        for turn in 0..100 {
            let (key, value) = (format!("k{n}"), format!("{n} at {turn}"));
            let item = clients.with(|client| {
                client.set(&key, &value, Expiry::NEVER)?;
                client.get_owned(&key)
            });
            assert_eq!(item.unwrap().unwrap().value, value.as_bytes());
        }
    });
    assert_eq!(census.made(), RACERS);
}

#[test]
fn within_another_use_it_is_refused() {
    let server = Memcached::tcp(&[]);
    let ((clients, census), (others, _)) = (clients(&server), clients(&server));
    clients
        .with(|outer| {
            let error = clients.with(|_| -> Result<(), Error> { panic!("lent twice") });
            let error = error.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PoolExhausted);
            assert_eq!(error.fate(), Fate::NotSent);
            clients.relinquish();
            // Another pool's is another's.
            assert_eq!(number(&others), 0);
            outer.noop()
        })
        .unwrap();
    assert_eq!((number(&clients), census.made()), (0, 1));
}

#[test]
fn what_the_next_call_finds() {
    let server = Memcached::tcp(&[]);
    type Work = fn(&mut net::Client) -> Result<(), Error>;
    let rows: [(&str, Work, bool); 5] = [
        ("a call", |client| client.noop(), true),
        (
            "a call that fails",
            |client| client.incr("absent", 1).map(drop),
            true,
        ),
        (
            "abandons",
            |client| {
                let get = minimc::command::Get::new(minimc::Key::new("k")?);
                client.send(&get)
            },
            true,
        ),
        (
            "disconnects",
            |client| {
                client.disconnect();
                Ok(())
            },
            false,
        ),
        ("panics", |_| resume_unwind(Box::new(())), false),
    ];
    for (what, work, is_kept) in rows {
        let (clients, census) = clients(&server);
        clients
            .with(|client| client.set("k", "v", Expiry::NEVER))
            .unwrap();
        let _ = catch_unwind(AssertUnwindSafe(|| clients.with(|client| work(client))));
        assert_eq!(census.alive(), usize::from(is_kept), "{what}");
        let item = clients.with(|client| {
            // What the last one sent is not this one's to receive.
            let received = client.receive::<minimc::command::Get<'_>>();
            assert_eq!(received.unwrap_err().kind(), ErrorKind::OutOfOrder);
            client.get_owned("k")
        });
        assert_eq!(item.unwrap().unwrap().value, b"v", "{what}");
        assert_eq!(census.made() == 1, is_kept, "{what}");
    }
}

#[test]
fn relinquished_it_is_dropped_and_made_anew() {
    let server = Memcached::tcp(&[]);
    let (clients, census) = clients(&server);
    clients.relinquish();
    assert_eq!(number(&clients), 0);
    clients.relinquish();
    assert_eq!(census.alive(), 0);
    assert_eq!(number(&clients), 1);
}

#[test]
fn those_of_a_pool_that_is_gone_go_with_the_next_use_of_another() {
    let server = Memcached::tcp(&[]);
    let ((gone, census), (other, _)) = (clients(&server), clients(&server));
    number(&gone);
    drop(gone);
    assert_eq!(census.alive(), 1);
    number(&other);
    assert_eq!(census.alive(), 0);
}

#[test]
fn what_cannot_be_made_is_an_error_and_made_later() {
    let results = Mutex::new(vec![Err(ErrorKind::LoginRefused.into())]);
    let server = Memcached::tcp(&[]);
    let address = server.address().to_string();
    let clients = PerThread::new(move || match results.lock().unwrap().pop() {
        Some(refused) => refused,
        None => net::Client::connect(&address),
    });
    let refused = clients.with(|client| client.noop()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::LoginRefused);
    clients.with(|client| client.noop()).unwrap();
    // The alias makes them of an address.
    let clients = net::PerThread::connect_lazy(server.address());
    clients.with(|client| client.noop()).unwrap();
}
