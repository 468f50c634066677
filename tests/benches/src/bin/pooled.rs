//! The loop that `ci/bench.sh` counts of pools: COUNT gets of 32 bytes, each by a client that the pool
//! lends for it.
//!
//! `pooled get ADDRESS COUNT` prints the number of heap allocations in the loop. A program of its own: in
//! `exact` it would change what the compiler makes of the others.

use minimc::Expiry;
use minimc::net::Pool;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [_, address, count] = arguments.as_slice() else {
        return Err("usage: pooled get ADDRESS COUNT".into());
    };
    let count: usize = count.parse()?;
    let (key, value) = ("a-key-16-letters", [b'v'; 32]);
    let pool = Pool::connect_lazy(address);
    pool.checkout()?.set(key, &value, Expiry::NEVER)?;

    let mut outcome = Ok(());
    let allocations = allocation_counter::measure(|| {
        outcome = (|| {
            for _ in 0..count {
                let mut client = pool.checkout()?;
                assert!(client.get(key)?.is_some_and(|item| item.value == value));
            }
            Ok::<(), minimc::Error>(())
        })();
    });
    outcome?;
    println!("{}", allocations.count_total);
    Ok(())
}
