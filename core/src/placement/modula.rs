//! The remainder, and other rules that need no ring.

/// `hash % servers`: the server whose index is the remainder. libmemcached counts dead servers too.
/// `None` without servers.
///
/// Every server that is added or taken away moves nearly all keys.
pub const fn modula(hash: u32, servers: usize) -> Option<usize> {
    (hash as usize).checked_rem(servers)
}

/// Any server, by a random number of the caller's: writes are found again by chance only. `None`
/// without servers.
pub const fn random(number: u32, servers: usize) -> Option<usize> {
    modula(number, servers)
}

/// The server of a bucket: of `buckets[hash & (buckets.len() - 1)]`, each of which is the index of a
/// server. A number of buckets that is no power of two leaves some unused, as in libmemcached. `None`
/// without buckets.
///
/// ```
/// use minimc_core::placement::virtual_bucket;
///
/// assert_eq!(virtual_bucket(6, &[0, 1, 1, 0]), Some(1));
/// ```
pub fn virtual_bucket(hash: u32, buckets: &[usize]) -> Option<usize> {
    let mask = buckets.len().checked_sub(1)?;
    buckets.get(hash as usize & mask).copied()
}

/// What libmemcached does for virtual buckets without buckets: `hash & (servers - 1)`. Servers stay
/// without a key unless their number is a power of two. `None` without servers.
pub const fn masked(hash: u32, servers: usize) -> Option<usize> {
    match servers.checked_sub(1) {
        Some(mask) => Some(hash as usize & mask),
        None => None,
    }
}
