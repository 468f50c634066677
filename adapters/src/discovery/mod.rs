//! Where the servers of a cluster come from when they come and go.
//!
//! A list that is fixed needs nothing of this. [`Names`] looks host names up again from time to time, and
//! [`ElastiCache`] asks a node for its fellows. Both are polled, and tell the servers when they have
//! changed; [`set_servers`](crate::cluster::Cluster::set_servers) moves a cluster there, and leaves the
//! connections to those alone that stay:
//!
//! ```no_run
//! use core::time::Duration;
//! use minimc::{Error, Expiry, discovery::Names, net::Cluster};
//!
//! # fn main() -> Result<(), Error> {
//! let mut names = Names::new(&["cache.internal", "spare.internal:11212:2"], Duration::from_secs(30))?;
//! let mut cluster = Cluster::connect_lazy(names.poll()?.unwrap_or_default())?;
//! loop {
//!     match names.poll() {
//!         Ok(Some(servers)) => cluster.set_servers(servers)?,
//!         Ok(None) => {} // it is not time yet, or nothing has changed
//!         Err(error) => eprintln!("the servers stay who they are: {error}"),
//!     }
//!     cluster.at("visits")?.incr("visits", 1)?;
//! #   break;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A poll before its time costs a look at the clock. One that fails is told, changes nothing, and the next
//! comes when a period has gone by.
//!
//! Which keys move when a server comes or goes is the [rule's](crate::placement::Rule): by the remainder,
//! the default, nearly all; on a ring those of that server. And keys are placed by what the server is
//! called in the list: all programs must be told the same names or the same addresses.

mod elasticache;
mod names;

pub use elasticache::ElastiCache;
pub use names::Names;

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use std::time::Instant;

/// The servers that were told last, and when to ask again.
#[derive(Debug)]
struct Known {
    servers: Vec<String>,
    period: Duration,
    /// `None` before the first time.
    asked: Option<Instant>,
}

impl Known {
    fn new(period: Duration) -> Self {
        Self {
            servers: Vec::new(),
            period,
            asked: None,
        }
    }

    /// Whether it is time to ask; if so, this is when that was.
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let is_due = self
            .asked
            .is_none_or(|asked| now.duration_since(asked) >= self.period);
        if is_due {
            self.asked = Some(now);
        }
        is_due
    }

    /// The servers, if they are others than before.
    fn told(&mut self, servers: Vec<String>) -> Option<&[String]> {
        if servers == self.servers {
            return None;
        }
        self.servers = servers;
        Some(&self.servers)
    }
}
