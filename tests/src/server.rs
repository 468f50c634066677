//! A real memcached, started for a test on its own port or socket and stopped with it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::sasl::Sasl;

/// A running memcached. It is killed when dropped.
#[derive(Debug)]
pub struct Memcached {
    process: Option<Child>,
    arguments: Vec<String>,
    address: String,
    /// What is said first on every connection.
    greeting: String,
    /// What answers for its passwords, where it speaks SASL and so nothing but packets.
    sasl: Option<Sasl>,
}

/// The name and the password that a [server with a login](Memcached::with_login) takes.
pub const LOGIN: &str = "minimc secret";

impl Memcached {
    /// Starts a memcached on a free port of the loopback interface, with `options` of its own.
    pub fn tcp(options: &[&str]) -> Self {
        Self::on_free_ports(options, "", false, None)
    }

    /// Starts one that listens for datagrams too, on the port of the same number.
    pub fn udp(options: &[&str]) -> Self {
        Self::on_free_ports(options, "", true, None)
    }

    /// Starts one that answers nothing before the [`LOGIN`].
    pub fn with_login() -> Self {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/login");
        let greeting = format!("set login 0 0 {}\r\n{LOGIN}\r\n", LOGIN.len());
        Self::on_free_ports(&["-Y", file], &greeting, false, None)
    }

    /// Starts one that does nothing before the [`LOGIN`] came by SASL, and knows no text.
    pub fn with_sasl() -> Self {
        Self::on_free_ports(&["-S"], "", false, Some(Sasl::new(LOGIN)))
    }

    fn on_free_ports(options: &[&str], greeting: &str, udp: bool, mut sasl: Option<Sasl>) -> Self {
        for _ in 0..10 {
            let port = free_port().to_string();
            let udp_port = if udp { &port } else { "0" };
            let port_options = ["-l", "127.0.0.1", "-U", udp_port, "-p", &port];
            let arguments = port_options
                .iter()
                .chain(options)
                .map(ToString::to_string)
                .collect();
            let mut server = Self {
                process: None,
                arguments,
                address: format!("127.0.0.1:{port}"),
                greeting: greeting.into(),
                sasl: sasl.take(),
            };
            // Another program may have taken the port in between: then try the next.
            if server.launch() {
                return server;
            }
            sasl = server.sasl.take();
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
            greeting: String::new(),
            sasl: None,
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

    /// The TCP port it listens on; empty on a Unix socket.
    pub fn port(&self) -> &str {
        self.address.rsplit_once(':').map_or("", |(_, port)| port)
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

    /// Kills the server, and does not wait until all of it is gone: a machine that is busy may take
    /// seconds for that. [`start_again`](Self::start_again) does.
    pub fn kill(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill().expect("kill memcached");
        }
    }

    /// Holds the server: connections are taken and bytes received, and nothing is answered until it
    /// is [let go](Self::go_on).
    pub fn hold(&self) {
        self.signal("-STOP");
        let threads = format!("/proc/{}/task", self.process_id());
        let is_held = || {
            let mut threads = std::fs::read_dir(&threads).expect("the server's threads");
            threads.all(|thread| {
                let status = thread.map(|thread| thread.path().join("status"));
                let status = status.and_then(std::fs::read_to_string);
                status.is_ok_and(|status| status.contains("State:\tT"))
            })
        };
        while !is_held() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lets the server go on.
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let process = self.process_id().to_string();
        let status = Command::new("kill").args([signal, &process]).status();
        assert!(status.expect("run kill").success(), "kill {signal}");
    }

    fn process_id(&self) -> u32 {
        self.process.as_ref().expect("a running server").id()
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
        if let Some(sasl) = &self.sasl {
            command.env("SASL_CONF_PATH", sasl.folder());
        }
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
            UnixStream::connect(&self.address).and_then(|stream| self.stats(stream))
        } else {
            TcpStream::connect(&self.address).and_then(|stream| self.stats(stream))
        };
        let stat = match self.sasl {
            // Name and value of a packet.
            Some(_) => format!("pid{process}"),
            None => format!("STAT pid {process}\r\n"),
        };
        reply.is_ok_and(|reply| {
            reply
                .windows(stat.len())
                .any(|part| part == stat.as_bytes())
        })
    }

    fn stats(&self, mut stream: impl Read + Write) -> std::io::Result<Vec<u8>> {
        if self.sasl.is_some() {
            let login = format!("PLAIN\0{}", LOGIN.replace(' ', "\0"));
            for (opcode, key, body) in [(0x21, 5, login.as_str()), (0x10, 0, ""), (0x07, 0, "")] {
                let mut packet = [0; 24];
                packet[..4].copy_from_slice(&[0x80, opcode, 0, key]);
                packet[11] = body.len() as u8;
                stream.write_all(&[&packet[..], body.as_bytes()].concat())?;
            }
        } else {
            stream.write_all(format!("{}stats\r\nquit\r\n", self.greeting).as_bytes())?;
        }
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply)?;
        Ok(reply)
    }

    /// What is said first on every connection; empty where no login is wanted.
    pub(crate) fn greeting(&self) -> &str {
        &self.greeting
    }
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
