//! Proxies and services that are no memcached: they answer `ERROR` to what they do not know.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use minimc::net::Client;
use minimc::{Error, ErrorKind, Expiry, Fate};

/// A server of one connection after another that knows `get` and `version`, and has nothing.
fn classic_only() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().try_for_each(|link| serve(link?)));
    address
}

fn serve(link: TcpStream) -> std::io::Result<()> {
    let mut requests = BufReader::new(link.try_clone()?);
    let mut line = String::new();
    while requests.read_line(&mut line)? > 0 {
        let reply = match line.split([' ', '\r']).next() {
            Some("get") => "END\r\n",
            Some("version") => "VERSION proxy\r\n",
            _ => "ERROR\r\n",
        };
        (&link).write_all(reply.as_bytes())?;
        line.clear();
    }
    Ok(())
}

/// What the error advises to choose.
fn hint(error: Error) -> &'static str {
    let ErrorKind::Unsupported(text) = error.kind() else {
        panic!("{error:?}");
    };
    text.split_once("choose ").map_or(text, |(_, hint)| hint)
}

#[test]
fn a_server_without_meta_commands() {
    let mut client = Client::connect(&classic_only().to_string()).unwrap();
    for error in [
        client.noop().unwrap_err(),
        client.get("k").unwrap_err(),
        client.delete("k").unwrap_err(),
        client.incr("k", 1).unwrap_err(),
    ] {
        assert_eq!(hint(error), "Protocol::Text");
        assert_eq!(error.fate(), Fate::Refused);
    }
    // Of a batch too, and at once: the line that would end a group is one of those.
    let mut many = client.delete_many(&["k", "j"]).unwrap();
    for _ in 0..2 {
        assert_eq!(hint(many.next().unwrap().1.unwrap_err()), "Protocol::Text");
    }
    assert!(many.next().is_none());
    drop(many);
    // Behind a line with data nothing can be trusted, and what became of it nobody knows.
    let error = client.set("k", "v", Expiry::NEVER).unwrap_err();
    assert_eq!(hint(error), "Protocol::Text");
    assert_eq!(error.fate(), Fate::Unknown);
    // Many keys are asked for by a classic line.
    let mut many = client.get_many(&["k", "j"]).unwrap();
    assert_eq!(many.next().unwrap().1.unwrap(), None);
}
