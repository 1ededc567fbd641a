//! The files with the keys, which are looked at again about every second.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::trusted::Trusted;
use super::{TokenError, bundle, jwks};
use crate::stamp::{Looked, Stamp};

/// The files, and what was last read of them.
pub(super) struct Files {
    rootcertbundle: Option<PathBuf>,
    jwks: Option<PathBuf>,
    current: Mutex<Current>,
}

struct Current {
    trusted: Arc<Trusted>,
    /// `None` for a file that cannot be looked at.
    stamps: [Option<Stamp>; 2],
    looked: Looked,
}

// === impl Files ===

impl Files {
    pub(super) fn open(
        rootcertbundle: Option<PathBuf>,
        jwks: Option<PathBuf>,
    ) -> Result<Self, TokenError> {
        let mut files = Self {
            rootcertbundle,
            jwks,
            current: Mutex::new(Current {
                trusted: Arc::default(),
                stamps: [None; 2],
                looked: Looked::now(),
            }),
        };
        // Before they are read: what changes meanwhile is read again.
        let stamps = files.stamps();
        let trusted = files.read()?;
        if trusted.is_empty() {
            return Err(TokenError::NoKey);
        }
        let current = files
            .current
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        (current.trusted, current.stamps) = (Arc::new(trusted), stamps);
        Ok(files)
    }

    /// What the files say, as of a moment ago.
    pub(super) async fn trusted(self: &Arc<Self>) -> Arc<Trusted> {
        let is_due = self.lock().looked.is_due();
        if is_due {
            let this = Arc::clone(self);
            _ = tokio::task::spawn_blocking(move || this.look_again()).await;
        }
        Arc::clone(&self.lock().trusted)
    }

    fn look_again(&self) {
        let stamps = self.stamps();
        if self.lock().stamps == stamps {
            return;
        }
        let read = self.read();
        let mut current = self.lock();
        // Once for each change: the log is told of a mistake, not of every second of it.
        current.stamps = stamps;
        match read {
            Ok(trusted) => {
                if trusted.is_empty() {
                    tracing::error!("nobody can be let in: there is no key left to trust");
                }
                current.trusted = Arc::new(trusted);
            }
            Err(error) => {
                if let TokenError::Io { source, .. } = &error
                    && source.kind() != io::ErrorKind::NotFound
                {
                    // Nothing need change about a file until it can be read: that is tried again.
                    current.stamps = [None; 2];
                }
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, source, "the keys that were read before stay in force");
            }
        }
    }

    fn read(&self) -> Result<Trusted, TokenError> {
        let certificates = self.rootcertbundle.as_deref().map(|path| {
            let text = read("rootcertbundle", path)?;
            bundle::parse(&text).map_err(|why| unusable("rootcertbundle", path, why))
        });
        let entries = self.jwks.as_deref().map(|path| {
            let text = read("jwks", path)?;
            jwks::parse(&text).map_err(|why| unusable("jwks", path, why))
        });
        Ok(Trusted::new(
            certificates.transpose()?.unwrap_or_default(),
            entries.transpose()?.unwrap_or_default(),
        ))
    }

    fn stamps(&self) -> [Option<Stamp>; 2] {
        [&self.rootcertbundle, &self.jwks].map(|path| Stamp::of(path.as_deref()?).ok())
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        // No code that can panic runs under it, so it is whole even if poisoned.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(option: &'static str, path: &Path) -> Result<Vec<u8>, TokenError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a file of the operator's, not of the store"
    )]
    let file = std::fs::File::open(path);
    let mut text = Vec::new();
    file.and_then(|file| file.take(LARGEST + 1).read_to_end(&mut text))
        .map_err(|source| TokenError::Io {
            option,
            path: path.to_owned(),
            source,
        })?;
    if text.len() as u64 > LARGEST {
        return Err(unusable(
            option,
            path,
            "is far too large; it needs no other keys than the token server's",
        ));
    }
    Ok(text)
}

fn unusable(option: &'static str, path: &Path, why: &'static str) -> TokenError {
    TokenError::Unusable {
        option,
        path: path.to_owned(),
        why,
    }
}

/// Bytes of a file: ten times the authorities of the whole web.
const LARGEST: u64 = 4 << 20;
