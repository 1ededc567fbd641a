//! Who did what: what an auditor wants to know, each event as it happens.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// Where events go; by default nowhere.
#[derive(Clone, Default)]
pub struct Audit(Option<Arc<dyn AuditSink>>);

/// Takes events. It must not wait for anything.
pub trait AuditSink: Send + Sync + 'static {
    /// Takes one.
    fn take(&self, record: &Record<'_>);
}

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// What.
    pub event: Event,
    /// The account, as far as somebody said one; right or wrong.
    pub account: Option<&'a str>,
    /// Where it came from.
    pub address: Option<IpAddr>,
    /// What it was about: scopes, or a method and a path.
    pub subject: &'a str,
    /// Why: the rules that decided, the token, what was wrong.
    pub because: &'a str,
    /// Whether it was allowed.
    pub is_allowed: bool,
}

/// A kind of what happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// A name and a password were checked.
    Login,
    /// A token was asked for.
    Token,
    /// Something was written or removed.
    Write,
    /// A request was not let in.
    Denial,
}

// === impl Audit ===

impl Audit {
    /// To there.
    pub fn to(sink: impl AuditSink) -> Self {
        Self(Some(Arc::new(sink)))
    }

    /// Whether somebody wants to know: what would be told need not be put together otherwise.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Tells of something.
    pub fn record(&self, record: &Record<'_>) {
        if let Some(sink) = &self.0 {
            sink.take(record);
        }
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Audit").field(&self.0.is_some()).finish()
    }
}
