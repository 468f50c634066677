//! A real memcached, on the first core, with one thread, over a Unix socket and over TCP.

use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use minimc::net::Client;
use minimc::{Expiry, Options};

use crate::Result;
use crate::contestants::Setting;
use crate::workload::Workload;

/// Both servers end with it: a memcached listens to one kind of socket only.
pub struct Server {
    processes: Vec<Child>,
    socket: PathBuf,
    tcp: String,
}

impl Server {
    pub fn start() -> Result<Self> {
        let socket = std::env::temp_dir().join(format!("minimc-rank-{}.sock", std::process::id()));
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let path = socket.to_str().ok_or("a path that is no text")?;
        let server = Self {
            processes: vec![
                memcached(&["-s", path])?,
                memcached(&["-l", "127.0.0.1", "-p", &port.to_string()])?,
            ],
            tcp: format!("127.0.0.1:{port}"),
            socket,
        };
        let start = Instant::now();
        while UnixStream::connect(&server.socket).is_err()
            || TcpStream::connect(&server.tcp).is_err()
        {
            if start.elapsed() > Duration::from_secs(20) {
                return Err("memcached does not answer".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Where it listens over `unix` or `tcp`.
    pub fn address(&self, transport: &str) -> Result<String> {
        match transport {
            "unix" => Ok(self.socket.to_string_lossy().into_owned()),
            "tcp" => Ok(self.tcp.clone()),
            _ => Err(format!("no transport is called {transport}").into()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn memcached(listening: &[&str]) -> Result<Child> {
    let mut command = Command::new("taskset");
    command.args([
        "-c",
        "0",
        "memcached",
        "-u",
        "root",
        "-t",
        "1",
        "-m",
        "256",
        "-I",
        "2m",
    ]);
    Ok(command.args(listening).stdin(Stdio::null()).spawn()?)
}

/// Stores what the workload wants to find.
pub fn fill(setting: &Setting) -> Result<()> {
    let options = Options {
        item_limit: 2 << 20,
        ..Options::default()
    };
    let mut client = Client::connect_with(&setting.address, options)?;
    let value = setting.workload.value();
    if let Workload::Get(_) | Workload::GetMany(_) | Workload::Tasks { .. } = setting.workload {
        for key in setting.workload.keys() {
            client.set(&key, &value, Expiry::NEVER)?;
        }
    }
    Ok(())
}
