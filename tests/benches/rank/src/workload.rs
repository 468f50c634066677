//! What is measured: workloads by their names.

use crate::Result;

/// What a contestant does in one call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Workload {
    /// Gets a value of so many bytes.
    Get(usize),
    /// Stores a value of so many bytes.
    Set(usize),
    /// Gets so many values of 100 bytes at a time.
    GetMany(usize),
    /// Stores so many values of 100 bytes at a time, and learns what became of each.
    SetMany(usize),
    /// Stores 10,000 values of 32 bytes, of which each may fail silently, with one answer at the end.
    Stream,
    /// A get of 100 bytes by each of so many tasks, at once, on so many threads.
    Tasks { tasks: usize, threads: usize },
}

impl Workload {
    /// `get32`, `set16k`, `get1m`, `mget100`, `mset100`, `stream`, `tasks64`, and on two threads `tasks64x2`.
    pub fn named(name: &str) -> Result<Self> {
        let digits = name.find(|c: char| c.is_ascii_digit());
        let (verb, number) = name.split_at(digits.unwrap_or(name.len()));
        let size = || {
            let (digits, unit) = match number.as_bytes().last() {
                Some(b'k') => (&number[..number.len() - 1], 1 << 10),
                Some(b'm') => (&number[..number.len() - 1], 1 << 20),
                _ => (number, 1),
            };
            digits.parse::<usize>().map(|count| count * unit)
        };
        Ok(match verb {
            "get" => Self::Get(size()?),
            "set" => Self::Set(size()?),
            "mget" => Self::GetMany(number.parse()?),
            "mset" => Self::SetMany(number.parse()?),
            "stream" => Self::Stream,
            "tasks" => {
                let (tasks, threads) = number.split_once('x').unwrap_or((number, "1"));
                let (tasks, threads) = (tasks.parse()?, threads.parse()?);
                Self::Tasks { tasks, threads }
            }
            _ => return Err(format!("no workload is called {name}").into()),
        })
    }

    pub fn name(self) -> String {
        let size = |bytes: usize| match bytes {
            0 => "0".to_owned(),
            _ if bytes.is_multiple_of(1 << 20) => format!("{}m", bytes >> 20),
            _ if bytes.is_multiple_of(1 << 10) => format!("{}k", bytes >> 10),
            _ => bytes.to_string(),
        };
        match self {
            Self::Get(bytes) => format!("get{}", size(bytes)),
            Self::Set(bytes) => format!("set{}", size(bytes)),
            Self::GetMany(keys) => format!("mget{keys}"),
            Self::SetMany(keys) => format!("mset{keys}"),
            Self::Stream => "stream".to_owned(),
            Self::Tasks { tasks, threads: 1 } => format!("tasks{tasks}"),
            Self::Tasks { tasks, threads } => format!("tasks{tasks}x{threads}"),
        }
    }

    /// How many results a call is divided by: its time is that of one of them.
    pub fn parts(self) -> u64 {
        match self {
            Self::Stream => STREAM as u64,
            Self::Tasks { tasks, .. } => tasks as u64,
            _ => 1,
        }
    }

    /// How long each value is.
    pub fn bytes(self) -> usize {
        match self {
            Self::Get(bytes) | Self::Set(bytes) => bytes,
            Self::Stream => 32,
            _ => 100,
        }
    }

    /// The keys it uses, of 16 bytes each.
    pub fn keys(self) -> Vec<String> {
        let count = match self {
            Self::GetMany(keys) | Self::SetMany(keys) => keys,
            Self::Stream => STREAM,
            _ => return vec![KEY.to_owned()],
        };
        (0..count).map(|n| format!("a-key-of-16-{n:04}")).collect()
    }

    /// What is stored under each.
    pub fn value(self) -> Vec<u8> {
        vec![b'v'; self.bytes()]
    }
}

pub const KEY: &str = "a-key-16-letters";
const STREAM: usize = 10_000;

/// What a contestant fails with when it got something else than was stored.
pub fn check(right: bool) -> Result<()> {
    if right {
        Ok(())
    } else {
        Err("a wrong answer".into())
    }
}
