//! A real server that may restart at any time, and what it holds, asked past the proxy.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use minimc_tests::server::Memcached;

/// What is stored under a key.
pub(crate) type State = Option<Vec<u8>>;

/// The server's own limit of an item, well below the client's.
pub(crate) const ITEM_LIMIT: usize = 128 * 1024;

/// A memcached, and how often it started or stopped.
#[derive(Debug)]
pub(crate) struct Server {
    memcached: Mutex<Option<Memcached>>,
    address: String,
    turns: AtomicUsize,
}

/// Between which restarts something happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Era(usize);

impl Era {
    /// Whether the server was there.
    pub(crate) fn is_up(self) -> bool {
        self.0.is_multiple_of(2)
    }
}

impl Server {
    pub(crate) fn start() -> Arc<Self> {
        // It never evicts: what is gone was deleted, refused or lost in a restart.
        let options = [
            "-I",
            "128k",
            "-o",
            "slab_chunk_max=65536",
            "-m",
            "900",
            "-M",
        ];
        let memcached = Memcached::tcp(&options);
        Arc::new(Self {
            address: memcached.address().into(),
            memcached: Mutex::new(Some(memcached)),
            turns: AtomicUsize::new(0),
        })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn era(&self) -> Era {
        Era(self.turns.load(Ordering::SeqCst))
    }

    /// Kills the server and starts it again, empty.
    pub(crate) fn restart(&self) {
        if let Some(memcached) = &mut *self.memcached() {
            self.turns.fetch_add(1, Ordering::SeqCst);
            memcached.start_again();
            self.turns.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Stops it for good, whoever still knows it.
    pub(crate) fn stop(&self) {
        self.memcached().take();
    }

    fn memcached(&self) -> MutexGuard<'_, Option<Memcached>> {
        let memcached = self.memcached.lock();
        memcached.unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection of its own to the server, on which nothing goes wrong. It is no client of ours: a
/// mistake in that must not hide itself.
#[derive(Debug)]
pub(crate) struct Truth {
    server: Arc<Server>,
    stream: Option<TcpStream>,
}

impl Truth {
    pub(crate) fn new(server: Arc<Server>) -> Self {
        Self {
            server,
            stream: None,
        }
    }

    /// What the server holds, and since which restart.
    pub(crate) fn ask(&mut self, key: &str) -> (State, Era) {
        for _ in 0..2000 {
            let era = self.server.era();
            if era.is_up()
                && let Ok(state) = self.get(key)
                && self.server.era() == era
            {
                return (state, era);
            }
            self.stream = None;
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server does not answer on a connection of its own");
    }

    fn get(&mut self, key: &str) -> io::Result<State> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.server.address())?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(Duration::from_secs(10)))?;
                stream
            }
        };
        stream.write_all(format!("get {key}\r\n").as_bytes())?;
        let (mut reply, mut buffer) = (Vec::new(), [0; 16 * 1024]);
        let state = loop {
            match stream.read(&mut buffer)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => reply.extend_from_slice(&buffer[..count]),
            }
            if let Some(state) = read(&reply) {
                break state;
            }
        };
        self.stream = Some(stream);
        Ok(state)
    }
}

/// What a whole reply to a classic `get` says.
fn read(reply: &[u8]) -> Option<State> {
    if reply == b"END\r\n" {
        return Some(None);
    }
    let end = reply.iter().position(|&byte| byte == b'\n')? + 1;
    let line = std::str::from_utf8(&reply[..end]).expect("a line of text");
    let length: usize = line.trim_end().rsplit(' ').next()?.parse().expect(line);
    (reply.len() == end + length + 7).then(|| Some(reply[end..end + length].to_vec()))
}
