//! defmt's logs of the public types, through a logger that takes anything.

use minimc_core::command::meta::{Answer, Details, Outcome, TimeToLive};
use minimc_core::command::{
    Cached, ClassItems, ClassSlabs, Cluster, ConnectionStatistics, Crawl, Deleted, DumpedKey,
    Event, General, Item, Leased, Metadata, Node, Record, Settings, Statistic, Stored, Watch,
    Watched, What, Word,
};
use minimc_core::hash::Hash;
use minimc_core::health::{Change, Health, Policy, Verdict};
use minimc_core::placement::{
    BadOption, BadServer, Distribution, Full, Labels, Point, Points, PythonHash, PythonKey, Rule,
    Server, Setting, Via,
};
use minimc_core::value::chunks::{Manifest, PartKey, Position};
use minimc_core::value::{
    BadValue, Compression, Container, Convention, Encoded, Integer, Keep, Kind, Reading, Value,
};
use minimc_core::wire::{Failure, Feature, Form, Opcode, Protocol, Shape, Status};
use minimc_core::{
    BadKey, Credentials, Dialect, During, Entry, Error, ErrorKind, Expiry, Fate, Key, Prefix,
    ReturnCode, Text,
};
use minimc_probe::{any, sink, some};

/// Entry points `Type: Format`.
macro_rules! formats {
    ($($name:literal $type:ty;)*) => {
        pub static ENTRIES: &[fn()] = &[$({
            #[unsafe(export_name = concat!("entry ", $name, ": Format"))]
            fn entry() {
                defmt::println!("{}", some::<$type>());
            }
            entry
        }),*];
    };
}

formats! {
    "Answer" Answer<'static>;
    "BadKey" BadKey;
    "BadValue" BadValue;
    "Compression" Compression;
    "Container" Container;
    "Convention" Convention;
    "Encoded" Encoded<'static>;
    "Integer" Integer<'static>;
    "Keep" Keep;
    "Kind" Kind;
    "Manifest" Manifest;
    "PartKey" PartKey<'static>;
    "Position" Position;
    "Reading" Reading;
    "Value" Value<'static>;
    "Credentials" Credentials<'static>;
    "Deleted" Deleted;
    "Details" Details<'static>;
    "Cached" Cached<'static>;
    "ClassItems" ClassItems;
    "ConnectionStatistics" ConnectionStatistics;
    "ClassSlabs" ClassSlabs;
    "Cluster" Cluster<'static>;
    "Crawl" Crawl<'static>;
    "DumpedKey" DumpedKey<'static>;
    "Event" Event<'static>;
    "General" General;
    "Metadata" Metadata<'static>;
    "Node" Node<'static>;
    "Record" Record<'static>;
    "Settings" Settings;
    "Statistic" Statistic<'static>;
    "Watch" Watch;
    "Watched" Watched;
    "What" What<'static>;
    "Word" Word<'static>;
    "During" During;
    "Entry" Entry;
    "Error" Error;
    "ErrorKind" ErrorKind;
    "Dialect" Dialect;
    "Expiry" Expiry;
    "Feature" Feature;
    "Failure" Failure;
    "Fate" Fate;
    "Form" Form;
    "Item" Item<'static>;
    "BadServer" BadServer;
    "Full" Full;
    "Labels" Labels;
    "Point" Point;
    "Points" Points;
    "PythonHash" PythonHash;
    "PythonKey" PythonKey;
    "Rule" Rule;
    "Via" Via;
    "BadOption" BadOption;
    "Distribution" Distribution;
    "Setting" Setting<'static>;
    "Server" Server<'static>;
    "Change" Change;
    "Health" Health;
    "Policy" Policy;
    "Verdict" Verdict;
    "Hash" Hash;
    "Key" Key<'static>;
    "Leased" Leased<'static>;
    "Opcode" Opcode;
    "Outcome" Outcome;
    "Prefix" Prefix;
    "Protocol" Protocol;
    "ReturnCode" ReturnCode;
    "Shape" Shape;
    "Status" Status;
    "Stored" Stored;
    "Text" Text;
    "TimeToLive" TimeToLive;
}

defmt::timestamp!("{=u32}", any());

#[defmt::global_logger]
struct Logger;

// SAFETY: the image is never run.
unsafe impl defmt::Logger for Logger {
    fn acquire() {}

    unsafe fn flush() {}

    unsafe fn release() {}

    unsafe fn write(bytes: &[u8]) {
        sink(bytes);
    }
}
