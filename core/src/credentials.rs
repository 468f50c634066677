//! Credentials: the name and the password of a login.

use core::fmt;

use crate::error::{Error, ErrorKind};

/// The name and the password by which a client [logs in](crate::command::Login).
///
/// Neither `Debug` nor `defmt` shows the password.
///
/// ```
/// use minimc_core::Credentials;
///
/// const LOGIN: Credentials<'static> = match Credentials::new("device-1", "secret") {
///     Ok(credentials) => credentials,
///     Err(_) => panic!("not credentials"),
/// };
/// assert_eq!(format!("{LOGIN:?}"), "Credentials(\"device-1\")");
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Credentials<'c> {
    user: &'c str,
    password: &'c str,
}

impl<'c> Credentials<'c> {
    /// The most bytes that name and password have together.
    pub const LIMIT: usize = 250;

    /// Checks that there is a name and a password, of [`LIMIT`](Self::LIMIT) bytes together, without
    /// a NUL.
    ///
    /// Fails with [`Credentials`](ErrorKind::Credentials). Blanks and line ends are well in the
    /// binary protocol; the others cannot carry them, which is told when the login is to be sent.
    pub const fn new(user: &'c str, password: &'c str) -> Result<Self, Error> {
        let (name, word) = (user.as_bytes(), password.as_bytes());
        let length = name.len().saturating_add(word.len());
        let has_both = !name.is_empty() && !word.is_empty();
        if has_both && length <= Self::LIMIT && !has_nul(name) && !has_nul(word) {
            Ok(Self { user, password })
        } else {
            Err(Error::new(ErrorKind::Credentials))
        }
    }

    /// The name.
    pub const fn user(&self) -> &'c str {
        self.user
    }

    /// The password.
    pub const fn password(&self) -> &'c str {
        self.password
    }
}

/// A NUL is what SASL puts between the two.
const fn has_nul(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let [byte, behind @ ..] = rest {
        if *byte == 0 {
            return true;
        }
        rest = behind;
    }
    false
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Credentials(\"{}\")",
            self.user.as_bytes().escape_ascii()
        )
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Credentials<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Credentials({=str})", self.user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_login_can_carry_is_refused() {
        let bad = Err(Error::new(ErrorKind::Credentials));
        for (user, password) in [("", "p"), ("u", ""), ("u\0", "p"), ("u", "p\0w")] {
            assert_eq!(
                Credentials::new(user, password),
                bad,
                "{user:?} {password:?}"
            );
        }
        let long = "p".repeat(Credentials::LIMIT);
        assert_eq!(Credentials::new("u", &long), bad);
        assert!(Credentials::new("u", &long[1..]).is_ok());
    }

    #[test]
    fn the_password_is_not_shown() {
        let credentials = Credentials::new("u\"\n", "secret").unwrap();
        assert_eq!(std::format!("{credentials:?}"), "Credentials(\"u\\\"\\n\")");
    }
}
