//! The meta verbs, leases, and the commands beyond the everyday ones.

use minimc_core::RawReply;
use minimc_core::command::meta::{Answer, Count, Debug, Delete, Details, Get, Set};
use minimc_core::command::{
    CacheMemlimit, Command, DeleteCas, Exists, FlushAll, Lease, Login, Mechanisms, Quit, Verbosity,
};
use minimc_core::wire::{Encoder, Frame};
use minimc_probe::{any, bytes, entries, sink, some};

entries! {
    "CacheMemlimit::new" => CacheMemlimit::new(any());
    "CacheMemlimit: Command" => command::<CacheMemlimit>();
    "DeleteCas::new" => DeleteCas::new(*some(), any());
    "DeleteCas: Command" => command::<DeleteCas<'_>>();
    "Exists::new" => Exists::new(*some());
    "Exists: Command" => command::<Exists<'_>>();
    "FlushAll::new" => FlushAll::new();
    "FlushAll::after" => FlushAll::after(any());
    "FlushAll: Command" => command::<FlushAll>();
    "Lease::new" => Lease::new(*some(), *some());
    "Lease::recache" => some::<Lease<'_>>().recache(any());
    "Lease: Command" => command::<Lease<'_>>();
    "Login::new" => Login::new(*some());
    "Login: Command" => command::<Login<'_>>();
    "Mechanisms: Command" => command::<Mechanisms>();
    "Quit: Command" => command::<Quit>();
    "Verbosity::new" => Verbosity::new(any());
    "Verbosity: Command" => command::<Verbosity>();

    "Answer::outcome" => some::<Answer<'_>>().outcome();
    "Answer::value" => some::<Answer<'_>>().value();
    "Answer::number" => some::<Answer<'_>>().number();
    "Answer::item" => some::<Answer<'_>>().item();
    "Answer::flags" => some::<Answer<'_>>().flags();
    "Answer::cas" => some::<Answer<'_>>().cas();
    "Answer::time_to_live" => some::<Answer<'_>>().time_to_live();
    "Answer::last_access" => some::<Answer<'_>>().last_access();
    "Answer::hit_before" => some::<Answer<'_>>().hit_before();
    "Answer::size" => some::<Answer<'_>>().size();
    "Answer::key" => some::<Answer<'_>>().key();
    "Answer::is_key_encoded" => some::<Answer<'_>>().is_key_encoded();
    "Answer::is_won" => some::<Answer<'_>>().is_won();
    "Answer::is_stale" => some::<Answer<'_>>().is_stale();
    "Answer::is_taken" => some::<Answer<'_>>().is_taken();
    "Details::key" => some::<Details<'_>>().key();
    "Details::time_to_live" => some::<Details<'_>>().time_to_live();
    "Details::last_access" => some::<Details<'_>>().last_access();
    "Details::cas" => some::<Details<'_>>().cas();
    "Details::is_fetched" => some::<Details<'_>>().is_fetched();
    "Details::class" => some::<Details<'_>>().class();
    "Details::size" => some::<Details<'_>>().size();
    "Details::field" => some::<Details<'_>>().field(bytes());
    "Debug::new" => Debug::new(*some());
    "Debug: Command" => command::<Debug<'_>>();

    "Get::with_flags" => some::<Get<'_>>().with_flags();
    "Get::with_time_to_live" => some::<Get<'_>>().with_time_to_live();
    "Get::with_last_access" => some::<Get<'_>>().with_last_access();
    "Get::with_hit_before" => some::<Get<'_>>().with_hit_before();
    "Get::with_size" => some::<Get<'_>>().with_size();
    "Get::with_key" => some::<Get<'_>>().with_key();
    "Get::without_bump" => some::<Get<'_>>().without_bump();
    "Get::vivify" => some::<Get<'_>>().vivify(*some());
    "Get::recache" => some::<Get<'_>>().recache(any());
    "Get::unless_cas" => some::<Get<'_>>().unless_cas(any());
    "Get::choose_cas" => some::<Get<'_>>().choose_cas(any());
    // With those of the same name that are not meta's.
    "Get::with_value" => {
        command::<Get<'_>>();
        sink(Get::new(*some()).with_cas().touch(*some()));
        some::<Get<'_>>().with_value()
    };
    "Set::new" => Set::new(*some(), bytes());
    "Set::add" => some::<Set<'_, '_>>().add();
    "Set::append" => some::<Set<'_, '_>>().append();
    "Set::prepend" => some::<Set<'_, '_>>().prepend();
    "Set::replace" => some::<Set<'_, '_>>().replace();
    "Set::invalidate" => some::<Set<'_, '_>>().invalidate();
    "Set::with_cas" => some::<Set<'_, '_>>().with_cas();
    "Set::with_size" => some::<Set<'_, '_>>().with_size();
    "Set::with_key" => some::<Set<'_, '_>>().with_key();
    "Set::or_create" => some::<Set<'_, '_>>().or_create(*some());
    "Set::expiry" => some::<Set<'_, '_>>().expiry(*some());
    "Set::flags" => some::<Set<'_, '_>>().flags(any());
    "Set::compare" => some::<Set<'_, '_>>().compare(any());
    "Set::choose_cas" => some::<Set<'_, '_>>().choose_cas(any());
    "Set: Command" => command::<Set<'_, '_>>();
    "Delete::compare" => some::<Delete<'_>>().compare(any());
    "Delete::choose_cas" => some::<Delete<'_>>().choose_cas(any());
    "Delete::invalidate" => some::<Delete<'_>>().invalidate();
    "Delete::invalidate_until" => some::<Delete<'_>>().invalidate_until(*some());
    "Delete::only_value" => some::<Delete<'_>>().only_value();
    "Delete::with_key" => {
        command::<Delete<'_>>();
        sink(Delete::new(*some()));
        some::<Delete<'_>>().with_key()
    };
    "Count::touch" => {
        sink(some::<Count<'_>>().touch(*some()));
        some::<minimc_core::command::Count<'_>>().touch(*some())
    };
    "Count::compare" => some::<Count<'_>>().compare(any());
    "Count::choose_cas" => some::<Count<'_>>().choose_cas(any());
    "Count::with_cas" => some::<Count<'_>>().with_cas();
    "Count::with_time_to_live" => some::<Count<'_>>().with_time_to_live();
    "Count::with_key" => some::<Count<'_>>().with_key();
    "Count::with_value" => {
        command::<Count<'_>>();
        sink(Count::up(*some(), any()).or_initial(any(), *some()));
        sink(Count::down(*some(), any()));
        some::<Count<'_>>().with_value()
    };

    "Frame::is_meta" => some::<Frame<'_>>().is_meta();
    "Frame::line" => some::<Frame<'_>>().line();
    "Encoder::end_without_flags" => {
        let out: &mut Encoder<'_, '_> = some();
        sink(out.end_without_flags(*some()));
    };
}

fn command<C: Command + 'static>() {
    let out: &mut Encoder<'_, '_> = some();
    some::<C>().encode(out);
    sink(out);
    let frame: &Frame<'_> = some();
    sink(C::decode(frame));
    sink(some::<RawReply<'_>>().decode::<C>());
}

/// What these derive, or have written.
pub mod traits {
    use minimc_core::command::meta::{Answer, Debug, Details, Outcome, Set, TimeToLive};
    use minimc_core::command::{
        CacheMemlimit, DeleteCas, Deleted, Exists, FlushAll, Lease, Leased, Login, Mechanisms,
        Quit, Verbosity,
    };
    use minimc_probe::traits;

    traits! {
        "Answer" Answer<'static>: Clone Debug PartialEq;
        "CacheMemlimit" CacheMemlimit: Clone Debug;
        "Debug" Debug<'static>: Clone Debug;
        "DeleteCas" DeleteCas<'static>: Clone Debug;
        "Deleted" Deleted: Clone Debug PartialEq;
        "Details" Details<'static>: Clone Debug PartialEq;
        "Exists" Exists<'static>: Clone Debug;
        "FlushAll" FlushAll: Clone Debug Default;
        "Lease" Lease<'static>: Clone Debug;
        "Leased" Leased<'static>: Clone Debug PartialEq;
        "Login" Login<'static>: Clone Debug;
        "Mechanisms" Mechanisms: Clone Debug Default;
        "Outcome" Outcome: Clone Debug PartialEq;
        "Quit" Quit: Clone Debug Default;
        "Set" Set<'static, 'static>: Clone Debug;
        "TimeToLive" TimeToLive: Clone Debug PartialEq;
        "Verbosity" Verbosity: Clone Debug;
    }
}
