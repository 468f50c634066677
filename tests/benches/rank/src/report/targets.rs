//! What is to be reached.

use crate::record::Record;

/// A bound for a figure of ours.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    Most(f64),
    Least(f64),
}

/// One row of the targets.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub workload: &'static str,
    pub transport: &'static str,
    pub who: &'static str,
    pub what: &'static str,
    pub bound: Bound,
}

impl Target {
    /// What it is called, in the report and where it is said why it is missed.
    pub fn name(&self) -> String {
        let Self {
            workload,
            transport,
            who,
            what,
            ..
        } = self;
        match *transport {
            "-" => format!("{workload}: {what}"),
            _ => format!("{workload} {transport}, {who}: {what}"),
        }
    }

    pub fn wanted(&self) -> String {
        match self.bound {
            Bound::Most(most) => format!("≤ {most}"),
            Bound::Least(least) => format!("≥ {least}"),
        }
    }

    /// What was reached, if it was measured.
    pub fn reached(&self, records: &[Record]) -> Option<f64> {
        let found = records.iter().find(|record| {
            record.workload == self.workload
                && record.transport == self.transport
                && record.who == self.who
                && record.what == self.what
        });
        found.map(|record| record.number)
    }

    pub fn is_met(&self, reached: f64) -> bool {
        match self.bound {
            Bound::Most(most) => reached <= most,
            Bound::Least(least) => reached >= least,
        }
    }
}

macro_rules! targets {
    ($($workload:literal $transport:literal $who:literal $what:literal $bound:ident $number:literal,)*) => {
        &[$(Target {
            workload: $workload, transport: $transport, who: $who, what: $what, bound: Bound::$bound($number),
        },)*]
    };
}

