//! The two sockets of a connection through the proxy, and how they end.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socket2::SockRef;

use super::Way;

#[derive(Debug)]
pub(super) struct Ends {
    client: TcpStream,
    server: TcpStream,
    is_reset: AtomicBool,
}

impl Ends {
    pub(super) fn new(client: TcpStream, server: TcpStream) -> io::Result<Self> {
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        Ok(Self {
            client,
            server,
            is_reset: AtomicBool::new(false),
        })
    }

    /// Where bytes come from and go to.
    pub(super) fn of(&self, way: Way) -> (&TcpStream, &TcpStream) {
        match way {
            Way::Out => (&self.client, &self.server),
            Way::Back => (&self.server, &self.client),
        }
    }

    /// Tells the receiver that nothing more comes this way.
    pub(super) fn half_close(&self, way: Way) {
        // That would be in good order.
        if !self.is_reset.load(Ordering::Acquire) {
            let _ = self.of(way).1.shutdown(Shutdown::Write);
        }
    }

    /// Closes both in good order.
    pub(super) fn cut(&self) {
        self.half_close(Way::Out);
        self.half_close(Way::Back);
        self.wake();
    }

    /// Resets both, as soon as nobody uses them.
    pub(super) fn reset(&self) {
        self.is_reset.store(true, Ordering::Release);
        for end in [&self.client, &self.server] {
            let _ = SockRef::from(end).set_linger(Some(Duration::ZERO));
        }
        self.wake();
    }

    /// Ends the reading of whoever waits for bytes; the peers hear nothing of it.
    fn wake(&self) {
        for end in [&self.client, &self.server] {
            let _ = end.shutdown(Shutdown::Read);
        }
    }
}
