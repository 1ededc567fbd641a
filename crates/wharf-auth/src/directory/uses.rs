//! `uses.json`

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::clock::now;
use crate::private::Kept;

/// The last time that a token was used.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// When, in seconds since 1970; to the minute.
    pub time: u64,
    /// From where, if that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<IpAddr>,
}

/// Uses that are not written yet. Only tokens that exist are in it, so there are no more.
#[derive(Default)]
pub(super) struct Pending(Mutex<BTreeMap<String, Use>>);

// === impl Pending ===

impl Pending {
    pub(super) fn note(&self, id: &str, address: Option<IpAddr>) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let time = now();
        uses.insert(id.to_owned(), Use { time, address });
    }

    pub(super) fn take(&self) -> BTreeMap<String, Use> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept for Use {
    const FILE: &'static str = "uses.json";
    type Entries = BTreeMap<String, Self>;
}
