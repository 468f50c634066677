//! What a client does on every new connection before anything else: alone, in time, and anew after
//! each loss. The scripted peer takes nothing else, and nothing behind it before it has answered.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::time::Duration;

use minimc::command::Login;
use minimc::{Client, Credentials, Dialect, ErrorKind, Expiry, Fate, Options, Protocol, blocking};
use minimc_tests::outcome::Outcome;
use minimc_tests::script::calls::{Call, PROTOCOLS};
use minimc_tests::script::{
    CHIP, Fault, Greeting, HOST, How, Manner, Peer, Script, Stage, finish, polled, polls,
};

const LOGIN: Option<(&str, &str)> = Some(("minimc", "secret"));

const HALTING: Manner = Manner {
    edge: 30,
    ..Manner::HALTING
};
const BUFFERED: Manner = Manner {
    buffered: true,
    ..HALTING
};

fn both() -> Greeting {
    Greeting {
        login: LOGIN,
        versions: vec!["1.6.18"],
    }
}

fn greetings() -> [Greeting; 3] {
    let [login, version, all] = [both(), both(), both()];
    [
        Greeting {
            versions: vec![],
            ..login
        },
        Greeting {
            login: None,
            ..version
        },
        all,
    ]
}

/// The errors of a call, of which every request must have one.
fn errors(outcomes: &[Outcome]) -> Vec<(ErrorKind, Fate)> {
    let errors = outcomes.iter().map(|outcome| {
        let error = outcome.result.as_ref().unwrap_err();
        (error.kind(), error.fate())
    });
    errors.collect()
}

#[test]
fn before_every_kind_of_call() {
    for protocol in PROTOCOLS {
        for greeting in greetings() {
            for manner in [Manner::PROMPT, HALTING, BUFFERED] {
                for call in Call::ALL {
                    let stage = Stage::new(protocol, manner, HOST).greeted(greeting.clone());
                    let (script, mut client) = stage.client();
                    assert_eq!(stage.call(call, &mut client), stage.first.expected(call));
                    // Not again on the same connection, and again on the next.
                    stage.follow(Call::Get, &script, &mut client, "greeted");
                    client.disconnect();
                    stage.follow(Call::Get, &script, &mut client, "disconnected");
                    assert_eq!(script.connections(), 2, "{protocol:?} {call:?}");
                }
            }
        }
    }
}

#[test]
fn after_a_loss_a_call_that_is_repeated_is_repeated_behind_it() {
    for protocol in PROTOCOLS {
        let stage = Stage::new(protocol, Manner::PROMPT, HOST).greeted(both());
        for call in [Call::Get, Call::Set, Call::Pieces, Call::GetMany] {
            let (script, mut client) = stage.connected();
            script.fault(Fault::Out(0, How::Reset));
            assert_eq!(stage.call(call, &mut client), stage.first.expected(call));
            assert_eq!(script.connections(), 2, "{protocol:?} {call:?}");
        }
    }
}

#[test]
fn a_call_dropped_on_the_way_costs_the_connection_and_nothing_else() {
    let mut turn = 0;
    for protocol in PROTOCOLS {
        for manner in [HALTING, BUFFERED] {
            let stage = Stage::new(protocol, manner, CHIP).greeted(both());
            let (_, mut client) = stage.client();
            let (points, _) = polls(stage.first.carry_out(Call::Get, &mut client));
            for point in 0..points {
                let (script, mut client) = stage.client();
                let dropped = polled(stage.first.carry_out(Call::Get, &mut client), point);
                assert_eq!(dropped, None);
                let next = Call::ALL[turn % Call::ALL.len()];
                stage.follow(next, &script, &mut client, &format!("dropped at {point}"));
                assert!(script.connections() <= 2, "{protocol:?} {point}");
                turn += 1;
            }
        }
    }
    assert!(turn > 900, "only {turn} points");
}

/// The bytes of the greeting, out and back.
fn length(stage: &Stage<[u8; 400]>) -> (usize, usize) {
    let (script, mut client) = stage.client();
    stage.call(Call::Noop, &mut client);
    let greeted = script.passed();
    stage.call(Call::Noop, &mut client);
    let both = script.passed();
    // The second time it was the call alone.
    (2 * greeted.0 - both.0, 2 * greeted.1 - both.1)
}

#[test]
fn a_loss_on_the_way_is_told_and_nothing_was_sent() {
    let lost = [
        (How::End, ErrorKind::Closed),
        (How::Stall, ErrorKind::TimedOut),
    ];
    let mut cuts = 0;
    for protocol in PROTOCOLS {
        let stage = Stage::new(protocol, Manner::PROMPT, CHIP).greeted(both());
        let (out, back) = length(&stage);
        for (how, kind) in lost {
            let outs = (0..out).map(|at| Fault::Out(at, how));
            for fault in outs.chain((0..back).map(|at| Fault::Back(at, how))) {
                for call in [Call::Get, Call::Set, Call::GetMany, Call::ByHand] {
                    let what = format!("{protocol:?} {fault:?} {call:?}");
                    let (script, mut client) = stage.client();
                    script.then(&[fault]);
                    let outcomes = stage.call(call, &mut client);
                    let error = (kind, Fate::NotSent);
                    assert!(
                        errors(&outcomes).iter().all(|told| *told == error),
                        "{what}"
                    );
                    assert_eq!(script.peer().served_in_all(), 0, "{what}");
                    stage.follow(Call::Set, &script, &mut client, &what);
                    assert_eq!(script.connections(), 2, "{what}");
                    cuts += 1;
                }
            }
        }
    }
    assert!(cuts > 2000, "only {cuts} cuts");
}

