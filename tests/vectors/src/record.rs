//! One recorded exchange: what was sent to a server, and what came.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// A request, or several, and all that the server said to it.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) category: String,
    /// Exchanges with the same one follow each other on one server.
    pub(crate) scenario: String,
    pub(crate) server_args: String,
    pub(crate) transport: String,
    pub(crate) connection: u64,
    pub(crate) is_binary: bool,
    pub(crate) request: Vec<u8>,
    pub(crate) response: Vec<u8>,
    pub(crate) closed: bool,
    pub(crate) error: bool,
}

/// All records of a folder, in the order of its files and of their lines.
pub(crate) fn all(folder: &Path) -> Result<Vec<Record>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("memcached_") && name.ends_with(".jsonl")
    });
    paths.sort();
    let mut records = vec![];
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        for line in text.lines() {
            let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
            if value.get("id").is_some() {
                let mut record = Record::new(&value, folder)?;
                let mut earlier = records.iter().rev();
                if let Some(before) = earlier.find(|one: &&Record| one.is_with(&record)) {
                    record.go_on(before);
                }
                records.push(record);
            }
        }
    }
    Ok(records)
}

/// Those that can be told apart: none is run as another by mistake.
const TRANSPORTS: [&str; 4] = ["tcp", "unix", "udp", "tls"];

impl Record {
    fn is_with(&self, other: &Self) -> bool {
        (&self.scenario, self.connection) == (&other.scenario, other.connection)
    }

    /// On a connection that watches, what comes still answers the request to watch.
    fn go_on(&mut self, before: &Self) {
        if before.request.starts_with(b"watch")
            && before.response.starts_with(b"OK")
            && !before.closed
        {
            self.request = [&before.request[..], &self.request].concat();
            self.response = [&before.response[..], &self.response].concat();
        }
    }

    fn new(value: &Value, folder: &Path) -> Result<Self, String> {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let id = text("id");
        let flag = |name: &str| {
            let flag = value[name].as_bool();
            flag.ok_or_else(|| format!("{id}: no {name}"))
        };
        let bytes = |name: &str| match value[format!("{name}_file")].as_str() {
            Some(file) => fs::read(folder.join(file)).map_err(|error| format!("{file}: {error}")),
            None => {
                let hex = value[format!("{name}_hex")].as_str();
                hex.and_then(unhex)
                    .ok_or_else(|| format!("{id}: no {name}"))
            }
        };
        let transport = text("transport");
        if !TRANSPORTS.contains(&&transport[..]) {
            return Err(format!("{id}: there is no transport {transport:?}"));
        }
        Ok(Self {
            category: text("category"),
            scenario: [text("category"), text("scenario"), text("config")].join(" "),
            server_args: text("server_args"),
            transport,
            connection: value["conn"].as_u64().unwrap_or_default(),
            is_binary: value["protocol"] == "binary",
            request: bytes("request")?,
            response: bytes("response")?,
            closed: flag("closed_by_server")?,
            error: flag("error")?,
            id,
        })
    }
}

pub(crate) fn unhex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
