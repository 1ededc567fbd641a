//! `users.json`

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::PasswordHash;
use crate::clock::now;
use crate::private::Kept;

/// Somebody who is in the file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Their password; without one only their tokens let them in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub password: Option<PasswordHash>,
    /// The groups they are in, beside those that the configuration puts them in.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub groups: Vec<String>,
    /// Since when they have been there, in seconds since 1970.
    pub created: u64,
}

// === impl User ===

impl User {
    /// Somebody new.
    #[must_use]
    pub fn new(password: Option<PasswordHash>, groups: Vec<String>) -> Self {
        Self {
            password,
            groups,
            created: now(),
        }
    }
}

impl Kept for User {
    const FILE: &'static str = "users.json";
    type Entries = BTreeMap<String, Self>;
}
