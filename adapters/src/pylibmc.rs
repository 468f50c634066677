//! For those who know pylibmc or libmemcached: where everything is, what is better, and what is not
//! there yet.
//!
//! Not built yet: reading what pylibmc pickled (it is handed out as bytes), and TLS.
//!
//! The names are those of [`Client`](crate::Client), which is async;
//! [`blocking::Client`](crate::blocking::Client) has the same.
//!
//! # What is better
//!
//! | pylibmc, libmemcached | minimc |
//! |---|---|
//! | `get_multi` of a server that is down is an empty dict | every key is told its own error |
//! | a line end in a key injects a command, a blank shifts all replies, unless `verify_keys` is set | a [`Key`](crate::Key) is checked when it is made |
//! | after a timeout the next call may get the last one's reply (GHSA-wwmh-39wj-fx59) | a late reply is dropped, or the connection is |
//! | a set that failed: `False`, or an exception | an [`Error`](crate::Error) with the [`Fate`](crate::Fate) of the write |
//! | -1 as time: at once by text, in 2106 by packets | zero or less is for ever, as pylibmc's documents promise; at once is [`Expiry::AT_ONCE`](crate::Expiry::AT_ONCE) |
//! | times in ms, µs and s | one [`Duration`](core::time::Duration) for the whole operation |
//! | a value too large: a `TooBig` without a text | [`TooLarge`](crate::ErrorKind::TooLarge), before anything is sent if the client knows the limit; any value can be got in pieces by [`open`](crate::Client::open), and stored in pieces by [`upload`](crate::Client::upload); one over the server's limit by [`set_chunked`](crate::Client::set_chunked) |
//! | an unknown command is `SocketCreateError` | [`Command`](crate::ErrorKind::Command), or that the server knows no meta commands |
//! | no meta protocol: no leases, no counting with an initial value by text | the meta protocol, with every flag: [`lease`](crate::Client::lease), [`command::meta`](crate::command::meta) |
//! | allocates, wants an operating system | needs neither |
//!
//! # pylibmc's methods
//!
//! | pylibmc | minimc |
//! |---|---|
//! | `Client([server])` | `net::Client::connect`, `tokio::Client::connect`, or [`Client::new`](crate::Client::new) over a [`Transport`](crate::Transport) |
//! | `Client(servers)` | `net::Cluster::connect_lazy`, `tokio::Cluster::connect_lazy`: see [`cluster`](crate::cluster) |
//! | `Client(..., binary=True)` | [`Options::protocol`](crate::Options::protocol): [`Protocol::Binary`](crate::Protocol::Binary) |
//! | `Client(..., behaviors=...)`, `behaviors`, `set_behaviors`, `get_behaviors` | [`Options`](crate::Options), see [below](#pylibmcs-behaviours) |
//! | `Client(..., username, password)` | [`Options::credentials`](crate::Options::credentials), by text too |
//! | `clone` | make another of the same [`Options`](crate::Options), which are `Clone`; of a cluster [`try_clone`](crate::cluster::Cluster::try_clone) |
//! | `get`, `get(key, default)` | [`get`](crate::Client::get), which lends the value; [`get_owned`](crate::Client::get_owned), [`get_into`](crate::Client::get_into) |
//! | `gets` | [`gets`](crate::Client::gets) |
//! | `get_multi` | [`get_many`](crate::Client::get_many): any number of keys in constant memory, each with its own outcome |
//! | `set`, `add`, `replace` | [`set`](crate::Client::set), [`add`](crate::Client::add), [`replace`](crate::Client::replace) |
//! | `append`, `prepend` | [`append`](crate::Client::append), [`prepend`](crate::Client::prepend) |
//! | `cas` | [`cas`](crate::Client::cas): that the item is gone is [`Stored::NotFound`](crate::command::Stored::NotFound), not an exception |
//! | `set_multi`, `add_multi` | [`set_many`](crate::Client::set_many), [`add_many`](crate::Client::add_many): a hard error does not hide what became of the rest |
//! | `delete` | [`delete`](crate::Client::delete); by CAS value [`delete_cas`](crate::Client::delete_cas) |
//! | `delete_multi` | [`delete_many`](crate::Client::delete_many) |
//! | `incr`, `decr` | [`incr`](crate::Client::incr), [`decr`](crate::Client::decr): absent is [`NotFound`](crate::ErrorKind::NotFound), no number [`NotNumeric`](crate::ErrorKind::NotNumeric) in every protocol; a delta has 64 bits and no sign |
//! | (none) | [`incr_or_create`](crate::Client::incr_or_create), [`decr_or_create`](crate::Client::decr_or_create) |
//! | `incr_multi` | [`incr_many`](crate::Client::incr_many), which tells each key its number |
//! | `touch` | [`touch`](crate::Client::touch), [`touch_many`](crate::Client::touch_many), [`get_and_touch`](crate::Client::get_and_touch) |
//! | `client[key]`, `client[key] = value`, `del client[key]` | [`get`](crate::Client::get), [`set`](crate::Client::set), [`delete`](crate::Client::delete) |
//! | `key in client` | [`exists`](crate::Client::exists), which fetches nothing |
//! | `get_stats` | [`stats`](crate::Client::stats), typed [`general_stats`](crate::Client::general_stats), [`settings`](crate::Client::settings) |
//! | `flush_all(time)` | [`flush_all`](crate::Client::flush_all) |
//! | `disconnect_all` | [`disconnect`](crate::Client::disconnect); with a word to the server, [`quit`](crate::Client::quit) |
//! | `key_prefix=` | [`Options::prefix`](crate::Options::prefix); keys come back without it |
//! | `time=` | an [`Expiry`](crate::Expiry) |
//! | `min_compress_len=`, `compress_level=` | [`set_value_compressed`](crate::Client::set_value_compressed), by the rules of [`Options::convention`](crate::Options::convention) |
//! | `serialize`, `deserialize`, `pickle_protocol` | [`set_value`](crate::Client::set_value), [`get_value`](crate::Client::get_value); pickles of plain data are read by `get_as` with `minimc::format::Pickle`, none are written; flags by [`Store::flags`](crate::command::Store::flags) |
//! | `ClientPool`, `ThreadMappedPool` | `net::Pool`, `tokio::Pool`, `net::PerThread` |
//! | `autoconf.elasticache` | [`cluster_config`](crate::Client::cluster_config) |
//! | `build_info`, `libmemcached_version`, `support_compression`, `support_sasl` | Cargo's features |
//!
//! # pylibmc's behaviours
//!
//! | behaviour | minimc |
//! |---|---|
//! | `binary` | [`Options::protocol`](crate::Options::protocol) |
//! | `no_block` | async clients never block; the blocking ones keep to their limit |
//! | `tcp_nodelay` | always: requests leave together |
//! | `tcp_keepalive` | not needed: a connection that rested is looked at before it is used |
//! | `connect_timeout`, `_poll_timeout`, `send_timeout`, `receive_timeout` | one limit, [`Options::timeout`](crate::Options::timeout) |
//! | `retry_timeout`, `dead_timeout`, `failure_limit`, `auto_eject` | [`Policy`](crate::health::Policy), of a [`cluster`](crate::cluster#a-server-that-is-down) |
//! | `remove_failed` | [`Policy::eject`](crate::health::Policy::eject) with its [`failure_limit`](crate::health::Policy::failure_limit) |
//! | `cas` | [`gets`](crate::Client::gets), for each call |
//! | `verify_keys` | always |
//! | `_noreply` | left out: what is not answered cannot be known |
//! | `buffer_requests` | [`call_each`](crate::Client::call_each), [`send`](crate::Client::send), and batches |
//! | `hash`, `ketama_hash`, `distribution`, `ketama`, `ketama_weighted` | [`Rule`](crate::placement::Rule), of a [`cluster`](crate::cluster) |
//! | `_sort_hosts` | [`sort_hosts`](crate::placement::sort_hosts) |
//! | `_hash_with_prefix_key` | `ClusterOptions::hashed_prefix` |
//! | `num_replicas` | [`replicas`](crate::cluster::replicas), in every protocol, by methods of their own |
//! | `namespace` | [`Options::prefix`](crate::Options::prefix) |
//! | `_io_msg_watermark`, `_io_bytes_watermark`, `_io_key_prefetch` | none: a client never has more than 16 KiB of requests unanswered, so that neither side can wait for the other |
//! | `_socket_send_size`, `_socket_recv_size` | the socket is the transport's |
//! | `pickle_protocol` | every one is read, none is written |
//!
//! # pylibmc's exceptions
//!
//! [`Error::return_code`](crate::Error::return_code) has the number that they call `retcode`, and
//! [`ReturnCode`](crate::ReturnCode) names the class of each. What programs catch most:
//!
//! | pylibmc | minimc |
//! |---|---|
//! | `Error`, `MemcachedError` | [`Error`](crate::Error) |
//! | `CacheMiss` | `None`: a miss is no error |
//! | `NotFound` | [`NotFound`](crate::ErrorKind::NotFound), of counting; elsewhere a value |
//! | `DataExists`, `DataDoesNotExist` | [`Stored::Exists`](crate::command::Stored::Exists), [`Stored::NotFound`](crate::command::Stored::NotFound) |
//! | `ConnectionError`, `HostLookupError`, `UnixSocketError`, `ReadError`, `WriteError` | [`Io`](crate::ErrorKind::Io), [`Closed`](crate::ErrorKind::Closed) |
//! | `NoServers` | [`NoServers`](crate::ErrorKind::NoServers) |
//! | `ServerDead`, `ServerDown` | [`ServerEjected`](crate::ErrorKind::ServerEjected), [`ServerDown`](crate::ErrorKind::ServerDown), of a cluster |
//! | `ClientError`, `ServerError`, `SocketCreateError` | [`Client`](crate::ErrorKind::Client), [`Server`](crate::ErrorKind::Server), [`Command`](crate::ErrorKind::Command), each with the server's own words |
//! | `ProtocolError`, `UnknownReadFailure` | [`Malformed`](crate::ErrorKind::Malformed), [`Mismatched`](crate::ErrorKind::Mismatched), [`Unsolicited`](crate::ErrorKind::Unsolicited) |
//! | `TooBig` | [`TooLarge`](crate::ErrorKind::TooLarge) |
//! | `BadKeyProvided`, `ValueError` of a key | [`Key`](crate::ErrorKind::Key), with the byte and its place |
//! | `SomeErrors` | each key's own |
//! | `NotSupportedError` | [`Unsupported`](crate::ErrorKind::Unsupported), with what would help |
//! | `AllocationError` | [`OutOfMemory`](crate::ErrorKind::OutOfMemory) of the server, [`Full`](crate::ErrorKind::Full) of the client |
//! | no class of its own: timeouts, logins, keys too long | [`TimedOut`](crate::ErrorKind::TimedOut), [`Unauthenticated`](crate::ErrorKind::Unauthenticated), [`LoginRefused`](crate::ErrorKind::LoginRefused), [`Key`](crate::ErrorKind::Key) |
//!
//! # libmemcached's calls
//!
//! | libmemcached | minimc |
//! |---|---|
//! | `memcached_create`, `memcached`, `memcached_free`, `memcached_clone` | a client is a value; it needs no freeing. [`try_clone`](crate::cluster::Cluster::try_clone) of a cluster |
//! | `memcached_server_add`, `..._unix_socket`, `memcached_servers_parse` | the list that a [`cluster`](crate::cluster) is made of; `add` and `remove` |
//! | `memcached_server_add_udp` | `udp::Client`: get, set and multi-get |
//! | `memcached_behavior_set`, `memcached_callback_set` | [`Options`](crate::Options) |
//! | `memcached_get`, `memcached_mget`, `memcached_fetch`, `memcached_fetch_result`, `memcached_mget_execute` | [`get`](crate::Client::get), [`get_many`](crate::Client::get_many), whose items are lent one by one |
//! | `memcached_get_by_key` and all `..._by_key` | `cluster.at(group)?.get(key)`, and so every method |
//! | `memcached_set`, `memcached_add`, `memcached_replace`, `memcached_append`, `memcached_prepend`, `memcached_cas` | the methods of these names |
//! | `memcached_delete` with a time | no server has heeded the time for years: [`delete`](crate::Client::delete) |
//! | `memcached_increment`, `memcached_decrement` | [`incr`](crate::Client::incr), [`decr`](crate::Client::decr) |
//! | `memcached_increment_with_initial` and its like | [`incr_or_create`](crate::Client::incr_or_create), in meta too |
//! | `memcached_touch`, `memcached_exist` | [`touch`](crate::Client::touch), [`exists`](crate::Client::exists) |
//! | `memcached_flush`, `memcached_flush_buffers` | [`flush_all`](crate::Client::flush_all); nothing is held back that would want flushing |
//! | `memcached_stat`, `memcached_stat_get_value`, `memcached_stat_execute` | [`stats`](crate::Client::stats) |
//! | `memcached_version`, `memcached_verbosity`, `memcached_quit` | [`version`](crate::Client::version), [`verbosity`](crate::Client::verbosity), [`quit`](crate::Client::quit) |
//! | `memcached_dump` | [`metadump`](crate::Client::metadump), [`mgdump`](crate::Client::mgdump), [`cachedump`](crate::Client::cachedump) |
//! | `memcached_strerror`, `memcached_last_error_message`, `memcached_last_error_errno` | `Display` of an [`Error`](crate::Error), [`Error::text`](crate::Error::text) |
//! | `memcached_result_*` | [`Item`](crate::command::Item) |
//! | `memcached_set_sasl_auth_data` | [`Options::credentials`](crate::Options::credentials) |
//! | `memcached_set_encoding_key` | left out: its encryption is not authenticated |
//! | `memcached_generate_hash`, `memcached_server_by_key` | `Hash::of` of the core, [`Rule::place`](crate::placement::Rule::place), `Cluster::place` |
//! | `memcached_pool_*` | `net::Pool`, `tokio::Pool` |
//! | `memcached_set_memory_allocators` | the [`Storage`](crate::Storage) that a client is made with |
//!
//! # What which version of the server can do
//!
//! Where the client knows the version ([`Options::dialect`](crate::Options::dialect),
//! [`learn_dialect`](crate::Client::learn_dialect)), what the version lacks is refused before it is
//! sent, or written as that version reads it.
//!
//! | since | what |
//! |---|---|
//! | any | the classic protocol, the binary protocol |
//! | 1.4.8 | `touch`, and get-and-touch in binary (`Touch`) |
//! | 1.4.26 | `watch` (`Watch`) |
//! | 1.4.27 | `cache_memlimit` (`CacheMemlimit`) |
//! | 1.4.31 | `metadump` (`Metadump`) |
//! | 1.5.3 | classic get-and-touch (`GetAndTouch`) |
//! | 1.6.0 | the meta protocol (`Meta`); before 1.6.10 in its first form, which is written and read |
//! | 1.6.10 | the length of a value where it is now, keys of any bytes (`PlacedLength`, `EncodedKeys`) |
//! | 1.6.13 | CAS values of what `ms` stored (`StoredCas`) |
//! | 1.6.18 | misses that name their request (`MissesWithOpaque`); before, quiet batches of meta lines are asked aloud |
//! | 1.6.19 | `mgdump` (`Mgdump`) |
//! | 1.6.20 | appending that creates, the size of what `ms` stored (`AppendCreating`) |
//! | 1.6.27 | CAS values of the caller's choice, removing only the value (`ChosenCas`) |
//! | 1.6.40 | `mg` unless the CAS value is known (`GetUnlessCas`) |
//!
//! # The contract, and what holds it
//!
//! A name before `::` is a file of `tests/tests`, or has its folder.
//!
//! | what programs rely on | in minimc | held by |
//! |---|---|---|
//! | a dead server is an error, never a miss | so it is, of many keys too, for each | `lost.rs::a_server_that_is_down_is_an_error_at_once`, `cluster.rs::a_server_that_is_down_is_an_error_for_its_keys_only`, `cluster_health.rs::who_fails_rests_and_is_not_asked`, `faults.rs::at_every_byte_in_meta`, `faults.rs::before_there_is_a_connection` |
//! | counting what is absent is `NotFound` | so it is | `tests/scenarios/src/lib.rs::counting`, `core/src/command/count.rs::classic` |
//! | a negative timeout is a zero timeout | so it is, in every protocol | `core/src/expiry.rs::numbers_on_the_wire`, `tests/scenarios/src/lib.rs::expiry` |
//! | where a key lives: hashing | as pylibmc, libmemcached or another client places it | `cluster.rs::every_key_is_where_its_rule_says`, `cluster.rs::what_is_hashed_may_be_another_than_the_key` |
//! | a huge value fails loudly | so it does; and can be got in pieces | `outcomes_values.rs::too_large_for_the_server`, `outcomes_values.rs::a_value_larger_than_the_storage`, `tests/src/hosted.rs::too_large`, `tests/scenarios/src/large.rs::large` |
//! | threads | a client is `Send`, and borrowed by its calls: that two threads share one by mistake does not compile | `core/tests/types.rs::threads_may_share_and_send_everything`, `spawn.rs::every_future_is_send` |
//! | pools | a client is lent to one at a time, blocking or async, or each thread has its own | `pool_holders.rs::whatever_a_holder_does_the_next_gets_its_own`, `pool_per_thread.rs::racing_threads_get_their_own` |
//! | errors and their codes | as libmemcached numbers them, whatever the protocol | `core/tests/codes.rs::numbers_and_names_are_those_of_libmemcached`, `core/tests/codes.rs::lines_have_codes`, `core/tests/codes.rs::statuses_of_packets_have_the_codes_of_lines` |
//! | compression, typed values | written and read by the conventions of six clients | `values.rs::what_others_left`, `values.rs::what_is_compressed_is_inflated_while_it_arrives` |
//! | text and bytes as keys | a text and its UTF-8 are one key | `core/src/key.rs::text_and_bytes_are_one_key`, `tests/scenarios/src/lib.rs::everyday` |
//! | keys as they were given, the prefix removed | so they come back, of the caller's own type | `core/tests/prefix.rs::a_batch_finds_its_keys_again`, `core/tests/prefix.rs::it_counts_towards_the_length_of_a_key` |
//! | verified keys | always, UTF-8 allowed, and in the binary protocol too | `core/src/key.rs::each_forbidden_byte_is_named`, `tests/scenarios/src/lib.rs::refused`, `outcomes.rs::refused_before_sending` |
