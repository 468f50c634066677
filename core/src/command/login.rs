//! Logging in.

use super::Command;
use crate::credentials::Credentials;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::wire::{Encoder, Failure, Frame, Protocol, Shape, Status};

/// Logs in to a server that wants it: one with `-Y` in the text protocols, one with `-S` and SASL
/// PLAIN in the binary one.
///
/// It must be answered before anything else is sent: what a server meets behind a login that it has
/// not answered yet may be lost, or answered in another's stead. The clients of `minimc` see to that
/// when they are given credentials in their options; whoever drives a connection by hand sends it
/// alone.
///
/// Fails with [`LoginRefused`](ErrorKind::LoginRefused) where name or password are not those; the
/// connection stays, and may log in again. A blank or a line end in either is
/// [`Unsupported`](ErrorKind::Unsupported) in the text protocols, before a byte is sent.
///
/// A text server without `-Y` takes the login for what it looks like there, a `set`, and answers as to
/// a login. So it is one of an item that has expired already: nobody can read the password.
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Login<'c> {
    credentials: Credentials<'c>,
}

impl<'c> Login<'c> {
    /// Logs in with these.
    pub fn new(credentials: Credentials<'c>) -> Self {
        Self { credentials }
    }
}

/// The one mechanism of SASL that takes a single step.
const MECHANISM: &[u8] = b"PLAIN";

impl Command for Login<'_> {
    const NAME: &'static str = "login";
    const IS_READ: bool = true;
    type Reply<'b> = ();

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        let user = self.credentials.user().as_bytes();
        let password = self.credentials.password().as_bytes();
        let length = user.len().saturating_add(password.len()).saturating_add(1);
        match out.protocol() {
            Protocol::Text | Protocol::Meta => {
                let is_word = |bytes: &[u8]| {
                    !bytes
                        .iter()
                        .any(|byte| matches!(byte, b' ' | b'\r' | b'\n'))
                };
                if !is_word(user) || !is_word(password) {
                    out.unsupported("blanks and line ends in a login by text");
                    return;
                }
                // Key, flags and expiry mean nothing to a login.
                out.line(b"set minimc.login 0", Shape::STORED)
                    .expiry(b" ", Expiry::AT_ONCE)
                    .number(b" ", length as u64)
                    .bytes(b"\r\n")
                    .bytes(user)
                    .bytes(b" ")
                    .bytes(password)
                    .end()
            }
            Protocol::Binary => out
                .packet_for_login(MECHANISM, length.saturating_add(1))
                .bytes(b"\0")
                .bytes(user)
                .bytes(b"\0")
                .bytes(password),
        }
        .logs_in();
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<(), ErrorKind> {
        match frame.status() {
            Status::Ok => Ok(()),
            Status::Failed(Failure::Unauthenticated) => Err(ErrorKind::LoginRefused),
            _ => Err(frame.unexpected()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::{Packet, check};
    use crate::{Connection, Prefix};
    use Protocol::{Binary, Meta, Text};

    fn login() -> Login<'static> {
        Login::new(Credentials::new("minimc", "secret").unwrap())
    }

    #[test]
    fn by_text() {
        let line = b"set minimc.login 0 2592001 13\r\nminimc secret\r\n";
        for protocol in [Text, Meta] {
            for (reply, meaning) in [
                ("STORED", "Ok(())"),
                (
                    "CLIENT_ERROR authentication failure",
                    "Err(LoginRefused, Refused)",
                ),
                (
                    "CLIENT_ERROR bad authentication token format",
                    "Err(LoginRefused, Refused)",
                ),
                ("ERROR", "Err(Command(\"ERROR\"), Unknown)"),
                (
                    "CLIENT_ERROR bad data chunk",
                    "Err(Client(\"CLIENT_ERROR bad data chunk\"), Unknown)",
                ),
                (
                    "ERROR Too many open connections",
                    "Err(TooManyConnections, NotSent)",
                ),
                ("NOT_STORED", "Err(Malformed, Unknown)"),
                ("HD", "Err(Malformed, Unknown)"),
            ] {
                let reply = std::format!("{reply}\r\n");
                check(protocol, &login(), line, reply.as_bytes(), meaning);
            }
        }
    }

    #[test]
    fn by_packet() {
        let request = Packet::asks(0x21).key("PLAIN").value(b"\0minimc\0secret");
        let answer = Packet::answers(0x21);
        for (reply, meaning) in [
            (answer.clone().value(b"Authenticated"), "Ok(())"),
            (
                answer.clone().status(0x20).value(b"Auth failure."),
                "Err(LoginRefused, Refused)",
            ),
            // A server without SASL.
            (
                answer.clone().status(0x81).value(b"Unknown command"),
                "Err(Command(\"Unknown command\"), Refused)",
            ),
            // PLAIN has no second step.
            (answer.clone().status(0x21), "Err(Malformed, Unknown)"),
            (
                Packet::answers(0x00).status(0x20),
                "Err(Mismatched, Unknown)",
            ),
        ] {
            let reply = reply.bytes();
            check(Binary, &login(), &request.bytes(), &reply, meaning);
        }
    }

    #[test]
    fn what_a_line_cannot_carry() {
        let unsupported = "Err(Unsupported(\"blanks and line ends in a login by text\"), NotSent)";
        for (user, password) in [("a b", "p"), ("a", "p "), ("a\n", "p"), ("a", "\rp")] {
            let login = Login::new(Credentials::new(user, password).unwrap());
            for protocol in [Text, Meta] {
                check(protocol, &login, b"", b"", unsupported);
            }
            let value = std::format!("\0{user}\0{password}");
            let request = Packet::asks(0x21).key("PLAIN").value(value.as_bytes());
            let reply = Packet::answers(0x21).bytes();
            check(Binary, &login, &request.bytes(), &reply, "Ok(())");
        }
    }

    #[test]
    fn the_longest_fits_the_least_storage_and_has_no_prefix() {
        let long = "p".repeat(Credentials::LIMIT - 1);
        let login = Login::new(Credentials::new("u", &long).unwrap());
        for (protocol, length) in [(Text, 285), (Meta, 285), (Binary, 281)] {
            let storage = || [0; Connection::<[u8; 0], 1>::STORAGE];
            let mut connection = Connection::<_, 1>::new(protocol, storage(), storage()).unwrap();
            connection.set_prefix(Prefix::new("prefix:").unwrap());
            connection.send(&login).unwrap();
            let sent = connection.outgoing(None).concat();
            assert_eq!(sent.len(), length, "{protocol:?}");
            assert!(!sent.windows(6).any(|part| part == b"prefix"));
        }
    }

    /// Unlike any other command's, the refusal of a login leaves the connection as it was.
    #[test]
    fn a_refusal_may_be_followed_by_another_login() {
        let refusal = b"CLIENT_ERROR authentication failure\r\n".to_vec();
        let packet = |opaque| Packet::answers(0x21).status(0x20).opaque(opaque).bytes();
        for (protocol, refusals) in [
            (Text, [refusal.clone(), refusal]),
            (Binary, [packet(0x0021_0000), packet(0x0021_0001)]),
        ] {
            let mut connection = Connection::<_, 1>::new(protocol, [0; 384], [0; 384]).unwrap();
            for refusal in refusals {
                connection.send(&login()).unwrap();
                connection.sent(connection.outgoing(None).concat().len());
                connection.space()[..refusal.len()].copy_from_slice(&refusal);
                connection.filled(refusal.len());
                let error = connection.reply::<Login<'_>>().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::LoginRefused);
                assert!(connection.is_idle(), "{protocol:?}");
            }
        }
    }
}
