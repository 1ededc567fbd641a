//! The file that is made where there is none.
// distribution: registry/auth/htpasswd/access.go, createHtpasswdFile

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::{HtpasswdError, unreadable};
use crate::random;

/// Makes it, with one user and a random password that the log tells, unless it is there.
pub(super) fn unless_there(path: &Path) -> Result<(), HtpasswdError> {
    let failed = |source| unreadable(path, source);
    if path.try_exists().map_err(failed)? {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(directory).map_err(failed)?;
    }
    let password = random::text::<32>().map_err(failed)?;
    let hash = bcrypt::hash(password.reveal(), bcrypt::DEFAULT_COST.min(COST))
        .map_err(HtpasswdError::Hash)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "a file of the operator's, not of the store"
    )]
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let mut file = match created {
        // Somebody else was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        created => created.map_err(failed)?,
    };
    file.write_all(format!("{USER}:{hash}").as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    tracing::warn!(
        user = USER,
        password = password.reveal(),
        "htpasswd is missing, provisioning with default user"
    );
    Ok(())
}

const USER: &str = "docker";
/// As Go's bcrypt.DefaultCost.
const COST: u32 = 10;
