//! Two clients and a server: each must read what the other wrote, as what it was.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use minimc::command::Stored;
use minimc::format::{Json, Pickle};
use minimc::net::Client;
use minimc::value::{BadValue, Compress, Convention, Deflate, Value};
use minimc::{Error, ErrorKind, Expiry, Options, Zlib};
use minimc_tests::server::Memcached;

use super::cases::{self, COLUMNS, Case, Doing, Given};
use super::script;

/// A client of Python's, as it is set up: the length from which on it compresses, or 0, and its
/// convention with the same.
#[derive(Debug)]
struct Setting {
    client: &'static str,
    compressed_from: usize,
    convention: Convention,
}

static SETTINGS: [Setting; 7] = [
    Setting::new("pylibmc", 0, Convention::PYLIBMC),
    Setting::new("pylibmc", 100, Convention::PYLIBMC.compress_from(100)),
    Setting::new("pylibmc", 1, Convention::PYLIBMC.compress_from(1)),
    Setting::new("python-memcached", 0, Convention::PYTHON_MEMCACHED),
    Setting::new("python-memcached", 100, FROM_100),
    Setting::new("pymemcache", 0, Convention::PYMEMCACHE_PLAIN),
    Setting::new("pymemcache", 401, Convention::PYMEMCACHE),
];
const FROM_100: Convention = Convention::PYTHON_MEMCACHED.compress_from(100);

/// What minimc compresses with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum By {
    Nothing,
    Core,
    Zlib,
}

/// The larger one, with room for what inflates to it.
const ROOM: usize = 2 << 20;

/// Prints how many values each reads as what they were; whether it is all.
pub(super) fn run(python: &str) -> bool {
    let server = Memcached::tcp(&["-m", "1024"]);
    print!("{:<46}", "alike by type, of those there are");
    COLUMNS.iter().for_each(|column| print!("{column:>9}"));
    println!("{:>12}", "compressed");
    let mut all = Row::default();
    for setting in &SETTINGS {
        let compresses = setting.compressed_from > 0;
        let mut pair = Pair::new(python, setting, &server);
        let is = if compresses { "zlib" } else { "as it is" };
        let label = format!("{} -> minimc, {is}", pair.about());
        all.add(&pair.theirs().print(&label));
        let writers: &[(By, &str)] = if compresses {
            &[(By::Core, "Deflate"), (By::Zlib, "Zlib")]
        } else {
            &[(By::Nothing, "as it is")]
        };
        for &(by, is) in writers {
            let label = format!("minimc -> {}, {is}", pair.about());
            all.add(&pair.ours(by).print(&label));
        }
    }
    let (alike, of) = all.sum();
    println!(
        "values: {alike} of {of} alike, {} compressed",
        all.compressed
    );
    alike == of
}

/// The counts of a line of the table.
#[derive(Debug, Default)]
struct Row {
    alike: [usize; COLUMNS.len()],
    of: [usize; COLUMNS.len()],
    compressed: usize,
    differences: Vec<String>,
}

impl Row {
    fn count(&mut self, key: &str, case: &Case, found: Result<(), String>) {
        self.of[case.column] += 1;
        match found {
            Ok(()) => self.alike[case.column] += 1,
            Err(difference) => {
                let given = format!("{:.60?}", format!("{:?}", case.given));
                let (doing, pickle) = (case.doing, case.pickle);
                self.differences.push(format!(
                    "DIFFERENT {key}: {doing:?} {given}, pickle {pickle}: {difference}"
                ));
            }
        }
    }

    fn print(self, label: &str) -> Self {
        print!("{label:<46}");
        for (alike, of) in self.alike.iter().zip(&self.of) {
            print!("{:>9}", format!("{alike}/{of}"));
        }
        println!("{:>12}", self.compressed);
        for difference in &self.differences {
            println!("  {difference}");
        }
        self
    }

    fn add(&mut self, row: &Self) {
        for column in 0..COLUMNS.len() {
            self.alike[column] += row.alike[column];
            self.of[column] += row.of[column];
        }
        self.compressed += row.compressed;
    }

    fn sum(&self) -> (usize, usize) {
        (self.alike.iter().sum(), self.of.iter().sum())
    }
}

/// A client of Python's, minimc, and a server that is theirs.
struct Pair<'p> {
    python: &'p str,
    setting: &'static Setting,
    server: &'p Memcached,
    minimc: Client,
    cases: Vec<(String, Case)>,
    /// What the other client made of objects; minimc makes none.
    pickled: HashMap<(String, u8), Vec<u8>>,
    room: Vec<u8>,
    zlib: Zlib,
}

