//! The loop that `ci/bench.sh` counts: COUNT gets or sets of 32 bytes by the blocking client.
//!
//! `exact get|set ADDRESS COUNT` prints the number of heap allocations in the loop. Instructions
//! and system calls are counted from outside, as the difference of two counts.

use minimc::Expiry;
use minimc::net::Client;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [operation, address, count] = arguments.as_slice() else {
        return Err("usage: exact get|set ADDRESS COUNT".into());
    };
    let count: usize = count.parse()?;
    let (key, value) = ("a-key-16-letters", [b'v'; 32]);
    let mut client = Client::connect(address)?;
    client.set(key, &value, Expiry::NEVER)?;

    let mut outcome = Ok(());
    let allocations = allocation_counter::measure(|| {
        outcome = (|| {
            for _ in 0..count {
                match operation.as_str() {
                    "get" => assert!(client.get(key)?.is_some_and(|item| item.value == value)),
                    "set" => client.set(key, &value, Expiry::NEVER)?,
                    other => panic!("no operation is called {other}"),
                }
            }
            Ok::<(), minimc::Error>(())
        })();
    });
    outcome?;
    println!("{}", allocations.count_total);
    Ok(())
}
