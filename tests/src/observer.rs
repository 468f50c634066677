//! A connection of the test's own, by which it asks a server what it holds and what it has seen.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::server::Memcached;

/// One connection, over which lines are asked and answered by hand.
#[derive(Debug)]
pub struct Observer(BufReader<TcpStream>);

impl Observer {
    /// A connection to a server on TCP; logged in where the server wants that.
    pub fn new(server: &Memcached) -> Self {
        let stream = TcpStream::connect(server.address()).expect("a connection to observe by");
        let mut observer = Self(BufReader::new(stream));
        if !server.greeting().is_empty() {
            assert_eq!(observer.ask(server.greeting().as_bytes()), "STORED");
        }
        observer
    }

    /// Stores a value, and must be let.
    pub fn store(&mut self, key: &str, value: &[u8]) {
        assert_eq!(self.try_to_store(key, value), "STORED");
    }

    /// Stores a value; the server's answer.
    pub fn try_to_store(&mut self, key: &str, value: &[u8]) -> String {
        let line = format!("set {key} 0 0 {}\r\n", value.len());
        self.ask(&[line.as_bytes(), value, b"\r\n"].concat())
    }

    /// What is stored under a key.
    pub fn value(&mut self, key: &str) -> Option<Vec<u8>> {
        let line = self.ask(format!("get {key}\r\n").as_bytes());
        if line == "END" {
            return None;
        }
        let (_, length) = line.rsplit_once(' ').expect("a VALUE line");
        let mut value = vec![0; length.parse().expect("its length")];
        self.0.read_exact(&mut value).expect("its data");
        assert_eq!((self.line(), self.line()), (String::new(), "END".into()));
        Some(value)
    }

    /// How many connections were ever opened to the server.
    pub fn connections(&mut self) -> u64 {
        self.count("total_connections")
    }

    /// One of the server's own counts.
    pub fn count(&mut self, name: &str) -> u64 {
        let mut line = self.ask(b"stats\r\n");
        let mut count = None;
        while line != "END" {
            let words: Vec<&str> = line.split(' ').collect();
            if words[1] == name {
                count = words[2].parse().ok();
            }
            line = self.line();
        }
        count.unwrap_or_else(|| panic!("the server counts no {name}"))
    }

    fn ask(&mut self, request: &[u8]) -> String {
        self.0.get_mut().write_all(request).expect("ask the server");
        self.line()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the server's answer");
        line.trim_end().into()
    }
}
