//! The directory in which the account and the certificates are kept. Nobody but the user we
//! run as may read them.

use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::tls::TlsError;

/// What is kept.
#[derive(Debug)]
pub(super) struct Cache {
    directory: PathBuf,
}

// === impl Cache ===

impl Cache {
    pub(super) fn open(directory: &Path) -> Result<Self, TlsError> {
        let mut builder = std::fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(directory);
        made.map_err(|source| TlsError::Unreadable {
            path: directory.to_owned(),
            source,
        })?;
        Ok(Self {
            directory: directory.to_owned(),
        })
    }

    /// The key and the certificates of a name.
    pub(super) fn certificate(&self, host: &str) -> Result<Option<Vec<u8>>, TlsError> {
        self.read(host)
    }

    pub(super) fn keep_certificate(&self, host: &str, pem: &str) -> io::Result<()> {
        self.write(host, pem.as_bytes())
    }

    /// The account, as JSON.
    pub(super) fn account(&self) -> Result<Option<Vec<u8>>, TlsError> {
        self.read(ACCOUNT)
    }

    pub(super) fn keep_account(&self, json: &[u8]) -> io::Result<()> {
        self.write(ACCOUNT, json)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "certificates are no stored objects"
    )]
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, TlsError> {
        let path = self.directory.join(name);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(TlsError::Unreadable { path, source }),
        }
    }

    /// Puts a whole file there, or leaves the one that is there.
    #[expect(
        clippy::disallowed_methods,
        reason = "certificates are no stored objects"
    )]
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let new = self.directory.join(format!("{name}+new"));
        // It may be left of a process that was killed, with another's mode.
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, self.directory.join(name))
    }
}

/// Not the name of a host: autocert's own account has a `+` as well.
const ACCOUNT: &str = "wharfinger+account.json";
