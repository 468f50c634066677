//! What every client must do with a real server, done by firmware over embassy-net: the same
//! scenarios that hosts run over their sockets, from and into 400 bytes. The server wants a login, and
//! is asked for its version.
//!
//! The firmware's argument is the protocol: `text`, `meta` or `binary`. A scenario that fails
//! panics, which ends the run with its own exit status; `tests/src/bin/firmware.rs` is the host's
//! side, which looks at what was left on the server.
#![no_std]

use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_net::driver::Driver;
use embassy_time::Instant;
use minimc::{Client, Options, Protocol};
use minimc_scenarios as scenarios;

/// What the scenarios need of a board.
#[derive(Debug)]
pub struct Board<'p, N> {
    /// The protocol's name.
    pub protocol: Option<&'p str>,
    /// Its Ethernet.
    pub nic: N,
    /// As much as it can hold of the large value: all of it, or [`scenarios::PART`].
    pub large: &'static [u8],
}

/// Runs every scenario once.
///
/// # Panics
///
/// When a scenario fails, when there is no such protocol, or when it is called twice: its memory
/// is static.
pub async fn run<N: Driver>(board: Board<'_, N>) {
    let protocol = match board.protocol {
        Some("text") => Protocol::Text,
        Some("meta") => Protocol::Meta,
        Some("binary") => Protocol::Binary,
        _ => panic!("the first argument is a protocol: text, meta or binary"),
    };
    let (stack, mut runner) = minimc_network::start(board.nic);
    match select(runner.run(), attend(stack, protocol, board.large)).await {
        Either::First(never) => never,
        Either::Second(()) => {}
    }
}

async fn attend(stack: Stack<'static>, protocol: Protocol, large: &[u8]) {
    let options = Options {
        protocol,
        credentials: Some(scenarios::LOGIN),
        learn_dialect: true,
        ..Options::default()
    };
    let storage = [0; 400];
    let socket = minimc_network::socket(stack);
    let mut client = Client::<_, _, 4>::with_options(socket, storage, storage, options)
        .expect("there is enough storage");

    macro_rules! run {
        ($($scenario:ident $(($argument:expr))?)*) => {
            $(
                let began = Instant::now();
                scenarios::$scenario(&mut client $(, $argument)?).await;
                defmt::info!("{=str}, {} ms", stringify!($scenario), began.elapsed().as_millis());
            )*
        };
    }
    run! { everyday cas counting expiry many large(large) pipelined refused encoded_keys recipes values streams chunked }
}
