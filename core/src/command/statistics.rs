//! Statistics that have types: each a field, filled name by name.

use core::fmt;
use core::time::Duration;

use super::Statistic;
use crate::decimal::Decimal;
use crate::error::{ErrorKind, Text};
use crate::wire::lines;

/// What a statistic's value may be.
trait Value: Sized {
    fn read(value: &[u8]) -> Result<Self, ErrorKind>;
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Value for u64 {
    fn read(value: &[u8]) -> Result<Self, ErrorKind> {
        lines::whole_number(value)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Decimal(*self), f)
    }
}

impl Value for bool {
    fn read(value: &[u8]) -> Result<Self, ErrorKind> {
        match value {
            b"yes" | b"on" | b"1" => Ok(true),
            b"no" | b"off" | b"0" => Ok(false),
            _ => Err(ErrorKind::Malformed),
        }
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self { "true" } else { "false" })
    }
}

impl Value for Text {
    fn read(value: &[u8]) -> Result<Self, ErrorKind> {
        Ok(Self::new(value))
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Seconds with six digits behind the point (or the colon, of old).
impl Value for Duration {
    fn read(value: &[u8]) -> Result<Self, ErrorKind> {
        let (seconds, rest) = lines::leading_number(value).ok_or(ErrorKind::Malformed)?;
        let [b'.' | b':', micros @ ..] = rest else {
            return Err(ErrorKind::Malformed);
        };
        match u32::try_from(lines::whole_number(micros)?) {
            Ok(micros) if micros < 1_000_000 => {
                Ok(Self::from_secs(seconds).saturating_add(Self::from_micros(micros.into())))
            }
            _ => Err(ErrorKind::Malformed),
        }
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = Decimal(self.subsec_micros().into());
        write!(f, "{:?} s {micros:?} us", Decimal(self.as_secs()))
    }
}

struct Shown<'v, V>(&'v V);

impl<V: Value> fmt::Debug for Shown<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

/// A struct of statistics; the fields are named as the server names them.
macro_rules! statistics {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Eq, PartialEq)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[allow(missing_docs, reason = "the names are the server's")]
        #[non_exhaustive]
        pub struct $name {
            $(pub $field: $type,)*
        }

        impl $name {
            /// That of which nothing is known: every number is 0, every text empty.
            pub const fn new() -> Self {
                Self { $($field: <$type as Nothing>::NOTHING,)* }
            }

            /// Takes a statistic, if it is one of these; `false` if it is not.
            ///
            /// Fails with [`Malformed`](ErrorKind::Malformed), and changes nothing, if the value is
            /// none of the field's type.
            pub fn take(&mut self, statistic: &Statistic<'_>) -> Result<bool, ErrorKind> {
                $(if statistic.name == stringify!($field).as_bytes() {
                    self.$field = Value::read(statistic.value)?;
                    return Ok(true);
                })*
                Ok(false)
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &Shown(&self.$field)))*
                    .finish()
            }
        }
    };
}

/// The value of a field of which nothing is known.
trait Nothing {
    const NOTHING: Self;
}

impl Nothing for u64 {
    const NOTHING: Self = 0;
}

impl Nothing for bool {
    const NOTHING: Self = false;
}

impl Nothing for Text {
    const NOTHING: Self = Self::NONE;
}

impl Nothing for Duration {
    const NOTHING: Self = Self::ZERO;
}

statistics! {
    /// The server's own statistics: those of [`Stats::GENERAL`](super::Stats::GENERAL).
    General {
        pid: u64,
        uptime: u64,
        time: u64,
        version: Text,
        pointer_size: u64,
        rusage_user: Duration,
        rusage_system: Duration,
        max_connections: u64,
        curr_connections: u64,
        total_connections: u64,
        rejected_connections: u64,
        connection_structures: u64,
        cmd_get: u64,
        cmd_set: u64,
        cmd_flush: u64,
        cmd_touch: u64,
        cmd_meta: u64,
        get_hits: u64,
        get_misses: u64,
        get_expired: u64,
        get_flushed: u64,
        delete_hits: u64,
        delete_misses: u64,
        incr_hits: u64,
        incr_misses: u64,
        decr_hits: u64,
        decr_misses: u64,
        cas_hits: u64,
        cas_misses: u64,
        cas_badval: u64,
        touch_hits: u64,
        touch_misses: u64,
        store_too_large: u64,
        store_no_memory: u64,
        auth_cmds: u64,
        auth_errors: u64,
        bytes_read: u64,
        bytes_written: u64,
        limit_maxbytes: u64,
        accepting_conns: bool,
        threads: u64,
        hash_bytes: u64,
        bytes: u64,
        curr_items: u64,
        total_items: u64,
        expired_unfetched: u64,
        evicted_unfetched: u64,
        evictions: u64,
        reclaimed: u64,
    }
}

