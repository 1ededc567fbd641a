//! The lines of the file.
// distribution: registry/auth/htpasswd/htpasswd.go

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use super::unreadable;
use crate::Basic;

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HtpasswdError {
    /// It cannot be read, or made.
    #[error("cannot use the htpasswd file {}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is no entry.
    #[error("{}, line {line}: an entry is a name, a colon and a bcrypt hash", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// It is no text, or far too long.
    #[error("{} is no htpasswd file", path.display())]
    NoText {
        /// Which one.
        path: PathBuf,
    },
    /// A password could not be hashed.
    #[error("cannot hash a password")]
    Hash(#[source] bcrypt::BcryptError),
}

/// Hashes by name.
pub(super) struct Table {
    hashes: HashMap<String, String>,
    /// A hash that nothing is let in by, and that takes as long as the others to be compared.
    nobody: String,
}

// === impl Table ===

impl Table {
    pub(super) fn read(path: &Path) -> Result<Self, HtpasswdError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a file of the operator's, not of the store"
        )]
        let bytes = std::fs::read(path).map_err(|source| unreadable(path, source))?;
        let no_text = || HtpasswdError::NoText {
            path: path.to_owned(),
        };
        let text = String::from_utf8(bytes).map_err(|_| no_text())?;
        Self::parse(&text).map_err(|line| HtpasswdError::Line {
            path: path.to_owned(),
            line,
        })
    }

    /// Or the number of the line that is no entry.
    fn parse(text: &str) -> Result<Self, usize> {
        let mut hashes = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, hash) = line.split_once(':').ok_or(number + 1)?;
            hashes.insert(name.to_owned(), hash.to_owned());
        }
        let cost = hashes.values().filter_map(|hash| cost(hash)).max();
        Ok(Self {
            hashes,
            nobody: format!("$2y${:02}${NOBODY}", cost.unwrap_or(COST)),
        })
    }

    /// The hash of the account's password; of an account that is not there, one that nothing
    /// matches, and that takes as long to find out.
    pub(super) fn hash(&self, name: &str) -> &str {
        self.hashes.get(name).unwrap_or(&self.nobody)
    }

    /// The hash of the account's password, if there is such an account.
    pub(super) fn stored(&self, name: &str) -> Option<&str> {
        self.hashes.get(name).map(String::as_str)
    }

    /// Whether it is the account's password. It takes long, on purpose.
    pub(super) fn matches(&self, basic: &Basic) -> bool {
        let hash = self.hash(&basic.user);
        // Other hashes than bcrypt's never match, as with distribution, but cost the same.
        let hash = cost(hash).map_or(self.nobody.as_str(), |_| hash);
        let matches = bcrypt::verify(basic.password.reveal(), hash).unwrap_or(false);
        matches && hash != self.nobody
    }
}

/// How much work a hash is (its logarithm), if it is one of bcrypt's.
fn cost(hash: &str) -> Option<u32> {
    let forms = ["$2a$", "$2b$", "$2y$"];
    let rest = forms.iter().find_map(|form| hash.strip_prefix(form))?;
    rest.split('$')
        .next()?
        .parse()
        .ok()
        .filter(|cost| *cost <= MOST)
}

/// Salt and hash of a password that nobody has, and that would not count.
const NOBODY: &str = "abcdefghijklmnopqrstuuMHtIBjWtoTnDfXGPZTFpGSkYMgvXyOG";
/// As `htpasswd -B` and distribution make them.
const COST: u32 = 10;
/// What takes minutes is a mistake.
const MOST: u32 = 18;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn matches(table: &Table, user: &str, password: &str) -> bool {
        table.matches(&Basic {
            user: user.to_owned(),
            password: Secret::new(password),
        })
    }

    #[test]
    fn every_form_of_bcrypt_matches_and_nothing_else() {
        let hash = bcrypt::hash("secret", 4).unwrap();
        let rest = hash.get(4..).unwrap();
        let text = format!(
            "# people\n\n a:$2a${rest}  \nb:$2b${rest}\nc:$2y${rest}\nd:$2x${rest}\ne:secret\n\
             f:{{SHA}}5en6G6MezRroT3XKqkdPOmY/BfQ=\ng:$2y$99$x\nh:\n"
        );
        let table = Table::parse(&text).unwrap();
        for user in ["a", "b", "c"] {
            assert!(matches(&table, user, "secret"), "{user}");
            assert!(!matches(&table, user, "Secret"), "{user}");
            assert!(!matches(&table, user, ""), "{user}");
        }
        for user in ["d", "e", "f", "g", "h", "i", ""] {
            assert!(!matches(&table, user, "secret"), "{user}");
        }
    }

    #[test]
    fn a_line_that_is_no_entry_is_named() {
        assert_eq!(Table::parse("a:b\n\n# c\nd\n").err(), Some(4));
        assert!(Table::parse("").is_ok());
        // The last of several holds.
        let table = Table::parse("a:1\na:2").unwrap();
        assert_eq!(table.hash("a"), "2");
    }

    #[test]
    fn nobody_is_a_hash_that_takes_as_long_as_others() {
        let table = Table::parse("a:$2y$05$x\nb:$2y$04$x\nc:$2y$99$x").unwrap();
        assert!(table.hash("nobody").starts_with("$2y$05$"));
        assert!(matches!(bcrypt::verify("x", table.hash("d")), Ok(false)));
    }
}
