//! Who has an account here, as `auth.htpasswd` and `wharfinger.auth` say.

use wharf_auth::{Accounts, Audit, Directory, DirectoryError, Htpasswd, LoginLimit};
use wharf_config::{Loaded, Remark};

use super::told;

/// Everybody who has an account here; `None` where nobody can have one.
pub(super) fn open(loaded: &Loaded, audit: &Audit) -> Result<Option<Accounts>, Remark> {
    let own = &loaded.config.wharfinger.auth;
    let htpasswd = loaded.config.auth.htpasswd.as_ref().map(|htpasswd| {
        let opened = Htpasswd::open(&htpasswd.path);
        opened.map_err(|error| loaded.remark("auth.htpasswd.path", told(error)))
    });
    let htpasswd = htpasswd.transpose()?;
    if htpasswd.is_none() && own.directory.is_none() {
        return Ok(None);
    }
    let limit = LoginLimit {
        failures: own.limits.logins.failures,
        interval: own.limits.logins.interval,
    };
    let accounts = Accounts::limited(htpasswd, Some(limit), audit.clone());
    let Some(directory) = &own.directory else {
        return Ok(Some(accounts));
    };
    let opened = directory_of(directory).and_then(|it| accounts.with_directory(it));
    opened
        .map(Some)
        .map_err(|error| loaded.remark("wharfinger.auth.directory", told(error)))
}

fn directory_of(path: &str) -> Result<Directory, DirectoryError> {
    let directory = Directory::create(path)?;
    if directory.is_open_to_others()? {
        tracing::warn!("others than its owner can reach into {path}: chmod 700 {path}");
    }
    Ok(directory)
}
