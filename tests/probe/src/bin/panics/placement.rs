//! Placement: servers, rules, and rings in the caller's storage.

use minimc_core::placement::{
    self, BadOption, BadServer, Distribution, Full, OptionString, Placement, Point, Points,
    PythonHash, Ring, Rule, Server, Setting,
};
use minimc_probe::{any, bytes, either, entries, given, sink, slice, some, text};

type Storage = &'static mut [Point];

fn servers() -> &'static mut [Server<'static>] {
    slice()
}

entries! {
    "Server::tcp" => Server::tcp(text(), any());
    "Server::unix" => Server::unix(text());
    "Server::udp" => Server::udp(text(), any());
    "Server::parse" => Server::parse(text());
    "Server::with_weight" => some::<Server<'_>>().with_weight(any());
    "Server::host" => some::<Server<'_>>().host();
    "Server::port" => some::<Server<'_>>().port();
    "Server::weight" => some::<Server<'_>>().weight();
    "Server::via" => some::<Server<'_>>().via();
    "sort_hosts" => placement::sort_hosts(servers());

    "OptionString::new" => OptionString::new(text());
    "OptionString::rule" => given::<OptionString<'_>>().rule();
    "OptionString: Iterator" => some::<OptionString<'_>>().next();
    "BadOption: From<BadServer>" => BadOption::from(*some::<BadServer>());

    "Points::count" => some::<Points>().count(servers(), slice());
    "Ring::new" => sink(Ring::new(*some(), servers(), slice(), slice()));
    "Ring::at_compile_time" => sink(Ring::<[Point; 480]>::at_compile_time(*some(), servers()));
    "Ring::into_storage" => sink(given::<Ring<Storage>>().into_storage());
    "Ring::points" => some::<Ring<Storage>>().points();
    "Ring::find" => some::<Ring<Storage>>().find(any());
    "Ring::find_alive" => some::<Ring<Storage>>().find_alive(any(), |_| either());

    "modula" => placement::modula(any(), any());
    "random" => placement::random(any(), any());
    "masked" => placement::masked(any(), any());
    "virtual_bucket" => placement::virtual_bucket(any(), slice());
    "PythonHash::of" => some::<PythonHash>().of(bytes());
    "python_memcached" => {
        placement::python_memcached(any(), *some(), servers(), |_| either())
    };
    "pymemcache" => placement::pymemcache(bytes(), *some(), servers(), |_| either());
    "pymemcache_score" => placement::pymemcache_score(bytes(), bytes(), *some());
    "dalli" => placement::dalli(bytes(), some::<Ring<Storage>>(), |_| either());

    "Rule::named" => Rule::named(text());
    "Rule::place" => some::<Rule>().place(bytes(), servers());
    "Rule::place_alive" => some::<Rule>().place_alive(bytes(), servers(), |_| either());
    "Rule::points" => some::<Rule>().points();
    "Rule::room" => some::<Rule>().room(servers());
    "explain" => {
        for known in placement::explain(bytes(), servers()) {
            sink(known);
        }
    };
    "Placement::new" => sink(Placement::new(*some(), servers(), slice(), slice()));
    "Placement::at_compile_time" => {
        sink(Placement::<[Point; 480]>::at_compile_time(*some(), servers()));
    };
    "Placement::lend" => sink(some::<Placement<Storage>>().lend());
    "Placement::place" => some::<Placement<Storage>>().place(bytes(), servers());
    "Placement::place_alive" => {
        some::<Placement<Storage>>().place_alive(bytes(), servers(), |_| either())
    };
    "Placement::rule" => some::<Placement<Storage>>().rule();
    "Placement::ring" => sink(some::<Placement<Storage>>().ring());
}

pub mod traits {
    use minimc_core::placement::{Labels, PythonKey, Via};
    use minimc_probe::traits;

    use super::*;

    traits! {
        "BadOption" BadOption: Clone Debug Display PartialEq;
        "Distribution" Distribution: Clone Debug PartialEq;
        "OptionString" OptionString<'static>: Clone;
        "Setting" Setting<'static>: Clone Debug PartialEq;
        "BadServer" BadServer: Clone Debug Display PartialEq;
        "Full" Full: Clone Debug Display PartialEq;
        "Labels" Labels: Clone Debug Default Hash PartialEq;
        "Placement" Placement<[Point; 4]>: Clone Debug;
        "Point" Point: Clone Debug Default Hash PartialEq;
        "Points" Points: Clone Debug Hash PartialEq;
        "PythonHash" PythonHash: Clone Debug Default Hash PartialEq;
        "PythonKey" PythonKey: Clone Debug Default Hash PartialEq;
        "Ring" Ring<[Point; 4]>: Clone Debug;
        "Rule" Rule: Clone Debug Hash PartialEq;
        "Server" Server<'static>: Clone Debug Hash PartialEq;
        "Via" Via: Clone Debug Hash PartialEq;
    }
}
