//! A real memcached, started for a test on its own port or socket and stopped with it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A running memcached. It is killed when dropped.
#[derive(Debug)]
pub struct Memcached {
    process: Option<Child>,
    arguments: Vec<String>,
    address: String,
}

impl Memcached {
    /// Starts a memcached on a free port of the loopback interface, with `options` of its own.
    pub fn tcp(options: &[&str]) -> Self {
        for _ in 0..10 {
            let port = free_port();
            let port_options = ["-l", "127.0.0.1", "-U", "0", "-p", &port.to_string()];
            let arguments = port_options
                .iter()
                .chain(options)
                .map(ToString::to_string)
                .collect();
            let mut server = Self {
                process: None,
                arguments,
                address: format!("127.0.0.1:{port}"),
            };
            // Another program may have taken the port in between: then try the next.
            if server.launch() {
                return server;
            }
        }
        panic!("memcached does not start; is it installed? (ci/setup.sh installs it)");
    }

    /// Starts a memcached on a Unix socket.
    pub fn unix() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "minimc-{}-{}.sock",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path: PathBuf = std::env::temp_dir().join(name);
        let address = path.to_str().expect("a path of text").to_string();
        let mut server = Self {
            process: None,
            arguments: vec!["-s".into(), address.clone()],
            address,
        };
        assert!(
            server.launch(),
            "memcached does not start on {}",
            server.address
        );
        server
    }

    /// Where it listens, as a client's `connect` takes it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Stops the server; clients find their connections closed.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("kill memcached");
            process.wait().expect("wait for memcached");
        }
        if self.address.starts_with('/') {
            let _ = std::fs::remove_file(&self.address);
        }
    }

    /// Starts the server again, empty, where it was.
    pub fn start_again(&mut self) {
        self.stop();
        assert!(
            self.launch(),
            "memcached does not start again on {}",
            self.address
        );
    }

    fn launch(&mut self) -> bool {
        let mut command = Command::new("memcached");
        // Root must name the user to run as; for others the option does nothing.
        command
            .args(["-u", "root", "-t", "2"])
            .args(&self.arguments);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut process = command
            .spawn()
            .expect("run memcached; ci/setup.sh installs it");
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            if process.try_wait().expect("ask for memcached").is_some() {
                return false;
            }
            if self.answers_as(process.id()) {
                self.process = Some(process);
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = process.kill();
        let _ = process.wait();
        false
    }
}

impl Memcached {
    /// Whether the process that answers is this one and not another's server on the same port.
    fn answers_as(&self, process: u32) -> bool {
        let reply = if self.address.starts_with('/') {
            UnixStream::connect(&self.address).and_then(stats)
        } else {
            TcpStream::connect(&self.address).and_then(stats)
        };
        reply.is_ok_and(|reply| reply.contains(&format!("STAT pid {process}\r\n")))
    }
}

fn stats(mut stream: impl Read + Write) -> std::io::Result<String> {
    stream.write_all(b"stats\r\nquit\r\n")?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    Ok(reply)
}

impl Drop for Memcached {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("the port").port()
}
