//! The boot counter.

use minimc::command::Stored;
use minimc::embassy::Client;
use minimc::{Error, ErrorKind, Expiry};

use crate::name::Name;

/// Counts this boot, and returns which one it is.
pub(crate) async fn count(client: &mut Client<'_>, name: Name<'_>) -> Result<u64, Error> {
    let key = name.key(format_args!("boots"));
    let boot = match client.incr(&key, 1).await {
        // Nobody counted yet: this is the first, unless another device of this name is faster.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            match client.add(&key, "1", Expiry::NEVER).await? {
                Stored::Stored => 1,
                _ => client.incr(&key, 1).await?,
            }
        }
        counted => counted?,
    };
    defmt::info!("boot {}", boot);
    Ok(boot)
}
