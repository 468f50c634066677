//! Three servers behind a device, of which one is lost while it works.

use std::thread;
use std::time::{Duration, Instant};

use minimc::Expiry;
use minimc::net::Client;
use minimc_scenarios::fleet::{KEYS, SEEN, STOP, Tally, home, key};
use minimc_tests::board::Board;
use minimc_tests::server::Memcached;

use crate::{Verdict, through_relay};

/// How long the device may take to see what was done to a server.
const PATIENCE: Duration = Duration::from_secs(12);

/// Over how many rounds it is held that most calls fail at once.
const ROUNDS: usize = 20;

/// For each policy: a server is killed and comes back, and where its keys stay another time it is silent.
pub(crate) fn fleet(board: Board<'_>) -> Verdict {
    for policy in ["stay", "eject"] {
        let began = Instant::now();
        let mut servers = [0; 3].map(|_| Memcached::tcp(&[]));
        let relays = servers.each_ref().map(|server| through_relay(server, ""));
        let [one, two, three] = relays;
        let relays = [one?, two?, three?].join("\n");
        let judged = thread::scope(|scope| {
            let device = scope.spawn(|| board.boot(&relays, &[policy]));
            let mut watch = Watch::new(&servers)?;
            let judged = match policy {
                "stay" => watch.keys_stay(&mut servers),
                _ => watch.keys_move(&mut servers),
            };
            // It ends however that was.
            watch.client.set(STOP, "", Expiry::NEVER)?;
            let ended = device.join().expect("the device's thread");
            judged?;
            Verdict::Ok(ended?)
        });
        judged?;
        println!(
            "host    {} went on without one of three servers, policy {policy}, in {:.1} s",
            board.name,
            began.elapsed().as_secs_f32()
        );
    }
    Ok(())
}

/// What the device publishes, and what it should.
struct Watch {
    client: Client,
    /// How many keys each server has of its own.
    homes: [u32; 3],
    /// The server that is lost: not that which the device publishes on.
    lost: usize,
    last: Tally,
}

impl Watch {
    fn new(servers: &[Memcached; 3]) -> Result<Self, minimc::Error> {
        let mut homes = [0; 3];
        for number in 0..KEYS {
            homes[home(&key(number))] += 1;
        }
        Ok(Self {
            client: Client::connect(servers[home(SEEN)].address())?,
            homes,
            lost: (home(SEEN) + 1) % 3,
            last: Tally::default(),
        })
    }

    fn keys_stay(&mut self, servers: &mut [Memcached; 3]) -> Verdict {
        self.all_are_right()?;
        servers[self.lost].stop();
        self.its_keys_fail_at_once("killed")?;
        let (mut at_once, mut otherwise) = (0, 0);
        for _ in 0..ROUNDS {
            let before = self.last.round;
            self.until("another round", |tally| tally.round > before)?;
            at_once += self.last.down[self.lost];
            otherwise += self.last.failed[self.lost];
            if self.last.right[self.lost] != 0 {
                return Err(format!("a server that is killed answers: {}", self.last).into());
            }
        }
        // One call finds out for all, and not more often than a server is tried again; on a machine that
        // is busy that may be in each round.
        if at_once <= otherwise {
            return Err(format!("{at_once} failed at once, and {otherwise} otherwise").into());
        }
        println!(
            "host    in {ROUNDS} rounds {at_once} calls failed at once, {otherwise} otherwise"
        );
        servers[self.lost].start_again();
        self.all_are_right()?;
        println!("host    it is started again, and all keys are right");

        servers[self.lost].hold();
        self.its_keys_fail_at_once("silent")?;
        servers[self.lost].go_on();
        self.all_are_right()?;
        println!("host    it goes on, and all keys are right");
        Ok(())
    }

    fn keys_move(&mut self, servers: &mut [Memcached; 3]) -> Verdict {
        self.all_are_right()?;
        servers[self.lost].stop();
        let (homes, moved) = (self.homes, self.homes[self.lost]);
        self.until("its keys are right with others", |tally| {
            tally.right == homes && tally.moved == moved
        })?;
        println!(
            "host    server {} is killed: others have its {moved} keys",
            self.lost
        );
        servers[self.lost].start_again();
        self.all_are_right()?;
        println!("host    it is started again, and has its keys back");
        Ok(())
    }

    fn all_are_right(&mut self) -> Verdict {
        let homes = self.homes;
        self.until("all keys are right, each with its own server", |tally| {
            tally.right == homes && tally.moved == 0
        })
    }

    /// Those of the lost server in one whole round; those of the others are right in all.
    fn its_keys_fail_at_once(&mut self, how: &str) -> Verdict {
        let (lost, keys) = (self.lost, self.homes[self.lost]);
        self.until("its keys fail at once", |tally| tally.down[lost] == keys)?;
        println!(
            "host    server {lost} is {how}: its {keys} keys fail at once, the others are right"
        );
        Ok(())
    }

    /// Waits until the device has seen it. The keys of the other servers are right all the time.
    fn until(&mut self, what: &str, mut is_seen: impl FnMut(&Tally) -> bool) -> Verdict {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
            let Some(item) = self.client.get(SEEN)? else {
                continue;
            };
            let text = std::str::from_utf8(item.value)?;
            let tally = Tally::parse(text).ok_or_else(|| format!("{SEEN} is {text:?}"))?;
            self.last = tally;
            for server in (0..3).filter(|server| *server != self.lost) {
                if tally.right[server] != self.homes[server] {
                    return Err(format!("keys of server {server} are not right: {tally:?}").into());
                }
            }
            if is_seen(&tally) {
                return Ok(());
            }
        }
        Err(format!(
            "the device did not see in time that {what}: {:?}",
            self.last
        )
        .into())
    }
}
