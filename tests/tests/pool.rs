//! Pools in both colours: how many there are, who waits, who is next, and what is kept.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use minimc::pool::{PoolOptions, Poolable, blocking, tokio as async_pool};
use minimc::{Error, ErrorKind, Expiry, Fate, ReturnCode};
use minimc_tests::counted::{Census, Counted};
use minimc_tests::server::Memcached;

/// What stands for a client.
#[derive(Debug)]
struct Dummy {
    is_whole: bool,
}

impl Poolable for Dummy {
    fn recycle(&mut self) -> bool {
        self.is_whole
    }
}

const DUMMY: Dummy = Dummy { is_whole: true };

/// So many, and nobody waits for long.
fn size(size: usize) -> PoolOptions {
    PoolOptions {
        size,
        wait: Duration::from_millis(20),
        ..PoolOptions::default()
    }
}

/// Lets a holder panic, without words.
fn panic_with<T>(held: T) {
    let panics = AssertUnwindSafe(move || {
        let _held = held;
        resume_unwind(Box::new(()));
    });
    assert!(catch_unwind(panics).is_err());
}

/// `$async` and `$await` are the colour.
macro_rules! pools {
    (#[$test:meta] $colour:ident, $net:ident, [$($async:ident)?], [$($await:tt)*]) => {
        use super::*;

        type Pool = $colour::Pool<Counted<Dummy>>;

        fn pool(options: PoolOptions) -> (Pool, Census) {
            let census = Census::default();
            let made = census.clone();
            (Pool::new(options, move || Ok(made.count(DUMMY))), census)
        }

        #[$test]
        $($async)? fn there_are_as_many_as_its_size() {
            for count in [0, 1, 3] {
                let (pool, census) = pool(size(count));
                assert_eq!(census.made(), 0, "made before it is asked for");
                let mut held = vec![];
                for n in 0..count {
                    held.push(pool.checkout() $($await)*.unwrap());
                    assert_eq!(held[n].number(), n);
                }
                for lent in [pool.checkout() $($await)*, pool.try_checkout()] {
                    let error = lent.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::PoolExhausted);
                    assert_eq!(error.return_code(), ReturnCode::Timeout);
                    assert_eq!(error.fate(), Fate::NotSent);
                }
                // Given back they are lent again, by whichever handle.
                for n in 0..count {
                    held.remove(0);
                    held.push(pool.clone().try_checkout().unwrap());
                    assert_eq!(held[count - 1].number(), n);
                    assert!(pool.try_checkout().is_err());
                }
                drop(held);
                assert_eq!((census.made(), census.most()), (count, count));
                assert_eq!(census.alive(), count);
            }
        }

        #[$test]
        $($async)? fn the_one_used_last_is_lent_first() {
            let (pool, _) = pool(size(3));
            let mut held = vec![];
            for _ in 0..3 {
                held.push(pool.checkout() $($await)*.unwrap());
            }
            for index in [1, 1, 0] {
                drop(held.remove(index));
            }
            let mut again = vec![];
            for number in [0, 2, 1] {
                again.push(pool.checkout() $($await)*.unwrap());
                assert_eq!(again.last().unwrap().number(), number);
            }
        }

        #[$test]
        $($async)? fn the_old_are_dropped_before_another_is_made() {
            let none = Some(Duration::ZERO);
            for options in [
                PoolOptions { max_idle: none, ..size(1) },
                PoolOptions { max_lifetime: none, ..size(1) },
            ] {
                let (pool, census) = pool(options);
                for n in 0..3 {
                    assert_eq!(pool.checkout() $($await)*.unwrap().number(), n);
                }
                assert_eq!(census.most(), 1);
            }
        }

        #[$test]
        $($async)? fn the_broken_are_dropped_and_their_places_are_free() {
            let (pool, census) = pool(size(1));
            for n in 0..3 {
                let mut client = pool.checkout() $($await)*.unwrap();
                assert_eq!(client.number(), n);
                client.is_whole = false;
            }
            assert_eq!((census.most(), census.alive()), (1, 0));
        }

        #[$test]
        $($async)? fn a_holder_that_panics_takes_its_client_along() {
            let (pool, census) = pool(size(1));
            for n in 0..3 {
                let client = pool.checkout() $($await)*.unwrap();
                assert_eq!(client.number(), n);
                panic_with(client);
            }
            assert_eq!((census.most(), census.alive()), (1, 0));
        }

        #[$test]
        $($async)? fn who_cannot_make_one_loses_no_place() {
            let fails = Arc::new(AtomicBool::new(true));
            let (census, told) = (Census::default(), fails.clone());
            let pool = Pool::new(size(1), {
                let census = census.clone();
                move || match told.load(Ordering::SeqCst) {
                    true => Err(ErrorKind::LoginRefused.into()),
                    false => Ok(census.count(DUMMY)),
                }
            });
            for _ in 0..3 {
                let refused = pool.checkout() $($await)*.unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::LoginRefused);
            }
            fails.store(false, Ordering::SeqCst);
            drop(pool.checkout() $($await)*.unwrap());

            let pool = Pool::new(size(1), {
                let panics = AtomicBool::new(true);
                move || {
                    if panics.swap(false, Ordering::SeqCst) {
                        resume_unwind(Box::new(()));
                    }
                    Ok(census.count(DUMMY))
                }
            });
            assert!(catch_unwind(AssertUnwindSafe(|| pool.try_checkout())).is_err());
            drop(pool.try_checkout().unwrap());
        }

        #[$test]
        $($async)? fn the_last_handle_takes_all_along() {
            let (pool, census) = pool(size(2));
            let (held, rests) = (pool.checkout() $($await)*.unwrap(), pool.try_checkout());
            drop(rests);
            drop(pool);
            assert_eq!(held.number(), 0);
            drop(held);
            assert_eq!(census.alive(), 0);
        }

        #[$test]
        $($async)? fn a_server_that_is_down_is_the_error_of_the_first_call() {
            let mut server = Memcached::tcp(&[]);
            let pool = minimc::$net::Pool::connect_lazy(server.address());
            {
                let mut client = pool.checkout() $($await)*.unwrap();
                client.set("k", "before", Expiry::NEVER) $($await)*.unwrap();
            }
            server.stop();
            // The connection was there, and this may have left on it.
            let mut client = pool.checkout() $($await)*.unwrap();
            client.set("k", "last", Expiry::NEVER) $($await)*.unwrap_err();
            drop(client);
            for _ in 0..20 {
                let mut client = pool.checkout() $($await)*.unwrap();
                let error = client.set("k", "while", Expiry::NEVER) $($await)*.unwrap_err();
                assert_eq!(error.return_code(), ReturnCode::ConnectionFailure);
                assert_eq!(error.fate(), Fate::NotSent);
            }
            server.start_again();
            let mut client = pool.checkout() $($await)*.unwrap();
            client.set("k", "after", Expiry::NEVER) $($await)*.unwrap();
            let item = client.get_owned("k") $($await)*.unwrap();
            assert_eq!(item.unwrap().value, b"after");
        }
    };
}

