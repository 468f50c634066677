//! What programs make of the commands.

use minimc::recipes::{Admission, Compute, Computed, Election, Lock, RateLimit, Update, Updated};
use minimc::{Client, Error, ErrorKind, Expiry, Protocol, Storage, Transport};

const MINUTE: Expiry = Expiry::seconds(60);

/// The recipes, each as one who has no rival sees it.
pub async fn recipes<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    compute(client).await;

    let update = Update::new("updated", MINUTE).unwrap();
    for (before, after) in [(&b""[..], b"a"), (b"a", b"b")] {
        let updated = client.update(&update, |item| {
            assert_eq!(item.map_or(&b""[..], |item| item.value), before);
            Some(after)
        });
        assert_eq!(updated.await.unwrap(), Updated::Stored);
    }

    let [mine, theirs] =
        ["me", "them"].map(|owner| Lock::new("lock", "tokens", owner, MINUTE).unwrap());
    assert_eq!(client.acquire(&mine).await.unwrap(), Some(1));
    assert_eq!(client.acquire(&theirs).await.unwrap(), None);
    assert!(client.renew(&mine).await.unwrap());
    assert!(!client.release(&theirs).await.unwrap());
    assert!(client.release(&mine).await.unwrap());
    assert_eq!(client.acquire(&theirs).await.unwrap(), Some(2));

    let [mine, theirs] = ["me", "them"].map(|name| Election::new("leader", name, MINUTE).unwrap());
    assert!(client.campaign(&mine).await.unwrap());
    assert!(!client.campaign(&theirs).await.unwrap());
    assert!(client.campaign(&mine).await.unwrap());
    assert!(client.resign(&mine).await.unwrap());
    assert!(client.campaign(&theirs).await.unwrap());

    let limit = RateLimit::new("rate", 2, MINUTE).unwrap();
    for admission in [
        Admission::Admitted { left: 1 },
        Admission::Admitted { left: 0 },
        Admission::Refused,
    ] {
        assert_eq!(client.admit(&limit).await.unwrap(), admission);
    }
}

async fn compute<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    let recipe = Compute::new("computed", MINUTE).unwrap();
    let mut times = 0;
    for _ in 0..2 {
        let computed = client.get_or_compute(
            &recipe,
            |item| item.value == b"x",
            async || {
                times += 1;
                Ok::<_, Error>("x")
            },
            async |_| panic!("nobody else computes it"),
        );
        match computed.await {
            Err(error) => {
                assert_ne!(client.options().protocol, Protocol::Meta, "{error}");
                assert!(matches!(error.kind(), ErrorKind::Unsupported(_)));
                return;
            }
            Ok(Computed::Found(is_it) | Computed::Computed { value: is_it, .. }) => assert!(is_it),
            Ok(Computed::Stale(_) | Computed::Pending) => panic!("nobody else computes it"),
        }
    }
    assert_eq!(times, 1);
}
