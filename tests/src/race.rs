//! Many who race, in threads and in tasks.

use std::thread;

/// How many race.
pub const RACERS: usize = 8;

/// Runs `racer` in as many threads as race; what each comes to.
///
/// # Panics
///
/// If one of them does.
pub fn threads<R: Send>(racer: impl Fn(usize) -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|n| {
                scope.spawn({
                    let racer = &racer;
                    move || racer(n)
                })
            })
            .collect();
        racers
            .into_iter()
            .map(|racer| racer.join().unwrap())
            .collect()
    })
}

/// Runs `racer` in as many tasks as race; what each comes to.
///
/// # Panics
///
/// If one of them does.
pub async fn tasks<F: Future<Output: Send> + Send + 'static>(
    racer: impl Fn(usize) -> F,
) -> Vec<F::Output> {
    let racers: Vec<_> = (0..RACERS).map(|n| tokio::spawn(racer(n))).collect();
    let mut ends = vec![];
    for racer in racers {
        ends.push(racer.await.unwrap());
    }
    ends
}
