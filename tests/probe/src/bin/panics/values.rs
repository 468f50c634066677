//! Keys, expiries and errors.

use core::time::Duration;

use minimc_core::{Credentials, Dialect, Error, ErrorKind, Expiry, IntoKey, Key, Prefix, Text};
use minimc_probe::{any, bytes, entries, sink, some, text};

entries! {
    "Key::new" => {
        sink(Key::new(bytes()));
        Key::new(text())
    };
    "Key::encoded" => {
        sink(Key::encoded(bytes()));
        Key::encoded(text())
    };
    "Key::bytes" => some::<Key<'_>>().bytes();
    "Key::is_encoded" => some::<Key<'_>>().is_encoded();
    "IntoKey::into_key" => some::<Key<'_>>().into_key();
    "Key: IntoKey" => (*some::<Key<'_>>()).into_key();
    "&Key: IntoKey" => (&*some::<Key<'_>>()).into_key();
    "&K: IntoKey" => {
        sink((&*bytes()).into_key());
        text().into_key()
    };

    "Credentials::new" => Credentials::new(text(), text());
    "Credentials::user" => some::<Credentials<'_>>().user();
    "Credentials::password" => some::<Credentials<'_>>().password();
    "Dialect::new" => Dialect::new(any(), any(), any());
    "Dialect::parse" => Dialect::parse(bytes());
    "Prefix::new" => Prefix::new(text());
    "Prefix::bytes" => some::<Prefix>().bytes();
    "Expiry::seconds" => Expiry::seconds(any());
    "Expiry::after" => Expiry::after(*some::<Duration>());
    "Expiry::at" => Expiry::at(any());
    "Expiry::doubled" => some::<Expiry>().doubled();
    "Expiry::since" => some::<Expiry>().since(any());
    "Expiry::needs_clock" => some::<Expiry>().needs_clock();

    "Error::new" => Error::new(*some());
    "Error::with_fate" => some::<Error>().with_fate(*some());
    "Error::kind" => some::<Error>().kind();
    "Error::fate" => some::<Error>().fate();
    "Error::text" => some::<Error>().text();
    "Error::return_code" => some::<Error>().return_code();
    "Error: From<ErrorKind>" => Error::from(*some::<ErrorKind>());
    "Error: From<BadKey>" => Error::from(*some::<minimc_core::BadKey>());
    "Error: From<BadServer>" => Error::from(*some::<minimc_core::placement::BadServer>());
    "ErrorKind::return_code" => some::<ErrorKind>().return_code();
    "Text::bytes" => some::<Text>().bytes();
}
