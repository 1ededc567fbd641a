//! Which password or token somebody has shown, for those who ask later whether it still holds.

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// Names what was shown without giving it away: a hash of the password's stored hash, or the id
/// of a token. It is another one once the password is another one. The default is nobody's.
///
/// It can be stored, and be asked about with [`Accounts::still`](crate::Accounts::still).
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Credential(String);

// === impl Credential ===

impl Credential {
    /// The password with this stored hash.
    pub(crate) fn password(stored: &str) -> Self {
        Self(format!(
            "{PASSWORD}{}",
            hex(digest(&SHA256, stored.as_bytes()).as_ref())
        ))
    }

    /// The personal access token of this id.
    pub(crate) fn token(id: &str) -> Self {
        Self(format!("{TOKEN}{id}"))
    }

    /// The id, if it is a personal access token.
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.0.strip_prefix(TOKEN)
    }
}

/// Two digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = halves.filter_map(|half| char::from_digit(half.into(), 16));
    digits.collect()
}

const PASSWORD: &str = "password:";
const TOKEN: &str = "token:";
