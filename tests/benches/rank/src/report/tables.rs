//! A table for each workload, and for what knows no network.

use std::fmt::Write;

use crate::Result;
use crate::contestants;
use crate::record::Record;

/// The workloads of the first tables, and what they are.
const WORKLOADS: &[(&str, &str)] = &[
    ("get32", "A get of 32 bytes"),
    ("set32", "A set of 32 bytes"),
    ("get16k", "A get of 16 KiB"),
    ("set16k", "A set of 16 KiB"),
    ("get512k", "A get of 512 KiB"),
    ("set512k", "A set of 512 KiB"),
    ("mget100", "100 keys of 100 bytes in one call"),
    (
        "mset100",
        "100 values of 100 bytes in one call, every error reported",
    ),
    (
        "stream",
        "10,000 sets of 32 bytes with one answer, for each",
    ),
    (
        "tasks64",
        "64 tasks on one thread, a get of 100 bytes by any",
    ),
    (
        "tasks64x2",
        "64 tasks on two threads and both cores, a get of 100 bytes by any",
    ),
];

/// What grows.
pub struct Scale {
    pub name: &'static str,
    /// What there is more and more of.
    pub unit: &'static str,
    /// How much, and the workload.
    pub points: [(u64, &'static str); 5],
}

pub const SCALES: [Scale; 4] = [
    Scale {
        name: "get",
        unit: "bytes of a value that is got",
        points: [
            (1, "get1"),
            (1 << 10, "get1k"),
            (16 << 10, "get16k"),
            (128 << 10, "get128k"),
            (1 << 20, "get1m"),
        ],
    },
    Scale {
        name: "set",
        unit: "bytes of a value that is stored",
        points: [
            (1, "set1"),
            (1 << 10, "set1k"),
            (16 << 10, "set16k"),
            (128 << 10, "set128k"),
            (1 << 20, "set1m"),
        ],
    },
    Scale {
        name: "mget",
        unit: "keys of a multi-get",
        points: [
            (1, "mget1"),
            (10, "mget10"),
            (100, "mget100"),
            (1000, "mget1000"),
            (10_000, "mget10000"),
        ],
    },
    Scale {
        name: "tasks",
        unit: "tasks that get",
        points: [
            (1, "tasks1"),
            (4, "tasks4"),
            (16, "tasks16"),
            (64, "tasks64"),
            (256, "tasks256"),
        ],
    },
];

pub fn find(
    records: &[Record],
    workload: &str,
    transport: &str,
    who: &str,
    what: &str,
) -> Option<f64> {
    let found = records.iter().find(|record| {
        record.workload == workload
            && record.transport == transport
            && record.who == who
            && record.what == what
    });
    found.map(|record| record.number)
}

pub fn is_ours(who: &str) -> bool {
    who.starts_with("minimc")
}

fn is_limit(who: &str) -> bool {
    who.starts_with("limit")
}

/// Adds how many times as fast ours is as the best peer, for many tasks at once: by the ratios to the limit,
/// which were taken inside rounds.
pub fn against_peers(records: &mut Vec<Record>) {
    let mut more = Vec::new();
    for ours in records
        .iter()
        .filter(|record| record.who == "minimc, shared by tasks" && record.what == "ratio")
    {
        let peers = records.iter().filter(|other| {
            other.workload == ours.workload
                && other.transport == ours.transport
                && other.what == "ratio"
                && !is_ours(&other.who)
                && !is_limit(&other.who)
        });
        if let Some(best) = peers.map(|peer| peer.number).min_by(f64::total_cmp) {
            more.push(Record {
                what: "times the best peer".to_owned(),
                number: best / ours.number,
                ..ours.clone()
            });
        }
    }
    records.append(&mut more);
}

/// With as many digits as say something.
pub fn number(number: f64) -> String {
    match number {
        _ if number == 0.0 => "0".to_owned(),
        _ if number < 100.0 => format!("{number:.2}"),
        _ => format!("{number:.0}"),
    }
}

pub fn write(page: &mut String, records: &[Record]) -> Result<()> {
    for (workload, title) in WORKLOADS {
        let mut whos: Vec<&str> = contestants::all()
            .map(|contestant| contestant.name)
            .collect();
        whos.retain(|who| {
            records
                .iter()
                .any(|record| record.workload == *workload && record.who == *who)
        });
        if whos.is_empty() {
            continue;
        }
        writeln!(page, "\n## {workload}: {title}\n")?;
        writeln!(
            page,
            "| | µs unix | × | µs tcp | × | instructions | system calls | allocations |"
        )?;
        writeln!(page, "|---|---|---|---|---|---|---|---|")?;
        for who in whos {
            let cell = |transport, what| {
                find(records, workload, transport, who, what).map_or(String::new(), number)
            };
            let name = if is_ours(who) {
                format!("**{who}**")
            } else {
                who.to_owned()
            };
            writeln!(
                page,
                "| {name} | {} | {} | {} | {} | {} | {} | {} |",
                cell("unix", "us"),
                cell("unix", "ratio"),
                cell("tcp", "us"),
                cell("tcp", "ratio"),
                cell("unix", "instructions"),
                cell("unix", "system calls"),
                cell("unix", "allocations"),
            )?;
        }
        for transport in ["unix", "tcp"] {
            let who = "minimc, shared by tasks";
            if let Some(times) = find(records, workload, transport, who, "times the best peer") {
                writeln!(
                    page,
                    "\nOver {transport} minimc's shared connection is {times:.1} times as fast as the best peer."
                )?;
            }
        }
    }
    codec(page, records)?;
    operations(page, records)?;
    scales(page, records)
}

/// The workloads that were recorded for `transport`, in their order.
fn names<'r>(records: &'r [Record], transport: &str) -> Vec<&'r str> {
    let mut names: Vec<&str> = Vec::new();
    for record in records
        .iter()
        .filter(|record| record.transport == transport)
    {
        if !names.contains(&record.workload.as_str()) {
            names.push(&record.workload);
        }
    }
    names
}

