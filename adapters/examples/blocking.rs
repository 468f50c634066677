//! The everyday calls from a blocking program.
//!
//! `cargo run --example blocking [ADDRESS]`, where ADDRESS is `host:port` or the path of a Unix
//! socket: 127.0.0.1:11211 unless told.

use minimc::command::{Get, Stored};
use minimc::net::Client;
use minimc::{Error, ErrorKind, Expiry, Key};

fn main() -> Result<(), Error> {
    let address = std::env::args().nth(1);
    let mut client = Client::connect(address.as_deref().unwrap_or("127.0.0.1:11211"))?;
    println!("memcached {}", client.version()?);

    client.set("greeting", "hello", Expiry::seconds(60))?;
    if let Some(item) = client.get("greeting")? {
        println!("greeting: {}", item.value.escape_ascii());
    }

    // Counting what is not there is an error of its own, so that a counter is never invented.
    let visits = match client.incr("visits", 1) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            match client.add("visits", "1", Expiry::NEVER)? {
                Stored::Stored => 1,
                // Somebody else was faster.
                _ => client.incr("visits", 1)?,
            }
        }
        counted => counted?,
    };
    println!("visits: {visits}");

    // Many keys in one request; what became of each comes back.
    let keys = ["greeting", "absent", "visits"];
    let mut items = client.get_many(&keys)?;
    while let Some((key, item)) = items.next() {
        match item? {
            Some(item) => println!("{key}: {} bytes", item.value.len()),
            None => println!("{key}: no such item"),
        }
    }

    // Many commands on the way at once.
    let gets = keys
        .iter()
        .filter_map(|key| Key::new(key).ok())
        .map(Get::new);
    client.call_each(gets, |index, reply| match reply {
        Ok(item) => println!("{}: {item:?}", keys[index]),
        Err(error) => println!("{}: {error}", keys[index]),
    })
}
