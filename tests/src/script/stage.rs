//! A client, a script and the items of two casts, the same for every run of a test.

use minimc::{Client, Credentials, Growing, Options, Protocol, Storage};

use super::calls::Call;
use super::{Cast, Greeting, Manner, Peer, Script, finish};
use crate::outcome::Outcome;

/// A host's storage, and the length of a value that goes out by a gap from it.
pub const HOST: (fn() -> Growing, usize) = (|| Growing::new(17 * 1024, 64 * 1024), 2200);

/// A microcontroller's, and the length of a value that is larger than it.
pub const CHIP: (fn() -> [u8; 400], usize) = (|| [0; 400], 700);

/// What every run of a test begins with.
#[derive(Debug)]
pub struct Stage<S> {
    /// The client's options.
    pub options: Options,
    /// How bytes pass.
    pub manner: Manner,
    /// The items of the call that fares badly.
    pub first: Cast,
    /// The items of the calls that follow.
    pub second: Cast,
    peer: Peer,
    storage: fn() -> S,
}

impl<S: Storage> Stage<S> {
    /// A stage with [`HOST`] or [`CHIP`].
    pub fn new(protocol: Protocol, manner: Manner, (storage, large): (fn() -> S, usize)) -> Self {
        let mut peer = Peer::new(protocol);
        let (first, second) = (Cast::first(large), Cast::second(large));
        first.enter(&mut peer);
        second.enter(&mut peer);
        let options = Options {
            protocol,
            ..Options::default()
        };
        Self {
            options,
            manner,
            first,
            second,
            peer,
            storage,
        }
    }

    /// Lets the peer want to be greeted so, and the client do it.
    #[must_use]
    pub fn greeted(mut self, greeting: Greeting) -> Self {
        self.options.credentials = greeting
            .login
            .map(|(user, password)| Credentials::new(user, password).expect("credentials"));
        self.options.learn_dialect = !greeting.versions.is_empty();
        self.peer.greet(greeting);
        self
    }

    /// A client that is not connected yet.
    pub fn client(&self) -> (Script, Client<Script, S, 8>) {
        let script = Script::new(self.peer.clone(), self.manner);
        let (storage, options) = (self.storage, self.options.clone());
        let client =
            Client::with_options(script.clone(), storage(), storage(), options).expect("storage");
        (script, client)
    }

    /// A client whose connection is there already.
    pub fn connected(&self) -> (Script, Client<Script, S, 8>) {
        let (script, mut client) = self.client();
        finish(client.noop()).expect("a connection");
        (script, client)
    }

    /// Carries out a call of the first cast.
    pub fn call(&self, call: Call, client: &mut Client<Script, S, 8>) -> Vec<Outcome> {
        finish(self.first.carry_out(call, client))
    }

    /// Lets a call of the second cast follow and one more, which must get what is theirs.
    pub fn follow(
        &self,
        next: Call,
        script: &Script,
        client: &mut Client<Script, S, 8>,
        what: &str,
    ) {
        for next in [next, Call::EachGet] {
            let outcomes = finish(self.second.carry_out(next, client));
            assert_eq!(
                outcomes,
                self.second.expected(next),
                "{what}, then {next:?}"
            );
        }
        assert_eq!(script.unread(), 0, "{what}: something is left");
    }
}