/// A ratio is to the limit of the same colour. Counts are for a call, of a stream for one set; counts that do
/// not depend on the transport are taken over the Unix socket. Half a million instructions are a copy of 512 KiB
/// in user space.
pub static TARGETS: &[Target] = targets! {
    "get32" "unix" "minimc" "ratio" Most 1.05,
    "get32" "tcp" "minimc" "ratio" Most 1.07,
    "set32" "unix" "minimc" "ratio" Most 1.05,
    "set32" "tcp" "minimc" "ratio" Most 1.07,
    "get16k" "unix" "minimc" "ratio" Most 1.05,
    "get16k" "tcp" "minimc" "ratio" Most 1.07,
    "set16k" "unix" "minimc" "ratio" Most 1.05,
    "set16k" "tcp" "minimc" "ratio" Most 1.07,
    "get32" "unix" "minimc" "system calls" Most 2.0,
    "set32" "unix" "minimc" "system calls" Most 2.0,
    "get32" "unix" "minimc" "allocations" Most 0.0,
    "set32" "unix" "minimc" "allocations" Most 0.0,
    "get32" "unix" "minimc" "instructions" Most 900.0,
    "set32" "unix" "minimc" "instructions" Most 900.0,

    "get32" "unix" "minimc on tokio" "ratio" Most 1.04,
    "get32" "tcp" "minimc on tokio" "ratio" Most 1.04,
    "set32" "unix" "minimc on tokio" "ratio" Most 1.04,
    "set32" "tcp" "minimc on tokio" "ratio" Most 1.04,
    "get16k" "unix" "minimc on tokio" "ratio" Most 1.04,
    "get16k" "tcp" "minimc on tokio" "ratio" Most 1.04,
    "set16k" "unix" "minimc on tokio" "ratio" Most 1.04,
    "set16k" "tcp" "minimc on tokio" "ratio" Most 1.04,
    "get32" "unix" "minimc on tokio" "system calls" Most 3.0,
    "set32" "unix" "minimc on tokio" "system calls" Most 3.0,
    "get32" "unix" "minimc on tokio" "allocations" Most 1.0,
    "set32" "unix" "minimc on tokio" "allocations" Most 1.0,
    "get32" "unix" "minimc on tokio" "instructions" Most 2300.0,
    "set32" "unix" "minimc on tokio" "instructions" Most 2300.0,

    "get512k" "unix" "minimc" "ratio" Most 1.06,
    "get512k" "unix" "minimc" "system calls" Most 6.0,
    "get512k" "unix" "minimc" "instructions" Most 20000.0,
    "set512k" "unix" "minimc" "instructions" Most 20000.0,
    "set512k" "unix" "minimc" "ratio" Most 1.05,
    "set512k" "unix" "minimc" "system calls" Most 2.0,

    "mget100" "unix" "minimc" "ratio" Most 1.08,
    "mget100" "tcp" "minimc" "ratio" Most 1.10,
    "mget100" "unix" "minimc" "instructions" Most 55000.0,
    "mget100" "unix" "minimc" "allocations" Most 2.0,
    "mset100" "unix" "minimc" "ratio" Most 1.05,
    "mset100" "tcp" "minimc" "ratio" Most 1.05,
    "mset100" "unix" "minimc" "system calls" Most 2.0,
    "mset100" "unix" "minimc" "instructions" Most 35000.0,
    "mset100" "unix" "minimc" "allocations" Most 0.0,
    "stream" "unix" "minimc" "ratio" Most 1.04,
    "stream" "tcp" "minimc" "ratio" Most 1.04,
    "stream" "unix" "minimc" "instructions" Most 350.0,

    "tasks64" "unix" "minimc, shared by tasks" "ratio" Most 1.3,
    "tasks64" "tcp" "minimc, shared by tasks" "ratio" Most 1.3,
    "tasks64x2" "unix" "minimc, shared by tasks" "times the best peer" Least 2.5,
    "tasks64x2" "tcp" "minimc, shared by tasks" "times the best peer" Least 2.5,

    "mget10000" "unix" "minimc" "ratio" Most 1.25,
    "get1m" "unix" "minimc" "ratio" Most 1.25,
    "set1m" "unix" "minimc" "ratio" Most 1.25,
    "tasks256" "unix" "minimc, shared by tasks" "ratio" Most 1.3,

    "parse get-text" "-" "minimc" "ns" Most 13.0,
    "parse get-text" "-" "minimc" "instructions" Most 260.0,
    "parse get-meta" "-" "minimc" "ns" Most 8.0,
    "parse get-meta" "-" "minimc" "instructions" Most 200.0,
    "parse get-meta-f-c-k" "-" "minimc" "ns" Most 14.0,
    "parse get-meta-f-c-k" "-" "minimc" "instructions" Most 400.0,
    "parse touch-meta" "-" "minimc" "ns" Most 2.0,
    "parse touch-meta" "-" "minimc" "instructions" Most 40.0,
    "parse set-text" "-" "minimc" "ns" Most 2.0,
    "parse set-text" "-" "minimc" "instructions" Most 40.0,
    "encode get-text" "-" "minimc" "ns" Most 4.0,
    "encode get-text" "-" "minimc" "instructions" Most 106.0,
    "encode get-meta" "-" "minimc" "ns" Most 4.0,
    "encode get-meta" "-" "minimc" "instructions" Most 106.0,
    "encode set-text" "-" "minimc" "ns" Most 17.0,
    "encode set-text" "-" "minimc" "instructions" Most 366.0,
    "encode set-meta" "-" "minimc" "ns" Most 17.0,
    "encode set-meta" "-" "minimc" "instructions" Most 366.0,

    "ketama-weighted" "-" "minimc" "ns" Most 92.0,
    "default" "-" "minimc" "ns" Most 12.0,
    "crc" "-" "minimc" "ns" Most 12.0,
    "fnv1_64" "-" "minimc" "ns" Most 12.0,
    "fnv1a_64" "-" "minimc" "ns" Most 12.0,
    "fnv1_32" "-" "minimc" "ns" Most 12.0,
    "fnv1a_32" "-" "minimc" "ns" Most 12.0,
    "hsieh" "-" "minimc" "ns" Most 12.0,
    "murmur" "-" "minimc" "ns" Most 12.0,
    "murmur3" "-" "minimc" "ns" Most 12.0,
    "jenkins" "-" "minimc" "ns" Most 12.0,
    "ring-of-100" "-" "minimc" "ns" Most 800000.0,
};