fn codec(page: &mut String, records: &[Record]) -> Result<()> {
    writeln!(
        page,
        "\n## Without a network\n\nEncoding and parsing are measured through a `Connection`: the core has no encoder and no parser to be called by\nthemselves.\n\n| | ns | instructions |\n|---|---|---|"
    )?;
    for name in names(records, "-") {
        let cell = |what| find(records, name, "-", "minimc", what).map_or(String::new(), number);
        writeln!(
            page,
            "| {name} | {} | {} |",
            cell("ns"),
            cell("instructions")
        )?;
    }
    Ok(())
}

/// The machines on which `ci/bench.sh operations` counts, the one to compare with last.
const MACHINES: [&str; 3] = ["thumbv7em -O3", "thumbv7em -Os", "host"];

fn operations(page: &mut String, records: &[Record]) -> Result<()> {
    writeln!(
        page,
        "\n## The core alone, on a Cortex-M4 and on the host\n\nInstructions of a call, exact: in QEMU as thumbv7em-none-eabihf, built for speed and as small as the firmware in\n`boards/`, and on the host, built for speed; × is how many times as many the first are as the host's. In the whole\ncall are, besides, handing out the bytes to be sent and taking in those that come.\n\n| | encode -O3 | -Os | host | × | parse -O3 | -Os | host | × | whole -O3 | -Os | host | × |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    )?;
    for name in names(records, "core") {
        write!(page, "| {name} |")?;
        for part in ["encode", "parse", "whole"] {
            let [fast, small, host] = MACHINES.map(|who| find(records, name, "core", who, part));
            for count in [fast, small, host] {
                write!(
                    page,
                    " {} |",
                    count.map_or(String::new(), |count| format!("{count:.0}"))
                )?;
            }
            let ratio = fast.zip(host).map(|(fast, host)| fast / host);
            write!(page, " {} |", ratio.map_or(String::new(), number))?;
        }
        writeln!(page)?;
    }
    Ok(())
}

fn scales(page: &mut String, records: &[Record]) -> Result<()> {
    writeln!(page, "\n## Scaling, over the Unix socket\n")?;
    writeln!(
        page,
        "A call's µs, and ns for each unit of it. What grows with the limit is the server's cost, or the kernel's; of\nmany keys the limit asks in one line, and minimc in several."
    )?;
    for Scale { unit, points, .. } in SCALES {
        writeln!(
            page,
            "\n| {unit} | limit | minimc | × | ns each |\n|---|---|---|---|---|"
        )?;
        for (count, workload) in points {
            let who = |tasks: &'static str, other: &'static str| {
                if workload.starts_with("tasks") {
                    tasks
                } else {
                    other
                }
            };
            let us = |who| find(records, workload, "unix", who, "us");
            let (limit, ours) = (
                who("limit, shared", "limit"),
                who("minimc, shared by tasks", "minimc"),
            );
            let Some(time) = us(ours) else { continue };
            let each = if workload.starts_with("tasks") {
                time
            } else {
                time / count as f64
            };
            writeln!(
                page,
                "| {count} | {} | {} | {} | {} |",
                us(limit).map_or(String::new(), number),
                number(time),
                find(records, workload, "unix", ours, "ratio").map_or(String::new(), number),
                number(each * 1e3),
            )?;
        }
    }
    Ok(())
}
