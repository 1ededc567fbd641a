//! Somebody who has shown who they are.

use std::net::IpAddr;

use crate::{Credential, Restriction};

/// Somebody who has shown who they are.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Account {
    /// The name.
    pub name: String,
    /// The groups it is in.
    pub groups: Vec<String>,
    /// What the credentials are good for, if not for all that the account may do: those of a
    /// robot.
    pub restriction: Option<Restriction>,
    /// What was shown.
    pub credential: Credential,
}

/// Whom a decision is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Who they are; `None` for whoever did not say.
    pub account: Option<&'a Account>,
    /// Where they are; `None` on a unix socket.
    pub address: Option<IpAddr>,
}
