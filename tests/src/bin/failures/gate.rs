//! A gate before a server, through which bytes go at once, late, or not at all.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

/// Takes connections for a server as long as it lives, whatever its bytes do.
#[derive(Debug)]
pub(crate) struct Gate {
    address: SocketAddr,
    delay: Arc<AtomicU64>,
}

/// In place of a delay: for ever.
const SHUT: u64 = u64::MAX;

impl Gate {
    pub(crate) fn new(server: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let gate = Self {
            address: listener.local_addr()?,
            delay: Arc::default(),
        };
        let (server, delay) = (String::from(server), Arc::downgrade(&gate.delay));
        thread::spawn(move || {
            for client in listener.incoming() {
                if delay.strong_count() == 0 {
                    return;
                }
                // Without a server the client finds its connection closed.
                let _ = client.and_then(|client| connect(client, &server, &delay));
            }
        });
        Ok(gate)
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Lets replies pass so much later.
    pub(crate) fn slow(&self, delay: Duration) {
        let delay = u64::try_from(delay.as_millis()).unwrap_or(SHUT);
        self.delay.store(delay, Ordering::Relaxed);
    }

    /// Lets nothing pass until it is [open](Self::open): what has come waits, new connections too.
    pub(crate) fn shut(&self) {
        self.delay.store(SHUT, Ordering::Relaxed);
    }

    pub(crate) fn open(&self) {
        self.delay.store(0, Ordering::Relaxed);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.delay = Arc::default();
        // So that the thread that waits for connections sees it.
        let _ = TcpStream::connect(self.address);
    }
}

fn connect(client: TcpStream, server: &str, delay: &Weak<AtomicU64>) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ways = [
        (client.try_clone()?, server.try_clone()?, false),
        (server, client, true),
    ];
    for (from, to, is_back) in ways {
        let delay = delay.clone();
        thread::spawn(move || carry(from, to, is_back, &delay));
    }
    Ok(())
}

fn carry(mut from: TcpStream, mut to: TcpStream, is_back: bool, delay: &Weak<AtomicU64>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let mut waits = is_back;
        loop {
            match delay.upgrade().map(|delay| delay.load(Ordering::Relaxed)) {
                None => return,
                Some(SHUT) => thread::sleep(Duration::from_millis(2)),
                Some(delay) if waits => {
                    waits = false;
                    thread::sleep(Duration::from_millis(delay));
                }
                Some(_) => break,
            }
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