statistics! {
    /// How the server was set up: [`Stats::SETTINGS`](super::Stats::SETTINGS).
    Settings {
        maxbytes: u64,
        maxconns: u64,
        tcpport: u64,
        udpport: u64,
        inter: Text,
        verbosity: u64,
        oldest: u64,
        evictions: bool,
        domain_socket: Text,
        umask: Text,
        shutdown_command: bool,
        growth_factor: Text,
        chunk_size: u64,
        num_threads: u64,
        stat_key_prefix: Text,
        detail_enabled: bool,
        reqs_per_event: u64,
        cas_enabled: bool,
        tcp_backlog: u64,
        binding_protocol: Text,
        auth_enabled_sasl: bool,
        auth_enabled_ascii: bool,
        item_size_max: u64,
        maxconns_fast: bool,
        slab_reassign: bool,
        slab_automove: u64,
        slab_chunk_max: u64,
        lru_crawler: bool,
        flush_enabled: bool,
        dump_enabled: bool,
        hash_algorithm: Text,
        lru_maintainer_thread: bool,
        lru_segmented: bool,
        temp_lru: bool,
        temporary_ttl: u64,
        idle_timeout: u64,
        track_sizes: bool,
        ssl_enabled: bool,
    }
}

statistics! {
    /// The items of one slab class: what is [`within`](Statistic::within) one of
    /// [`Stats::ITEMS`](super::Stats::ITEMS).
    ClassItems {
        number: u64,
        number_hot: u64,
        number_warm: u64,
        number_cold: u64,
        number_temp: u64,
        age_hot: u64,
        age_warm: u64,
        age: u64,
        mem_requested: u64,
        evicted: u64,
        evicted_nonzero: u64,
        evicted_time: u64,
        outofmemory: u64,
        tailrepairs: u64,
        reclaimed: u64,
        expired_unfetched: u64,
        evicted_unfetched: u64,
        evicted_active: u64,
        crawler_reclaimed: u64,
        crawler_items_checked: u64,
        lrutail_reflocked: u64,
        moves_to_cold: u64,
        moves_to_warm: u64,
        moves_within_lru: u64,
        direct_reclaims: u64,
        hits_to_hot: u64,
        hits_to_warm: u64,
        hits_to_cold: u64,
        hits_to_temp: u64,
    }
}

statistics! {
    /// One of the server's connections: what is [`within`](Statistic::within) one of
    /// [`Stats::CONNECTIONS`](super::Stats::CONNECTIONS). Addresses look like `tcp:127.0.0.1:33568`.
    ConnectionStatistics {
        addr: Text,
        listen_addr: Text,
        state: Text,
        secs_since_last_cmd: u64,
    }
}

statistics! {
    /// The memory of one slab class: what is [`within`](Statistic::within) one of
    /// [`Stats::SLABS`](super::Stats::SLABS).
    ClassSlabs {
        chunk_size: u64,
        chunks_per_page: u64,
        total_pages: u64,
        total_chunks: u64,
        used_chunks: u64,
        free_chunks: u64,
        free_chunks_end: u64,
        get_hits: u64,
        cmd_set: u64,
        delete_hits: u64,
        incr_hits: u64,
        decr_hits: u64,
        cas_hits: u64,
        cas_badval: u64,
        touch_hits: u64,
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    fn stat<'b>(name: &'b str, value: &'b str) -> Statistic<'b> {
        Statistic {
            name: name.as_bytes(),
            value: value.as_bytes(),
        }
    }

    #[test]
    fn each_by_its_name() {
        let mut general = General::new();
        for (name, value, taken) in [
            ("pid", "7", Ok(true)),
            ("pid", "", Err(ErrorKind::Malformed)),
            ("pid", "-7", Err(ErrorKind::Malformed)),
            ("pid", "18446744073709551616", Err(ErrorKind::Malformed)),
            ("version", "1.6.18 (a b)", Ok(true)),
            ("rusage_user", "3.000042", Ok(true)),
            ("rusage_system", "3.1000000", Err(ErrorKind::Malformed)),
            ("rusage_system", "3", Err(ErrorKind::Malformed)),
            ("rusage_system", "18446744073709551615:000001", Ok(true)),
            ("accepting_conns", "1", Ok(true)),
            ("accepting_conns", "2", Err(ErrorKind::Malformed)),
            ("pids", "7", Ok(false)),
            ("", "7", Ok(false)),
        ] {
            assert_eq!(general.take(&stat(name, value)), taken, "{name} {value}");
        }
        assert_eq!((general.pid, general.accepting_conns), (7, true));
        assert_eq!(general.version.bytes(), b"1.6.18 (a b)");
        assert_eq!(general.rusage_user, Duration::from_micros(3_000_042));
        let shown = format!("{general:?}");
        assert!(shown.contains("pid: 7, uptime: 0,"), "{shown}");
        assert!(shown.contains("rusage_user: 3 s 42 us"), "{shown}");
    }

    #[test]
    fn settings() {
        let mut settings = Settings::new();
        assert_eq!(settings.take(&stat("evictions", "on")), Ok(true));
        assert_eq!(settings.take(&stat("cas_enabled", "yes")), Ok(true));
        assert_eq!(settings.take(&stat("domain_socket", "NULL")), Ok(true));
        assert!(settings.evictions && settings.cas_enabled);
        assert!(!settings.flush_enabled);
    }
}
