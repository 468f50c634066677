//! The commands: how they are made, and each one's request and reply in whichever protocol.

use minimc_core::command::{
    Batch, Command, Count, Delete, Get, GetMany, Noop, Store, Touch, Version,
};
use minimc_core::wire::{Encoder, Frame};
use minimc_core::{Key, RawReply};
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

    "Batch::remains" => some::<Many>().remains();
    "Batch::encode" => some::<Many>().encode(some());
    "Batch::queued" => some::<Many>().queued(any());
    "Batch::item" => some::<Many>().item(*some(), any());
    "Batch::answered" => some::<Many>().answered(any());
    "GetMany: Batch" => {
        batch::<GetMany<'_, &[u8]>>();
        batch::<GetMany<'_, [u8; 8]>>();
        batch::<GetMany<'_, Key<'_>>>();
        batch::<Many>();
    };
}

type Many = GetMany<'static, &'static str>;

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
    sink(batch.remains());
    let out: &mut Encoder<'_, '_> = some();
    batch.encode(out);
    sink(out);
    batch.queued(any());
    sink(batch.item(some(), any()));
    batch.answered(any());
    sink(batch);
}
