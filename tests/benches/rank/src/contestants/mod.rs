//! Who is measured: the limit, minimc, and its peers.

mod blocking_peers;
mod child;
mod limit;
mod minimc;
mod raw_shared;
mod tasks;
mod tokio_peers;

use tokio::runtime::{Builder, Runtime};

use crate::Result;
use crate::workload::Workload;

/// What is asked of a contestant, and where.
pub struct Setting {
    pub workload: Workload,
    /// `HOST:PORT`, or the path of a socket.
    pub address: String,
}

impl Setting {
    pub fn transport(&self) -> &'static str {
        if self.is_unix() { "unix" } else { "tcp" }
    }

    pub fn is_unix(&self) -> bool {
        self.address.starts_with('/')
    }
}

/// Carries out so many calls.
pub type Work = Box<dyn FnMut(u64) -> Result<()>>;

/// What a contestant is compared with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Colour {
    Blocking,
    /// On one thread of tokio.
    Tokio,
    /// Many tasks of tokio at once.
    Tasks,
}

impl Colour {
    /// The name of the contestant that does the least.
    pub fn limit(self) -> &'static str {
        match self {
            Self::Blocking => "limit",
            Self::Tokio => "limit on tokio",
            Self::Tasks => "limit, shared",
        }
    }
}

pub struct Contestant {
    pub name: &'static str,
    pub colour: Colour,
    begin: fn(&Setting) -> Result<Option<Work>>,
}

impl Contestant {
    /// Whether it is measured where client and server have a core each.
    pub fn is_apart(&self) -> bool {
        ["limit", "minimc", BUSY].contains(&self.name)
    }

    /// Whether it is measured where they share one: who asks before he sleeps takes it from the server.
    pub fn is_together(&self) -> bool {
        self.name != BUSY
    }

    /// Whether it is measured where the costs of a few say enough.
    pub fn is_of_few(&self) -> bool {
        let few = [
            "limit",
            "limit, shared",
            "minimc",
            "minimc, shared by tasks",
        ];
        few.contains(&self.name) || self.name.starts_with("async-memcached")
    }

    /// Connects; `None` where it cannot do that workload, or over that transport.
    pub fn begin(&self, setting: &Setting) -> Result<Option<Work>> {
        match (self.colour, setting.workload) {
            (Colour::Tasks, Workload::Tasks { .. }) => (self.begin)(setting),
            (Colour::Tasks, _) | (_, Workload::Tasks { .. }) => Ok(None),
            _ => (self.begin)(setting),
        }
    }
}

pub fn all() -> impl Iterator<Item = &'static Contestant> {
    CONTESTANTS.iter()
}

macro_rules! contestants {
    ($($colour:ident $name:literal $begin:path,)*) => {
        &[$(Contestant { name: $name, colour: Colour::$colour, begin: $begin },)*]
    };
}

const BUSY: &str = "minimc, busy poll";

static CONTESTANTS: &[Contestant] = contestants! {
    Blocking "limit" limit::blocking,
    Blocking "minimc" minimc::blocking,
    Blocking "minimc, get_into" minimc::into,
    Blocking "minimc, busy poll" minimc::busy_poll,
    Blocking "memcache, ascii" blocking_peers::memcache_ascii,
    Blocking "memcache, binary" blocking_peers::memcache_binary,
    Blocking "memcache::exp" blocking_peers::memcache_exp,
    Blocking "libmemcached, ascii" child::libmemcached_ascii,
    Blocking "libmemcached, binary" child::libmemcached_binary,
    Blocking "pylibmc" child::pylibmc,
    Blocking "pymemcache" child::pymemcache,
    Tokio "limit on tokio" limit::tokio,
    Tokio "minimc on tokio" minimc::tokio,
    Tokio "minimc, shared" minimc::shared,
    Tokio "memcache::exp on tokio" tokio_peers::memcache_exp,
    Tokio "async-memcached" tokio_peers::async_memcached,
    Tokio "mtop-client" tokio_peers::mtop_client,
    Tokio "memcache-async" tokio_peers::memcache_async,
    Tasks "limit, shared" tasks::raw_shared,
    Tasks "minimc, shared by tasks" tasks::minimc_shared,
    Tasks "minimc, pool" tasks::minimc_pool,
    Tasks "memcache::exp, one for all tasks" tasks::memcache_exp,
    Tasks "async-memcached, one a task" tasks::async_memcached,
    Tasks "mtop-client, one a task" tasks::mtop_client,
    Tasks "memcache-async, one a task" tasks::memcache_async,
};

/// A runtime of one thread, or of more.
pub fn runtime(threads: usize) -> Result<Runtime> {
    Ok(match threads {
        1 => Builder::new_current_thread().enable_all().build()?,
        _ => Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()?,
    })
}

/// Calls, one after the other, on a client that a thread's runtime drives.
fn on<C: 'static>(
    runtime: Runtime,
    mut client: C,
    mut call: impl AsyncFnMut(&mut C) -> Result<()> + 'static,
) -> Work {
    Box::new(move |calls| {
        runtime.block_on(async {
            for _ in 0..calls {
                call(&mut client).await?;
            }
            Ok(())
        })
    })
}

/// Calls, one after the other, on a client that blocks.
fn each<C: 'static>(mut client: C, mut call: impl FnMut(&mut C) -> Result<()> + 'static) -> Work {
    Box::new(move |calls| (0..calls).try_for_each(|_| call(&mut client)))
}
