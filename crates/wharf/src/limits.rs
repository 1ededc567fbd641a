//! Where clients are, how much they may pull, and who is told of what they do, as
//! `wharfinger.auth` says.

use std::time::Duration;

use wharf_auth::{PullLimit, Pulls};
use wharf_config::{Loaded, Remark};
use wharf_http::Proxies;

use crate::audit::AuditLog;

/// Who is believed about where a request comes from.
///
/// # Errors
/// The option, when a name in it is no network.
pub(crate) fn proxies(loaded: &Loaded) -> Result<Proxies, Remark> {
    let names = &loaded.config.wharfinger.auth.proxies;
    Proxies::new(names.iter().map(String::as_str))
        .map_err(|error| loaded.remark("wharfinger.auth.proxies", error.to_string()))
}

/// How much may be pulled, where no token says it.
///
/// # Errors
/// The interval, when it is none.
pub(crate) fn pulls(loaded: &Loaded) -> Result<Pulls, Remark> {
    let limits = &loaded.config.wharfinger.auth.limits.pulls;
    if limits.interval < Duration::from_secs(1) {
        let text = "a time of at least a second is needed, such as 6h";
        return Err(loaded.remark("wharfinger.auth.limits.pulls.interval", text));
    }
    let limit = |pulls| PullLimit {
        pulls,
        interval: limits.interval,
    };
    Ok(Pulls::new(limit(limits.account), limit(limits.anonymous)))
}

/// The audit log; `None` where none is wanted.
///
/// # Errors
/// The option, when the file cannot be opened.
pub(crate) fn audit(loaded: &Loaded) -> Result<Option<AuditLog>, Remark> {
    let Some(path) = &loaded.config.wharfinger.auth.audit else {
        return Ok(None);
    };
    AuditLog::open(path).map(Some).map_err(|error| {
        let text = format!(
            "{path} cannot be written: {error}: make its directory, and let the server write there"
        );
        loaded.remark("wharfinger.auth.audit", text)
    })
}
