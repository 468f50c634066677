//! A recorded configuration: how a client was set up, and where it put each key.

use serde_json::Value;

/// A line of a file.
#[derive(Clone)]
pub(super) struct Record<'a> {
    pub(super) client: &'a str,
    pub(super) keys: &'a [Vec<u8>],
    pub(super) value: Value,
}

impl Record<'_> {
    pub(super) fn text(&self, name: &str) -> &str {
        self.value[name].as_str().unwrap_or_default()
    }

    /// An array; empty where there is none.
    pub(super) fn list(&self, name: &str) -> &[Value] {
        self.value[name].as_array().map_or(&[], |list| &list[..])
    }

    /// Where each key is; `None` for one that the client refused, or found no server for.
    pub(super) fn index(&self, name: &str) -> Vec<Option<usize>> {
        let index = self.list(name).iter();
        index.map(|one| Some(one.as_u64()? as usize)).collect()
    }
}
