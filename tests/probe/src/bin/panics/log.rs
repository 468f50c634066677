//! defmt's logs of the public types, through a logger that takes anything.

use minimc_core::command::{Item, Stored};
use minimc_core::wire::{Failure, Feature, Opcode, Protocol, Shape, Status};
use minimc_core::{
    BadKey, Dialect, During, Entry, Error, ErrorKind, Expiry, Fate, Key, ReturnCode, Text,
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
    "BadKey" BadKey;
    "During" During;
    "Entry" Entry;
    "Error" Error;
    "ErrorKind" ErrorKind;
    "Dialect" Dialect;
    "Expiry" Expiry;
    "Feature" Feature;
    "Failure" Failure;
    "Fate" Fate;
    "Item" Item<'static>;
    "Key" Key<'static>;
    "Opcode" Opcode;
    "Protocol" Protocol;
    "ReturnCode" ReturnCode;
    "Shape" Shape;
    "Status" Status;
    "Stored" Stored;
    "Text" Text;
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
