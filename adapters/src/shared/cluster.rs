//! Many servers, each behind a connection that tasks share.

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::{Mutex, PoisonError};

use minimc_core::Error;
use minimc_core::placement::Server;

use super::Shared;
use crate::address::Address;
use crate::client::Contact;
use crate::cluster::together::together;
use crate::cluster::{Cluster, ClusterOptions, FromServer, Member};
use crate::options::Options;
use crate::verbs::OwnedItem;

/// A handle to many servers, each behind one [`Shared`] connection: its clones are handles to the same.
///
/// It is a [`Cluster`], under a lock that is held while a key is placed and never while anybody waits for a
/// server. What that says of servers that are down, and of keys that move, holds here.
///
/// ```no_run
/// use minimc::{Error, Expiry, tokio::SharedCluster};
///
/// # async fn example() -> Result<(), Error> {
/// let cache = SharedCluster::connect_lazy(&["10.0.0.1", "10.0.0.2:11212", "10.0.0.3"])?;
/// cache.at("greeting")?.set("greeting", "hello", Expiry::NEVER).await?;
/// for (key, item) in ["greeting", "farewell"].iter().zip(cache.get_many(&["greeting", "farewell"]).await) {
///     println!("{key}: {item:?}"); // an error for the keys of a server that is down
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SharedCluster {
    cluster: Arc<Mutex<Cluster<Shared>>>,
}

impl SharedCluster {
    /// These servers, as [`Cluster::connect_lazy`] takes them.
    pub fn connect_lazy<A: AsRef<str>>(servers: &[A]) -> Result<Self, Error> {
        Self::connect_lazy_with(servers, Options::default(), ClusterOptions::default())
    }

    /// The same with [`Options`] for the connections and [`ClusterOptions`] for the cluster.
    pub fn connect_lazy_with<A: AsRef<str>>(
        servers: &[A],
        options: Options,
        cluster: ClusterOptions,
    ) -> Result<Self, Error> {
        let cluster = Cluster::connect_lazy_with(servers, options, cluster)?;
        Ok(Self {
            cluster: Arc::new(Mutex::new(cluster)),
        })
    }

    /// The connection of the server on which `key` lives: for one call, since servers come and go.
    ///
    /// Fails as [`Cluster::at`] does.
    pub fn at(&self, key: impl AsRef<[u8]>) -> Result<Shared, Error> {
        self.with(|cluster| cluster.at(key).cloned())
    }

    /// The [`Cluster`] itself, to change its servers, to look at its health, and to hear of changes. The
    /// others wait meanwhile; so neither `work` nor what is told of changes may use this handle, or wait.
    pub fn with<R>(&self, work: impl FnOnce(&mut Cluster<Shared>) -> R) -> R {
        work(&mut self.cluster.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gets the items under all keys, in their order, each with its own error: all servers are asked
    /// before any is waited for.
    pub async fn get_many<K: AsRef<[u8]>>(
        &self,
        keys: &[K],
    ) -> Vec<Result<Option<OwnedItem>, Error>> {
        // Keys are placed and servers lent at once: in between keys could move.
        let (places, parts) = self.with(|cluster| {
            cluster.learn();
            let mut parts: Vec<Vec<&K>> = Vec::new();
            parts.resize_with(cluster.servers().len(), Vec::new);
            let places = keys.iter().map(|key| {
                let index = cluster.place(key)?;
                parts.get_mut(index)?.push(key);
                Some(index)
            });
            let places: Vec<_> = places.collect();
            let parts = parts.into_iter().enumerate().map(|(index, keys)| {
                let shared = (!keys.is_empty()).then(|| cluster.lend(index).cloned());
                (shared, keys)
            });
            (places, parts.collect::<Vec<_>>())
        });
        let asked = parts.into_iter().map(async |(shared, keys)| match shared {
            Some(Ok(shared)) => shared.get_many(&keys).await.into_iter().collect(),
            Some(Err(error)) => keys.iter().map(|_| Err(error)).collect(),
            None => Vec::new(),
        });
        let asked = asked.collect();
        let mut items: Vec<_> = together(asked)
            .await
            .into_iter()
            .map(Vec::into_iter)
            .collect();
        let nowhere = || Err(minimc_core::ErrorKind::NoServers.into());
        let item = |place: Option<usize>| items.get_mut(place?)?.next();
        let items = places.into_iter().map(item);
        items.map(|item| item.unwrap_or_else(nowhere)).collect()
    }
}

impl FromServer for Shared {
    fn from_server(server: &Server<'_>, options: &Options) -> Result<Self, Error> {
        Self::connect_lazy_with(&Address::of(server)?, options.clone())
    }
}

impl Member for Shared {
    fn contact(&mut self) -> Option<Contact> {
        self.handles.hub.lock().contact.take()
    }
}
