//! Labels: what the points of a ring are the hashes of.

use super::server::{Server, Via};

/// How the labels of libmemcached's rings name a server.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Labels {
    /// `host-0` where the port is 11211, else `host:port-0`.
    #[default]
    Ketama,
    /// `/host:port-0`, with the port always: spymemcached's.
    Spy,
}

/// The most digits behind a name: a number of 32 bits, and what is before it.
const DIGITS: usize = 11;

/// A name, and a number behind it that changes.
#[derive(Clone)]
pub(super) struct Label {
    bytes: [u8; 1 + Server::LIMIT + 6 + DIGITS],
    name: usize,
}

impl Label {
    pub(super) const fn of_libmemcached(labels: Labels, server: &Server<'_>) -> Self {
        let mut label = Self::EMPTY;
        if matches!(labels, Labels::Spy) {
            label.push(b"/");
        }
        label.push(server.host().as_bytes());
        if matches!(labels, Labels::Spy) || server.port() != Server::PORT {
            label.push_port(server.port());
        }
        label
    }

    /// `host:port`, or the path of a socket: what most others call a server.
    pub(super) const fn name(server: &Server<'_>) -> Self {
        let mut label = Self::EMPTY;
        label.push(server.host().as_bytes());
        if !matches!(server.via(), Via::Unix) {
            label.push_port(server.port());
        }
        label
    }

    /// The name alone.
    pub(super) const fn bytes(&self) -> &[u8] {
        front(&self.bytes, self.name)
    }

    /// The name, `between`, and a number in decimal digits.
    pub(super) const fn numbered(&mut self, between: u8, number: u32) -> &[u8] {
        let name = self.name;
        self.push(&[between]);
        self.push_number(number);
        let length = self.name;
        self.name = name;
        front(&self.bytes, length)
    }

    const EMPTY: Self = Self {
        bytes: [0; _],
        name: 0,
    };

    const fn push_port(&mut self, port: u16) {
        self.push(b":");
        self.push_number(port as u32);
    }

    const fn push_number(&mut self, number: u32) {
        let mut digits = 1_usize;
        let mut rest = number;
        while rest >= 10 {
            rest /= 10;
            digits = digits.saturating_add(1);
        }
        let Some((_, place)) = self.bytes.split_at_mut_checked(self.name) else {
            return;
        };
        let Some((mut place, _)) = place.split_at_mut_checked(digits) else {
            return;
        };
        let mut rest = number;
        while let Some((last, before)) = place.split_last_mut() {
            *last = b'0' | (rest % 10) as u8;
            rest /= 10;
            place = before;
        }
        self.name = self.name.saturating_add(digits);
    }

    const fn push(&mut self, bytes: &[u8]) {
        let Some((_, mut place)) = self.bytes.split_at_mut_checked(self.name) else {
            return;
        };
        let mut rest = bytes;
        while let Some((byte, bytes_behind)) = rest.split_first() {
            let Some((first, behind)) = place.split_first_mut() else {
                return;
            };
            *first = *byte;
            (place, rest) = (behind, bytes_behind);
        }
        self.name = self.name.saturating_add(bytes.len());
    }
}

const fn front(bytes: &[u8], length: usize) -> &[u8] {
    match bytes.split_at_checked(length) {
        Some((front, _)) => front,
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_libmemcached() {
        let table = [
            ("10.0.0.1", Labels::Ketama, "10.0.0.1-7"),
            ("10.0.0.1:11212", Labels::Ketama, "10.0.0.1:11212-7"),
            ("[::1]:80", Labels::Ketama, "::1:80-7"),
            ("/run/m.sock", Labels::Ketama, "/run/m.sock:0-7"),
            ("10.0.0.1", Labels::Spy, "/10.0.0.1:11211-7"),
            ("/run/m.sock", Labels::Spy, "//run/m.sock:0-7"),
        ];
        for (server, labels, expected) in table {
            let mut label = Label::of_libmemcached(labels, &Server::parse(server).unwrap());
            for _ in 0..2 {
                assert_eq!(label.numbered(b'-', 7), expected.as_bytes());
            }
        }
    }

    #[test]
    fn the_longest_fits() {
        let host = "h".repeat(Server::LIMIT);
        let mut label = Label::of_libmemcached(Labels::Spy, &Server::tcp(&host, 65535).unwrap());
        let expected = std::format!("/{host}:65535-4294967295");
        assert_eq!(label.numbered(b'-', u32::MAX), expected.as_bytes());
    }
}
