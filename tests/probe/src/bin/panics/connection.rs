//! The state machine, over each kind of storage.

use minimc_core::command::{Get, GetMany, Store};
use minimc_core::{Connection, Progress, RawReply, Storage};
use minimc_probe::{any, bytes, either, entries, sink, some};

/// Storage that grows or does not, and has another length each time: the worst that a user can
/// write.
struct Whimsical;

impl Storage for Whimsical {
    fn bytes(&self) -> &[u8] {
        bytes()
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        bytes()
    }

    fn grow(&mut self, _: usize) -> bool {
        either()
    }
}

/// Does the same to one connection of each kind.
macro_rules! each {
    (|$connection:ident| $body:expr) => {{
        let $connection = some::<Connection<&'static mut [u8], 4>>();
        sink($body);
        let $connection = some::<Connection<[u8; 512], 1>>();
        sink($body);
        let $connection = some::<Connection<Whimsical, 100>>();
        sink($body);
    }};
}

entries! {
    "Connection::new" => {
        sink(Connection::<_, 4>::new(*some(), bytes(), bytes()));
        sink(Connection::<_, 1>::new(*some(), [0; 512], [0; 512]));
        Connection::<_, 100>::new(*some(), Whimsical, Whimsical)
    };
    "Connection::protocol" => each!(|c| c.protocol());
    "Connection::set_dialect" => each!(|c| c.set_dialect(*some()));
    "Connection::set_prefix" => each!(|c| c.set_prefix(*some()));
    "Connection::set_item_limit" => each!(|c| c.set_item_limit(any()));
    "Connection::reset" => each!(|c| c.reset());
    "Connection::send" => each!(|c| c.send(some::<Store<'_, '_>>()));
    "Connection::send_copied" => each!(|c| c.send_copied(some::<Store<'_, '_>>()));
    "Connection::send_in_pieces" => each!(|c| c.send_in_pieces(some()));
    "Connection::outgoing_piece" => each!(|c| c.outgoing_piece(bytes()));
    "Connection::value_left" => each!(|c| c.value_left());
    "Connection::send_batch" => each!(|c| c.send_batch(some::<Many>(), some()));
    "Connection::outgoing" => each!(|c| c.outgoing(either().then_some(some())));
    "Connection::is_sending" => each!(|c| c.is_sending());
    "Connection::sent" => each!(|c| c.sent(any()));
    "Connection::space" => each!(|c| c.space());
    "Connection::filled" => each!(|c| c.filled(any()));
    "Connection::arrived" => each!(|c| c.arrived());
    "Connection::reply" => each!(|c| c.reply::<Get<'_>>());
    "Connection::raw_reply" => each!(|c| c.raw_reply());
    "Connection::item_arrived" => each!(|c| c.item_arrived(some::<Many>(), some()));
    "Connection::item" => each!(|c| c.item(some::<Many>(), some()));
    "Connection::lose" => each!(|c| c.lose(some(), *some()));
    "Connection::piece_arrived" => each!(|c| c.piece_arrived());
    "Connection::piece" => each!(|c| c.piece());
    "Connection::bypass" => each!(|c| c.bypass());
    "Connection::bypassed" => each!(|c| c.bypassed(any()));
    "Connection::owed" => each!(|c| c.owed());
    "Connection::fate" => each!(|c| c.fate(any()));
    "Connection::abandon" => each!(|c| c.abandon());
    "Connection::settle" => each!(|c| c.settle());
    "Connection::fail" => each!(|c| c.fail());
    "Connection::is_idle" => each!(|c| c.is_idle());
    "Connection::is_broken" => each!(|c| c.is_broken());

    "Progress::new" => Progress::new();
    "Progress::queued" => some::<Progress>().queued();
    "Progress::is_untold" => some::<Progress>().is_untold();
    "Progress::is_unsent" => some::<Progress>().is_unsent();
    "Progress::is_waiting" => some::<Progress>().is_waiting();

    "RawReply::bytes" => some::<RawReply<'_>>().bytes();
    "RawReply::over" => some::<RawReply<'_>>().over(bytes());
    "RawReply::decode" => some::<RawReply<'_>>().decode::<Get<'_>>();

    "Storage::bytes" => some::<&mut [u8]>().bytes();
    "Storage::bytes_mut" => some::<&mut [u8]>().bytes_mut();
    "Storage::grow" => some::<&mut [u8]>().grow(any());
    "Storage::rest" => some::<&mut [u8]>().rest(any());
    "&mut [u8]: Storage" => storage(some::<&mut [u8]>());
    "[u8; N]: Storage" => storage(some::<[u8; 512]>());
}

type Many = GetMany<'static, &'static str>;

fn storage<S: Storage>(storage: &'static mut S) {
    sink(storage.grow(any()));
    storage.rest(any());
    sink(storage.bytes());
    sink(storage.bytes_mut());
}
