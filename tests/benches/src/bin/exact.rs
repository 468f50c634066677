//! The loop that `ci/bench.sh` counts: COUNT gets or sets of 32 bytes by the blocking client, or of
//! 100 values of 100 bytes at a time.
//!
//! `exact get|set|get-many|set-many[:SIZE] ADDRESS COUNT` prints the number of heap allocations in the loop;
//! SIZE is another number of bytes, or of values.
//! Instructions and system calls are counted from outside, as the difference of two counts.

use minimc::Expiry;
use minimc::command::Stored;
use minimc::net::Client;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [operation, address, count] = arguments.as_slice() else {
        return Err("usage: exact get|set|get-many|set-many[:SIZE] ADDRESS COUNT".into());
    };
    let count: usize = count.parse()?;
    let (operation, size) = match operation.split_once(':') {
        Some((operation, size)) => (operation, Some(size.parse()?)),
        None => (operation.as_str(), None),
    };
    let is_many = operation.ends_with("-many");
    let (bytes, values) = match size {
        Some(size) if is_many => (32, size),
        _ => (size.unwrap_or(32), 100),
    };
    let (key, value) = ("a-key-16-letters", vec![b'v'; bytes]);
    let mut client = Client::connect(address)?;
    client.set(key, &value, Expiry::NEVER)?;
    let keys: Vec<String> = (0..values)
        .map(|number| format!("a-key-of-16-{number:04}"))
        .collect();
    let items: Vec<(&str, [u8; 100])> = keys.iter().map(|key| (&key[..], [b'v'; 100])).collect();
    let set_many = |client: &mut Client| {
        let mut outcomes = client.set_many(&items, Expiry::NEVER)?;
        while let Some((_, outcome)) = outcomes.next() {
            assert_eq!(outcome?, Stored::Stored);
        }
        Ok::<(), minimc::Error>(())
    };
    if is_many {
        set_many(&mut client)?;
    }

    let mut outcome = Ok(());
    let allocations = allocation_counter::measure(|| {
        outcome = (|| {
            for _ in 0..count {
                match operation {
                    "get" => assert!(client.get(key)?.is_some_and(|item| item.value == value)),
                    "set" => client.set(key, &value, Expiry::NEVER)?,
                    "get-many" => {
                        let mut found = client.get_many(&keys)?;
                        while let Some((_, item)) = found.next() {
                            assert!(item?.is_some_and(|item| item.value.len() == 100));
                        }
                    }
                    "set-many" => set_many(&mut client)?,
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
