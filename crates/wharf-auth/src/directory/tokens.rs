//! `tokens.json`

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::now;
use crate::private::Kept;
use crate::{Permitted, Secret, personal};

/// A personal access token, as it is kept: without what would let somebody in.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalToken {
    /// Whose it is.
    pub account: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// SHA-256 of the token, in hexadecimal.
    pub(crate) hash: String,
    /// What it is good for ([`Permitted`]); without any, for all that its account may do.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub scopes: Vec<String>,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// When it ends, in seconds since 1970; never, without.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires: Option<u64>,
}

/// What a new token is to be like.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Whose it is.
    pub account: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it is good for; if empty, for all that its account may do.
    pub scopes: Vec<Permitted>,
    /// When it ends, in seconds since 1970.
    pub expires: Option<u64>,
}

// === impl PersonalToken ===

impl PersonalToken {
    pub(super) fn new(new: NewToken, secret: &Secret) -> Self {
        Self {
            account: new.account,
            description: new.description,
            hash: personal::hash(secret).to_hex(),
            scopes: new.scopes.iter().map(ToString::to_string).collect(),
            created: now(),
            expires: new.expires,
        }
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_expired(&self) -> bool {
        self.expires.is_some_and(|expires| expires <= now())
    }
}

impl Kept for PersonalToken {
    const FILE: &'static str = "tokens.json";
    type Entries = BTreeMap<String, Self>;
}