mod of_threads {
    pools!(
        #[test]
        blocking,
        net,
        [],
        []
    );
}

mod of_tasks {
    pools!(#[tokio::test] async_pool, tokio, [async], [.await]);
}

type Checkout<'p> =
    Pin<Box<dyn Future<Output = Result<minimc::pool::Pooled<Dummy>, Error>> + Send + 'p>>;

fn tasks_pool(count: usize) -> async_pool::Pool<Dummy> {
    let options = PoolOptions {
        wait: Duration::MAX,
        ..size(count)
    };
    async_pool::Pool::new(options, || Ok(DUMMY))
}

fn is_ready(checkout: &mut Checkout<'_>) -> Option<minimc::pool::Pooled<Dummy>> {
    let mut context = Context::from_waker(Waker::noop());
    match checkout.as_mut().poll(&mut context) {
        Poll::Ready(lent) => Some(lent.unwrap()),
        Poll::Pending => None,
    }
}

#[tokio::test]
async fn tasks_are_served_in_the_order_of_their_first_polls() {
    let pool = tasks_pool(1);
    let mut held = Some(pool.try_checkout().unwrap());
    let mut waiting: Vec<Checkout<'_>> = (0..8)
        .map(|_| Box::pin(pool.checkout()) as Checkout<'_>)
        .collect();
    // The last one is polled first.
    for checkout in waiting.iter_mut().rev() {
        assert!(is_ready(checkout).is_none());
    }
    while let Some(mut next) = waiting.pop() {
        drop(held.take());
        assert!(pool.try_checkout().is_err(), "pushed in");
        assert!(
            waiting
                .iter_mut()
                .all(|checkout| is_ready(checkout).is_none())
        );
        held = is_ready(&mut next);
        assert!(held.is_some());
    }
}

#[tokio::test]
async fn a_checkout_that_is_dropped_loses_no_place() {
    // Dropped before its first poll, while it waits, and when its turn has come.
    for (polled, is_next) in [(false, false), (true, false), (true, true)] {
        let pool = tasks_pool(1);
        let held = pool.try_checkout().unwrap();
        let mut first: Checkout<'_> = Box::pin(pool.checkout());
        if polled {
            assert!(is_ready(&mut first).is_none());
        }
        let mut second: Checkout<'_> = Box::pin(pool.checkout());
        assert!(is_ready(&mut second).is_none());
        if is_next {
            drop(held);
            assert!(is_ready(&mut second).is_none(), "before the first");
            drop(first);
        } else {
            drop(first);
            drop(held);
        }
        drop(is_ready(&mut second).expect("the second's turn"));
        drop(pool.try_checkout().unwrap());
    }
}

#[tokio::test]
async fn a_task_that_gave_up_is_in_nobodys_way() {
    let pool = async_pool::Pool::new(size(1), || Ok(DUMMY));
    let held = pool.checkout().await.unwrap();
    assert!(pool.checkout().await.is_err());
    drop(held);
    drop(pool.try_checkout().unwrap());
}
