//! The commands: how they are made, and each one's request and reply in whichever protocol.

use minimc_core::command::{
    Batch, Command, Count, CountMany, Delete, DeleteMany, Get, GetMany, Noop, Store, StoreInPieces,
    StoreMany, Touch, TouchMany, Version,
};
use minimc_core::wire::{Encoder, Frame};
use minimc_core::{Connection, Key, RawReply};
use minimc_probe::{any, bytes, entries, sink, slice, some};

entries! {
    "Count::up" => Count::up(*some(), any());
    "Count::down" => Count::down(*some(), any());
    "Count::or_initial" => some::<Count<'_>>().or_initial(any(), *some());
    "Delete::new" => Delete::new(*some());
    "Get::new" => Get::new(*some());
    "Get::with_cas" => some::<Get<'_>>().with_cas();
    "Get::touch" => some::<Get<'_>>().touch(*some());
    "GetMany::new" => {
        sink(GetMany::new(slice::<&[u8]>()));
        sink(GetMany::new(slice::<[u8; 8]>()));
        GetMany::new(slice::<&str>())
    };
    "GetMany::with_cas" => some::<Many>().with_cas();
    "GetMany::touch" => some::<Many>().touch(*some());
    "CountMany::up" => CountMany::up(slice::<&str>(), any());
    "CountMany::down" => CountMany::down(slice::<&str>(), any());
    "CountMany::or_initial" => some::<CountMany<'_, &str>>().or_initial(any(), *some());
    "DeleteMany::new" => DeleteMany::new(slice::<&str>());
    "DeleteMany::precise" => some::<DeleteMany<'_, &str>>().precise();
    "StoreInPieces::set" => StoreInPieces::set(*some(), any());
    "StoreInPieces::add" => StoreInPieces::add(*some(), any());
    "StoreInPieces::replace" => StoreInPieces::replace(*some(), any());
    "StoreInPieces::append" => StoreInPieces::append(*some(), any());
    "StoreInPieces::prepend" => StoreInPieces::prepend(*some(), any());
    "StoreInPieces::flags" => some::<StoreInPieces<'_>>().flags(any());
    "StoreInPieces::expiry" => some::<StoreInPieces<'_>>().expiry(*some());
    "StoreInPieces::length" => some::<StoreInPieces<'_>>().length();
    "StoreMany::set" => StoreMany::set(slice::<(&str, &[u8])>());
    "StoreMany::add" => StoreMany::add(slice::<(&str, &[u8])>());
    "StoreMany::flags" => some::<Sets>().flags(any());
    "StoreMany::expiry" => some::<Sets>().expiry(*some());
    "StoreMany::precise" => some::<Sets>().precise();
    "TouchMany::new" => TouchMany::new(slice::<&str>(), *some());
    "Store::set" => Store::set(*some(), bytes());
    "Store::add" => Store::add(*some(), bytes());
    "Store::replace" => Store::replace(*some(), bytes());
    "Store::append" => Store::append(*some(), bytes());
    "Store::prepend" => Store::prepend(*some(), bytes());
    "Store::cas" => Store::cas(*some(), bytes(), any());
    "Store::flags" => some::<Store<'_, '_>>().flags(any());
    "Store::expiry" => some::<Store<'_, '_>>().expiry(*some());
    "Touch::new" => Touch::new(*some(), *some());

    "Command::encode" => some::<Get<'_>>().encode(some());
    "Command::decode" => Get::decode(*some());
    "Count: Command" => command::<Count<'_>>();
    "Delete: Command" => command::<Delete<'_>>();
    "Get: Command" => command::<Get<'_>>();
    "Noop: Command" => command::<Noop>();
    "Store: Command" => command::<Store<'_, '_>>();
    "Touch: Command" => command::<Touch<'_>>();
    "Version: Command" => command::<Version>();

    "Batch::name" => some::<Many>().name(any());
    "Batch::count" => some::<Many>().count();
    "Batch::open" => some::<Many>().open(some());
    "Batch::encode" => some::<Many>().encode(any(), some());
    "Batch::decode" => Many::decode(some());
    "Batch::silence" => {
        sink(<Many as Batch>::silence());
        <CountMany<'_, &str> as Batch>::silence()
    };
    "Batch::asks_for" => {
        sink(some::<Many>().asks_for(any(), bytes()));
        some::<Sets>().asks_for(any(), bytes())
    };
    "CountMany: Batch" => batch::<CountMany<'_, &str>>();
    "DeleteMany: Batch" => batch::<DeleteMany<'_, &str>>();
    "StoreMany: Batch" => batch::<Sets>();
    "TouchMany: Batch" => batch::<TouchMany<'_, &str>>();
    "GetMany: Batch" => {
        batch::<GetMany<'_, &[u8]>>();
        batch::<GetMany<'_, [u8; 8]>>();
        batch::<Many>();
    };
}

type Many = GetMany<'static, &'static str>;
type Sets = StoreMany<'static, &'static str, &'static [u8]>;

fn command<C: Command + 'static>() {
    let out: &mut Encoder<'_, '_> = some();
    some::<C>().encode(out);
    sink(out);
    let frame: &Frame<'_> = some();
    sink(C::decode(frame));
    sink(some::<RawReply<'_>>().decode::<C>());
}

fn batch<B: Batch + 'static>() {
    let batch = some::<B>();
    sink(batch.name(any()));
    sink(batch.count());
    let out: &mut Encoder<'_, '_> = some();
    sink(batch.open(out));
    batch.encode(any(), out);
    sink(out);
    sink(B::decode(some()));
    sink(B::silence());
    sink(batch.asks_for(any(), bytes()));
    let (connection, progress) = (some::<Connection<&'static mut [u8], 4>>(), some());
    sink(connection.send_batch(batch, progress));
    sink(connection.item_arrived(batch, progress));
    sink(connection.item(batch, progress));
}
