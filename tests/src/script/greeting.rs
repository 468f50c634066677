//! What the peer wants to hear first on a connection: a login, the question for its version, or both.
//! Each must come alone, and nothing behind it before its answer was read.

use minimc::Protocol;

use super::binary::packet;

/// What every connection must begin with.
#[derive(Clone, Debug, Default)]
pub struct Greeting {
    /// The name and the password; nothing where no login is wanted.
    pub login: Option<(&'static str, &'static str)>,
    /// What is answered to the question for the version, by connection: a line's text, or an error
    /// line. Empty where it is not a greeting; the last holds for all that follow.
    pub versions: Vec<&'static str>,
}

#[derive(Clone, Copy)]
enum Step<'g> {
    Login(&'g str, &'g str),
    Version(&'g str),
}

impl Greeting {
    /// The step of the greeting on the `connection`-th connection that is awaited.
    fn step(&self, done: usize, connection: usize) -> Option<Step<'_>> {
        let login = self
            .login
            .map(|(user, password)| Step::Login(user, password));
        let last = self.versions.len().saturating_sub(1);
        let version = self.versions.get(connection.saturating_sub(1).min(last));
        let version = version.filter(|version| !version.is_empty());
        let steps = login
            .into_iter()
            .chain(version.map(|text| Step::Version(text)));
        steps.into_iter().nth(done)
    }

    /// Whether the greeting is over.
    pub(super) fn is_over(&self, done: usize, connection: usize) -> bool {
        self.step(done, connection).is_none()
    }

    /// Answers the awaited step, if it has come in full; with whether it is done.
    ///
    /// # Panics
    ///
    /// If what came is another thing, or has something behind it.
    pub(super) fn answer(
        &self,
        done: usize,
        connection: usize,
        protocol: Protocol,
        came: &mut Vec<u8>,
    ) -> Option<(Vec<u8>, bool)> {
        let step = self.step(done, connection)?;
        let binary = protocol == Protocol::Binary;
        let length = match step {
            Step::Login(..) if binary => packet_length(came, 0x21)?,
            Step::Login(..) => login_length(came)?,
            Step::Version(_) if binary => packet_length(came, 0x0B)?,
            Step::Version(_) => whole(came, b"version\r\n")?,
        };
        assert_eq!(came.len(), length, "behind it: {}", came.escape_ascii());
        let request = std::mem::take(came);
        Some(match step {
            Step::Login(user, password) if binary => {
                let value = format!("PLAIN\0{user}\0{password}");
                if request[24..] == *value.as_bytes() {
                    (reply(&request, 0, "Authenticated"), true)
                } else {
                    (reply(&request, 0x20, "Auth failure."), false)
                }
            }
            Step::Login(user, password) => {
                let data = format!("\r\n{user} {password}\r\n");
                if request.ends_with(data.as_bytes()) {
                    (b"STORED\r\n".to_vec(), true)
                } else {
                    (b"CLIENT_ERROR authentication failure\r\n".to_vec(), false)
                }
            }
            Step::Version("ERROR") if binary => (reply(&request, 0x81, "Unknown command"), true),
            Step::Version(text) if binary => (reply(&request, 0, text), true),
            Step::Version("ERROR") => (b"ERROR\r\n".to_vec(), true),
            Step::Version(text) => (format!("VERSION {text}\r\n").into_bytes(), true),
        })
    }
}

fn reply(request: &[u8], status: u16, value: &str) -> Vec<u8> {
    packet(
        request[1],
        status,
        &request[12..16],
        &[],
        "",
        value.as_bytes(),
    )
}

/// The length of these bytes, if all of them have come.
fn whole(came: &[u8], wanted: &[u8]) -> Option<usize> {
    let length = came.len().min(wanted.len());
    assert_eq!(came[..length], wanted[..length], "first of all");
    (length == wanted.len()).then_some(length)
}

/// The length of the `set` at the front, if it has come in full.
fn login_length(came: &[u8]) -> Option<usize> {
    let start = came.len().min(4);
    assert_eq!(came[..start], b"set "[..start], "{}", came.escape_ascii());
    let end = came.iter().position(|&byte| byte == b'\n')? + 1;
    let line = std::str::from_utf8(&came[..end]).expect("a line of text");
    let words: Vec<&str> = line.trim_end().split(' ').collect();
    let [_, _, _, "2592001", size] = words[..] else {
        panic!("an item that stays: {line}");
    };
    let length = end + size.parse::<usize>().expect("a length") + 2;
    (came.len() >= length).then_some(length)
}

/// The length of the packet at the front, if it has come in full.
fn packet_length(came: &[u8], opcode: u8) -> Option<usize> {
    let start = came.len().min(2);
    assert_eq!(came[..start], [0x80, opcode][..start], "first of all");
    let body = u32::from_be_bytes(*came.get(8..12)?.first_chunk()?);
    let length = 24 + body as usize;
    (came.len() >= length).then_some(length)
}