impl<'p> Pair<'p> {
    fn new(python: &'p str, setting: &'static Setting, server: &'p Memcached) -> Self {
        let options = Options {
            convention: &setting.convention,
            ..Options::default()
        };
        let mut minimc = Client::connect_with(server.address(), options).unwrap();
        minimc.flush_all(0).unwrap();
        let cases = cases::all(setting.client == "pylibmc").into_iter();
        let cases = cases.enumerate();
        Self {
            python,
            setting,
            server,
            minimc,
            cases: cases
                .map(|(number, case)| (format!("k{number}"), case))
                .collect(),
            pickled: HashMap::new(),
            room: vec![0; ROOM],
            zlib: Zlib::new(),
        }
    }

    fn about(&self) -> String {
        match self.setting.compressed_from {
            0 => self.setting.client.into(),
            from => format!("{} from {from}", self.setting.client),
        }
    }

    /// The other client writes, minimc reads.
    fn theirs(&mut self) -> Row {
        // Its compression of numbers fails.
        let fails = |case: &Case| {
            let is_long = case.given.length() >= Some(self.setting.compressed_from);
            let is_number = matches!(case.given, Given::Integer(_));
            self.setting.convention == Convention::PYMEMCACHE && is_number && is_long
        };
        let mut cases = self.cases.clone();
        cases.retain(|(_, case)| !fails(case));
        for (key, case) in &cases {
            self.prepare(key, case).unwrap();
        }
        let carried = self.script("carry", &cases);
        let mut row = Row::default();
        for (key, case) in &cases {
            let found = said(&carried, key).and_then(|()| self.check(key, case));
            self.weigh(&mut row, key, case, found);
        }
        row
    }

    /// minimc writes, the other client reads.
    fn ours(&mut self, by: By) -> Row {
        let cases = self.cases.clone();
        let prepared = self.script("prepare", &cases);
        let carried: Vec<_> = cases
            .iter()
            .map(|(key, case)| {
                said(&prepared, key)?;
                self.carry(key, case, by)
            })
            .collect();
        let checked = self.script("check", &cases);
        let mut row = Row::default();
        for ((key, case), carried) in cases.iter().zip(carried) {
            let found = carried.and_then(|()| said(&checked, key));
            // It reads what it wrote, too.
            let found = found.and_then(|()| self.check(key, case));
            self.weigh(&mut row, key, case, found);
        }
        row
    }

    /// Counts a case, and whether it is compressed that should be.
    fn weigh(&mut self, row: &mut Row, key: &str, case: &Case, found: Result<(), String>) {
        let is_compressed = match self.minimc.get_value(key) {
            Err(error) => error.kind() == ErrorKind::Value(BadValue::Compressed),
            Ok(_) => false,
        };
        row.compressed += usize::from(is_compressed);
        let found = found.and_then(|()| match self.setting.compresses(case) {
            Some(expected) if expected != is_compressed => {
                Err(format!("compressed: {is_compressed}"))
            }
            _ => Ok(()),
        });
        row.count(key, case, found);
    }

    fn prepare(&mut self, key: &str, case: &Case) -> Result<(), Error> {
        match &case.before {
            None => Ok(()),
            Some(Given::Integer(digits)) if case.doing == Doing::Decr => {
                let number = digits.parse().unwrap();
                self.minimc.set_counter(key, number, Expiry::NEVER)
            }
            Some(before) => self.minimc.set_value(key, before.value(&[]), Expiry::NEVER),
        }
    }

