//! Polling by hand: to the end, so many times, or counting.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What a future comes to.
///
/// # Panics
///
/// If it hangs.
pub fn finish<F: Future>(future: F) -> F::Output {
    polled(future, 1_000_000).expect("a future that hangs")
}

/// What a future comes to when polled so many times, if it does; else it is dropped.
pub fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

/// The number of polls that a future takes to come to what it comes to.
pub fn polls<F: Future>(future: F) -> (usize, F::Output) {
    let mut count = 0;
    let mut future = pin!(future);
    let output = finish(poll_fn(|context| {
        count += 1;
        future.as_mut().poll(context)
    }));
    (count, output)
}
