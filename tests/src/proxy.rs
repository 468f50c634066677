//! A TCP proxy before a real server: a line of one client's, on which bytes and replies fare as a
//! test says.

mod ends;
mod plan;
mod pump;
mod replies;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use minimc::Protocol;
use socket2::{Domain, Socket, Type};

use ends::Ends;
use plan::Plan;
pub use plan::{Fault, How, Struck, Way};
use pump::Pump;

/// What the proxy takes from a client ahead of the server, and the size of a segment, from which the
/// client's kernel reckons what it takes: so little that a client notices while it still writes a
/// large value.
const AHEAD: usize = 8 * 1024;
const SEGMENT: u32 = 1024;

/// The way of one client to a server. Any number of connections may follow each other on it; what
/// goes wrong does so on the newest.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What a line's threads know in common.
struct Shared {
    server: String,
    protocol: Protocol,
    restart: Box<dyn Fn() + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    plan: Plan,
    /// How many connections there were: the number of the newest.
    connections: usize,
    newest: Weak<Ends>,
    over: bool,
}

impl Line {
    /// A line to the server at `server`, on which `protocol` is spoken; `restart` restarts the
    /// server.
    pub fn new(
        server: &str,
        protocol: Protocol,
        restart: impl Fn() + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_recv_buffer_size(AHEAD)?;
        socket.set_tcp_mss(SEGMENT)?;
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
        socket.listen(64)?;
        let listener: TcpListener = socket.into();
        let line = Self {
            address: listener.local_addr()?,
            shared: Arc::new(Shared {
                server: server.into(),
                protocol,
                restart: Box::new(restart),
                state: Mutex::default(),
            }),
        };
        let shared = Arc::clone(&line.shared);
        thread::spawn(move || {
            for client in listener.incoming() {
                if shared.state().over {
                    return;
                }
                // Without a server the client finds its connection closed, as by a real proxy.
                let _ = client.and_then(|client| shared.connect(client));
            }
        });
        Ok(line)
    }

    /// Where a client connects to.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Lets this go wrong from now on, once.
    pub fn arm(&self, fault: Fault) {
        self.shared.state().plan.arm(fault);
    }

    /// Lets nothing go wrong any more; what did since the line was [armed](Self::arm).
    pub fn disarm(&self) -> Option<Struck> {
        self.shared.state().plan.arm(Fault::None)
    }

    /// Closes the connection there is at once, in good order or with a reset.
    pub fn close(&self, reset: bool) {
        let newest = self.shared.state().newest.upgrade();
        match newest {
            Some(ends) if reset => ends.reset(),
            Some(ends) => ends.cut(),
            None => {}
        }
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.shared.state().over = true;
        // So that the thread that waits for connections sees it.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what this says of the plan, if the connection, counted from one, is the newest.
    fn plan<R>(&self, connection: usize, ask: impl FnOnce(&mut Plan) -> R) -> Option<R> {
        let state = &mut *self.state();
        (state.connections == connection).then(|| ask(&mut state.plan))
    }

    fn connect(self: &Arc<Self>, client: TcpStream) -> io::Result<()> {
        let ends = Arc::new(Ends::new(client, TcpStream::connect(&self.server)?)?);
        let connection = {
            let mut state = self.state();
            state.newest = Arc::downgrade(&ends);
            state.connections += 1;
            state.connections
        };
        for way in [Way::Out, Way::Back] {
            let pump = Pump::new(way, connection, Arc::clone(&ends), Arc::clone(self));
            thread::spawn(move || pump.run());
        }
        Ok(())
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shared = f.debug_struct("Shared");
        shared.field("server", &self.server).finish_non_exhaustive()
    }
}