    /// Does what the case says; what is not stored is `Err` of what there is.
    fn carry(&mut self, key: &str, case: &Case, by: By) -> Result<(), String> {
        let pickled = match &case.given {
            Given::Other(written) => {
                let known = self.pickled.get(&(written.clone(), case.pickle));
                &known.ok_or("what the other client made of it was not read")?[..]
            }
            _ => &[],
        };
        let value = case.given.value(pickled);
        let minimc = &mut self.minimc;
        let stored = match case.doing {
            Doing::Set
                if by == By::Nothing
                    && let Given::Json(_) = case.given =>
            {
                let set = minimc.set_as(Json, key, &case.given.json(), Expiry::NEVER);
                set.map_err(|error| error.to_string())?;
                Ok(Stored::Stored)
            }
            Doing::Set => {
                let mut deflate: Deflate = Deflate::new();
                let room = &mut self.room;
                match by {
                    By::Nothing => minimc.set_value(key, value, Expiry::NEVER),
                    By::Core => set_compressed(minimc, key, value, &mut deflate, room),
                    By::Zlib => set_compressed(minimc, key, value, &mut self.zlib, room),
                }
                .map(|()| Stored::Stored)
            }
            Doing::Cas => {
                let found = minimc.gets_value(key).map_err(|error| error.to_string())?;
                let Some((found, Some(cas))) = found else {
                    return Err("there is nothing to swap".into());
                };
                if Some(found) != case.before.as_ref().map(|before| before.value(&[])) {
                    return Err(format!("before it was {found:?}"));
                }
                minimc.cas_value(key, value, cas, Expiry::NEVER)
            }
            Doing::Append => minimc.append_value(key, value),
            Doing::Prepend => minimc.prepend_value(key, value),
            Doing::Decr => {
                let number = value.integer().and_then(|number| number.to_u64());
                minimc.decr(key, number.unwrap()).map(|_| Stored::Stored)
            }
        };
        match stored {
            Ok(Stored::Stored) => Ok(()),
            Ok(other) => Err(format!("{other:?}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Reads, in each way in which it can be read.
    fn check(&mut self, key: &str, case: &Case) -> Result<(), String> {
        if let Some(json) = case.given.json() {
            let room = &mut self.room;
            let found = match case.given {
                Given::Json(_) => self.minimc.get_as_into(Json, key, room),
                _ => self.minimc.get_as_into(Pickle, key, room),
            };
            let found: Option<serde_json::Value> = found.map_err(|error| error.to_string())?;
            if found.as_ref() != Some(&json) {
                return Err(format!("read {:.60}", format!("{found:?}")));
            }
        }
        let found = self.minimc.get_value_into(key, &mut self.room);
        let found = found.map_err(|error| error.to_string())?;
        let found = found.ok_or("there is nothing")?;
        is_alike(found, &case.after)?;
        if let (Given::Other(written), Value::Object { bytes, .. }) = (&case.given, found) {
            let which = (written.clone(), case.pickle);
            let before = self.pickled.entry(which).or_insert_with(|| bytes.to_vec());
            if before != bytes {
                return Err("another pickle".into());
            }
        }
        // What is not compressed is lent, too.
        match self.minimc.get_value(key) {
            Ok(lent) => is_alike(lent.ok_or("there is nothing")?, &case.after)?,
            Err(error) if error.kind() == ErrorKind::Value(BadValue::Compressed) => {}
            Err(error) => return Err(error.to_string()),
        }
        if case.doing == Doing::Decr {
            let counter = self
                .minimc
                .get_counter(key)
                .map_err(|error| error.to_string())?;
            is_alike(Value::from(counter.unwrap_or_default()), &case.after)?;
        }
        Ok(())
    }

    /// What the other client says, by key.
    fn script(&self, verb: &str, cases: &[(String, Case)]) -> HashMap<String, String> {
        let name = format!("minimc-interop-{}", std::process::id());
        let file = std::env::temp_dir().join(name);
        let lines: String = cases.iter().map(|(key, case)| case.line(key)).collect();
        fs::write(&file, lines).unwrap();
        let from = self.setting.compressed_from.to_string();
        let path = Path::to_str(&file).unwrap();
        let arguments = [
            verb,
            self.setting.client,
            &from,
            self.server.address(),
            path,
        ];
        let said = script(self.python, "values.py", &arguments);
        fs::remove_file(&file).unwrap();
        let lines = said.lines().filter_map(|line| line.split_once(' '));
        lines.map(|(key, what)| (key.into(), what.into())).collect()
    }
}

impl Setting {
    const fn new(client: &'static str, compressed_from: usize, convention: Convention) -> Self {
        Self {
            client,
            compressed_from,
            convention,
        }
    }

    /// Whether the value of a case lies compressed on the server, where that can be known.
    fn compresses(&self, case: &Case) -> Option<bool> {
        let is_set = case.doing == Doing::Set;
        if self.compressed_from == 0 || !is_set {
            return (self.compressed_from == 0).then_some(false);
        }
        if matches!(case.given, Given::Integer(_)) && self.client != "pylibmc" {
            return Some(false);
        }
        match (case.shrinks?, case.given.length()?) {
            (false, _) => Some(false),
            (true, length) if length < self.compressed_from => Some(false),
            (true, length) => (length >= 100).then_some(true),
        }
    }
}

fn set_compressed(
    minimc: &mut Client,
    key: &str,
    value: Value<'_>,
    compressor: &mut impl Compress,
    room: &mut [u8],
) -> Result<(), Error> {
    minimc.set_value_compressed(key, value, Expiry::NEVER, compressor, room)
}

fn is_alike(found: Value<'_>, expected: &Given) -> Result<(), String> {
    let is_alike = match (found, expected) {
        // What they are is known by their format.
        (Value::Object { bytes, .. }, Given::Other(_)) => bytes.ends_with(b"."),
        (Value::Text(_), Given::Json(_)) => true,
        (found, expected) => found == expected.value(&[]),
    };
    if is_alike {
        Ok(())
    } else {
        Err(format!("read {:.60}", format!("{found:?}")))
    }
}

fn said(outcomes: &HashMap<String, String>, key: &str) -> Result<(), String> {
    match outcomes.get(key).map(String::as_str) {
        Some("alike") => Ok(()),
        Some(what) => Err(what.into()),
        None => Err("nothing was said of it".into()),
    }
}
