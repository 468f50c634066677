//! The everyday calls from an async program on tokio, with a time limit and a value in pieces.
//!
//! `cargo run --example tokio --features tokio [ADDRESS]`, where ADDRESS is `host:port` or the path
//! of a Unix socket: 127.0.0.1:11211 unless told.

use core::time::Duration;

use minimc::tokio::Client;
use minimc::{Error, Expiry, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:11211");
    let options = Options {
        timeout: Duration::from_secs(1),
        ..Options::default()
    };
    let mut client = Client::connect_with(address, options).await?;
    println!("memcached {}", client.version().await?);

    client.set("greeting", "hello", Expiry::seconds(60)).await?;
    if let Some(item) = client.get("greeting").await? {
        println!("greeting: {}", item.value.escape_ascii());
    }

    // A value of any length, in pieces.
    client
        .set("image", &vec![b'x'; 500_000], Expiry::seconds(60))
        .await?;
    if let Some(mut image) = client.open("image").await? {
        let mut sum = 0_u64;
        let length = image.entry().length;
        while let Some(bytes) = image.next().await? {
            sum += bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
        }
        println!("image: {length} bytes, sum {sum}");
    }

    // Any future may be dropped; the next call gets its own reply all the same.
    let late = tokio::time::timeout(Duration::from_micros(1), client.get("image")).await;
    println!("gave up: {}", late.is_err());
    let item = client.get("greeting").await?;
    println!("greeting: {item:?}");
    Ok(())
}
