//! Streams of lines: the commands that lines answer, and what their lines say.

use minimc_core::command::{
    Batch, CacheDump, Cached, ClassItems, ClassSlabs, Cluster, ClusterConfig, Command,
    ConnectionStatistics, Crawl, DumpedKey, Event, General, Metadata, Metadump, Mgdump, Node,
    Record, Settings, Statistic, Stats, Watch, Watched, What, Word,
};
use minimc_core::wire::{Encoder, Frame};
use minimc_probe::{any, bytes, entries, sink, slice, some, text};

entries! {
    "CacheDump::new" => CacheDump::new(any(), any());
    "ClusterConfig::new" => ClusterConfig::new();
    "ClusterConfig::as_item" => ClusterConfig::as_item();
    "Metadump::new" => Metadump::new(*some());
    "Mgdump::new" => Mgdump::new(*some());
    "Stats::of" => {
        sink(Stats::of(bytes()));
        Stats::of(text())
    };
    "Watch::new" => Watch::new(slice());

    "ClassItems::new" => ClassItems::new();
    "ClassItems::take" => some::<ClassItems>().take(some());
    "ConnectionStatistics::new" => ConnectionStatistics::new();
    "ConnectionStatistics::take" => some::<ConnectionStatistics>().take(some());
    "ClassSlabs::new" => ClassSlabs::new();
    "ClassSlabs::take" => some::<ClassSlabs>().take(some());
    "Cluster::nodes" => {
        for node in some::<Cluster<'_>>().nodes() {
            sink(node);
        }
    };
    "DumpedKey::raw" => some::<DumpedKey<'_>>().raw();
    "DumpedKey::is_encoded" => some::<DumpedKey<'_>>().is_encoded();
    "DumpedKey::bytes" => {
        for byte in some::<DumpedKey<'_>>().bytes() {
            sink(byte);
        }
    };
    "DumpedKey::copy_into" => some::<DumpedKey<'_>>().copy_into(bytes());
    "General::new" => General::new();
    "General::take" => some::<General>().take(some());
    "Metadata::column" => some::<Metadata<'_>>().column(text());
    "Record::column" => some::<Record<'_>>().column(text());
    "Record::line" => some::<Record<'_>>().line();
    "Settings::new" => Settings::new();
    "Settings::take" => some::<Settings>().take(some());
    "Statistic::number" => some::<Statistic<'_>>().number();
    "Statistic::items_of_size" => some::<Statistic<'_>>().items_of_size();
    "Statistic::within" => some::<Statistic<'_>>().within();

    "ClusterConfig: Command" => {
        let out: &mut Encoder<'_, '_> = some();
        some::<ClusterConfig>().encode(out);
        sink(out);
        ClusterConfig::decode(*some())
    };
    "CacheDump: Batch" => stream::<CacheDump>();
    "Metadump: Batch" => stream::<Metadump<'_>>();
    "Mgdump: Batch" => stream::<Mgdump<'_>>();
    "Stats: Batch" => stream::<Stats<'_>>();
    "Watch: Batch" => stream::<Watch>();
}

fn stream<B: Batch + 'static>() {
    let batch = some::<B>();
    sink(batch.name(any()));
    sink(batch.count());
    let out: &mut Encoder<'_, '_> = some();
    sink(batch.open(out));
    batch.encode(any(), out);
    sink(out);
    let frame: &Frame<'_> = some();
    sink(B::decode(frame));
    sink(B::silence());
    sink(batch.asks_for(any(), bytes()));
}

pub mod traits {
    use super::*;
    use minimc_probe::traits;

    traits! {
        "CacheDump" CacheDump: Clone Debug;
        "Cached" Cached<'static>: Clone Debug PartialEq;
        "ClassItems" ClassItems: Clone Debug Default PartialEq;
        "ConnectionStatistics" ConnectionStatistics: Clone Debug Default PartialEq;
        "ClassSlabs" ClassSlabs: Clone Debug Default PartialEq;
        "Cluster" Cluster<'static>: Clone Debug PartialEq;
        "ClusterConfig" ClusterConfig: Clone Debug Default;
        "Crawl" Crawl<'static>: Clone Debug PartialEq;
        "DumpedKey" DumpedKey<'static>: Clone Debug PartialEq;
        "Event" Event<'static>: Clone Debug PartialEq;
        "General" General: Clone Debug Default PartialEq;
        "Metadata" Metadata<'static>: Clone Debug PartialEq;
        "Metadump" Metadump<'static>: Clone Debug;
        "Mgdump" Mgdump<'static>: Clone Debug;
        "Node" Node<'static>: Clone Debug PartialEq;
        "Record" Record<'static>: Clone Debug PartialEq;
        "Settings" Settings: Clone Debug Default PartialEq;
        "Statistic" Statistic<'static>: Clone Debug PartialEq;
        "Stats" Stats<'static>: Clone Debug;
        "Watch" Watch: Clone Debug PartialEq;
        "Watched" Watched: Clone Debug PartialEq;
        "What" What<'static>: Clone Debug PartialEq;
        "Word" Word<'static>: Clone Debug PartialEq;
    }
}
