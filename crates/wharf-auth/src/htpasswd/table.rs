//! The lines of the file.
// distribution: registry/auth/htpasswd/htpasswd.go

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use super::unreadable;
use crate::Secret;

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
pub(crate) struct Table {
    hashes: HashMap<String, String>,
    /// Of the most expensive hash.
    most: u32,
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
        let most = hashes.values().filter_map(|hash| cost(hash)).max();
        Ok(Self {
            hashes,
            most: most.unwrap_or(COST),
        })
    }

    /// What the file has for an account.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.hashes.get(name).map(String::as_str)
    }

    /// Whether it is the account's password. It takes long, on purpose, and no less for an
    /// account that is not there, or has a cheaper hash than others.
    pub(crate) fn matches(&self, name: &str, password: &Secret) -> bool {
        // Other hashes than bcrypt's never match, as with distribution, but cost the same.
        let Some((hash, cost)) = self.usable(name) else {
            return self.resembles(password);
        };
        match bcrypt::verify(password.reveal(), hash) {
            Ok(true) => return true,
            Ok(false) => self.rest(cost).for_each(|cost| spend(cost, password)),
            Err(_) => spend(self.most, password),
        }
        false
    }

    /// Takes as long as `matches`, and is false.
    pub(crate) fn resembles(&self, password: &Secret) -> bool {
        spend(self.most, password);
        false
    }

    fn usable(&self, name: &str) -> Option<(&str, u32)> {
        let hash = self.get(name)?;
        Some((hash, cost(hash)?))
    }

    /// What is still to be spent after a comparison of this cost. Each cost is twice the one
    /// before: 2⁵ + (2⁵ + 2⁶ + 2⁷) is 2⁸.
    fn rest(&self, cost: u32) -> std::ops::Range<u32> {
        cost..self.most
    }
}

/// Compares with a hash that nothing is let in by.
fn spend(cost: u32, password: &Secret) {
    let nobody = format!("$2y${cost:02}${NOBODY}");
    // The optimizer must not see that nobody looks at it.
    std::hint::black_box(bcrypt::verify(password.reveal(), &nobody).is_err());
}

/// How much work a hash is (its logarithm), if it is one of bcrypt's, and whole.
fn cost(hash: &str) -> Option<u32> {
    let forms = ["$2a$", "$2b$", "$2y$"];
    let rest = forms.iter().find_map(|form| hash.strip_prefix(form))?;
    let cost = rest.split('$').next()?.parse().ok();
    let is_whole = hash.parse::<bcrypt::HashParts>().is_ok();
    cost.filter(|cost| is_whole && (LEAST..=MOST).contains(cost))
}

/// Salt and hash of a password that nobody has, and that would not count.
const NOBODY: &str = "abcdefghijklmnopqrstuuMHtIBjWtoTnDfXGPZTFpGSkYMgvXyOG";
/// As `htpasswd -B` and distribution make them.
const COST: u32 = 10;
/// Below, there is no bcrypt.
const LEAST: u32 = 4;
/// What takes minutes is a mistake.
const MOST: u32 = 18;

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(table: &Table, user: &str, password: &str) -> bool {
        table.matches(user, &Secret::new(password))
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
        assert_eq!(table.get("a"), Some("2"));
    }

    /// What a wrong password costs, in comparisons of the least cost.
    fn work(table: &Table, name: &str) -> u64 {
        let work = |cost| 1_u64 << (cost - LEAST);
        match table.usable(name) {
            Some((_, cost)) => work(cost) + table.rest(cost).map(work).sum::<u64>(),
            None => work(table.most),
        }
    }

    #[test]
    fn attack_hashes_of_several_costs_do_not_tell_who_is_in_the_file() {
        let hash = |cost| bcrypt::hash("secret", cost).unwrap();
        let text = format!(
            "a:{}\nb:{}\nc:{}\nd:$2y$07$malformed\ne:$2y$03$x\nf:other\n",
            hash(4),
            hash(5),
            hash(8)
        );
        let table = Table::parse(&text).unwrap();
        for name in ["a", "b", "c", "d", "e", "f", "nobody"] {
            assert_eq!(work(&table, name), 16, "{name}");
        }
        for name in ["a", "b", "c"] {
            assert!(matches(&table, name, "secret") && !matches(&table, name, "wrong"));
        }
        for name in ["d", "e", "f", "nobody"] {
            assert!(!matches(&table, name, "secret"), "{name}");
        }
    }

    #[test]
    fn nobody_is_a_hash_that_takes_as_long_as_others() {
        let hash = |cost| bcrypt::hash("secret", cost).unwrap();
        let text = format!("a:{}\nb:{}\nc:$2y$99$x", hash(5), hash(4));
        let table = Table::parse(&text).unwrap();
        assert_eq!(table.get("nobody"), None);
        assert_eq!(table.most, 5);
        let nobody = format!("$2y$05${NOBODY}");
        assert!(matches!(bcrypt::verify("x", &nobody), Ok(false)));
    }
}
