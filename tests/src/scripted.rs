//! A server of one connection that has what it says from a script.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

/// A server of one connection that answers each request with what the script has for it, in two
/// parts cut at a place of its own: its address, and its thread, which fails if it is asked
/// something else.
pub fn scripted(script: Vec<(&'static str, Vec<u8>)>) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        for (index, (request, reply)) in script.into_iter().enumerate() {
            let mut asked = vec![0; request.len()];
            stream.read_exact(&mut asked).unwrap();
            assert_eq!(String::from_utf8(asked).unwrap(), request);
            let (front, back) = reply.split_at(reply.len() * (index % 5) / 5);
            for part in [front, back] {
                stream.write_all(part).unwrap();
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    });
    (address, server)
}