#[test]
fn it_has_no_limit_of_its_own() {
    for protocol in PROTOCOLS {
        let stage = Stage::new(protocol, Manner::PROMPT, HOST).greeted(both());
        let (script, mut client) = stage.client();
        script.then(&[Fault::Drip(0)]);
        let error = finish(client.get("k")).unwrap_err();
        let told = (error.kind(), error.fate());
        assert_eq!(told, (ErrorKind::TimedOut, Fate::NotSent));
        assert_eq!(script.now(), stage.options.timeout);
    }
}

#[test]
fn a_login_that_is_refused_fails_the_call_that_wanted_the_connection() {
    for protocol in PROTOCOLS {
        let mut stage = Stage::new(protocol, Manner::PROMPT, HOST).greeted(both());
        stage.options.credentials = Some(Credentials::new("minimc", "sesame").unwrap());
        for call in Call::ALL {
            let (script, mut client) = stage.client();
            for connections in 1..3 {
                let outcomes = stage.call(call, &mut client);
                let refused = (ErrorKind::LoginRefused, Fate::NotSent);
                for told in errors(&outcomes) {
                    assert_eq!(told, refused, "{protocol:?} {call:?}");
                }
                // Not tried twice by itself.
                assert_eq!(script.connections(), connections, "{protocol:?} {call:?}");
                assert_eq!(script.peer().served_in_all(), 0);
            }
        }
    }
}

#[test]
fn what_no_line_can_carry_is_not_sent() {
    for protocol in [Protocol::Text, Protocol::Meta] {
        let mut stage = Stage::new(protocol, Manner::PROMPT, HOST).greeted(both());
        stage.options.credentials = Some(Credentials::new("minimc", "two words").unwrap());
        let (script, mut client) = stage.client();
        let error = finish(client.get("k")).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported(_)));
        assert_eq!(error.fate(), Fate::NotSent);
        assert_eq!((script.connections(), script.passed()), (1, (0, 0)));
    }
}

/// A client of a peer whose connections are told these versions, and that asks from the second on.
fn replaced(protocol: Protocol, versions: &[&'static str]) -> Client<Script, [u8; 400]> {
    let mut peer = Peer::new(protocol);
    peer.put("k", 20);
    peer.greet(Greeting {
        login: None,
        versions: versions.to_vec(),
    });
    let options = Options {
        protocol,
        ..Options::default()
    };
    let script = Script::new(peer, Manner::PROMPT);
    Client::with_options(script, [0; 400], [0; 400], options).unwrap()
}

/// Every version has `touch` but the oldest.
#[test]
fn the_server_is_asked_anew_for_it_may_have_been_replaced() {
    let too_old = ErrorKind::Unsupported("this takes memcached 1.4.8");
    for protocol in [Protocol::Text, Protocol::Binary] {
        let versions = ["", "1.4.7", "1.6.18", "1.4.7", "a proxy", "1.4.7", "ERROR"];
        let mut client = replaced(protocol, &versions);
        let learned = finish(client.learn_dialect()).unwrap();
        assert_eq!(learned, Some(Dialect::new(1, 6, 18)));
        for (index, version) in versions.iter().enumerate() {
            let touched = finish(client.touch("k", Expiry::NEVER));
            let touched = touched.map_err(|error| (error.kind(), error.fate()));
            let expected = if *version == "1.4.7" {
                Err((too_old, Fate::NotSent))
            } else {
                Ok(true)
            };
            assert_eq!(touched, expected, "{protocol:?} {index} {version}");
            client.disconnect();
        }
        assert_eq!(client.options().dialect, Dialect::UNKNOWN);
    }
}

#[test]
fn who_sets_the_dialect_is_not_asked_about_it() {
    // Nobody asks on the second connection, so that it must not be a greeting there.
    let mut client = replaced(Protocol::Text, &["", ""]);
    finish(client.learn_dialect()).unwrap();
    assert!(client.options().learn_dialect);
    client.set_dialect(Dialect::new(1, 4, 7));
    assert!(!client.options().learn_dialect);
    client.disconnect();
    let error = finish(client.touch("k", Expiry::NEVER)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported(_)));
}

#[test]
fn in_the_blocking_colour() {
    for protocol in PROTOCOLS {
        for (password, expected) in [
            ("secret", Ok(20)),
            ("sesame", Err((ErrorKind::LoginRefused, Fate::NotSent))),
        ] {
            let mut peer = Peer::new(protocol);
            peer.put("k", 20);
            peer.greet(both());
            let script = Script::new(peer, Manner::PROMPT);
            let options = Options {
                protocol,
                credentials: Some(Credentials::new("minimc", password).unwrap()),
                learn_dialect: true,
                timeout: Duration::from_secs(1),
                ..Options::default()
            };
            let storage = || [0; 400];
            let mut client: blocking::Client<_, _, 4> =
                blocking::Client::with_options(script, storage(), storage(), options).unwrap();
            for _ in 0..2 {
                let got = client.get("k").map(|item| item.unwrap().value.len());
                let got = got.map_err(|error| (error.kind(), error.fate()));
                assert_eq!(got, expected, "{protocol:?}");
                client.disconnect();
            }
        }
    }
}

#[test]
fn no_log_has_the_password() {
    let stage = Stage::new(Protocol::Meta, Manner::PROMPT, HOST).greeted(both());
    let login = Login::new(stage.options.credentials.unwrap());
    let text = format!("{:?} {login:?}", stage.options);
    assert_eq!(text.matches("Credentials(\"minimc\")").count(), 2, "{text}");
    assert!(!text.contains("secret"), "{text}");
}
