//! Certificates for one host out of `/etc/docker/certs.d` and its like.
//! moby: registry/registry.go, `ReadCertsDirectory`

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::settings::{ClientIdentity, Pem};
use crate::{RegistryHost, SettingsError};

/// What a directory has for a host.
#[derive(Debug, Default)]
pub(crate) struct HostCertificates {
    pub(crate) authorities: Vec<Pem>,
    pub(crate) identity: Option<ClientIdentity>,
}

// === impl HostCertificates ===

impl HostCertificates {
    /// What the first of these directories that knows the host has for it.
    pub(crate) fn find(
        directories: &[PathBuf],
        registry: &RegistryHost,
    ) -> Result<Self, SettingsError> {
        let names = [registry.as_str(), registry.asked()];
        let mut places = directories
            .iter()
            .flat_map(|directory| names.iter().map(move |name| directory.join(name)));
        places
            .find(|place| place.is_dir())
            .map_or_else(|| Ok(Self::default()), |place| Self::read(&place))
    }

    fn read(place: &Path) -> Result<Self, SettingsError> {
        let mut files = list(place).map_err(|error| unreadable(place, &error))?;
        // The order of a directory is none.
        files.sort();
        let with = |ending: &str| {
            let fits = |path: &&PathBuf| path.extension().is_some_and(|it| it == ending);
            files.iter().filter(fits).cloned().collect::<Vec<_>>()
        };
        let mut found = Self::default();
        for path in with("crt") {
            found.authorities.push(Pem::read(&path)?);
        }
        for certificate in with("cert") {
            let key = certificate.with_extension("key");
            if !files.contains(&key) {
                let reason = "there is no such key beside its certificate".to_owned();
                return Err(missing(&key, reason));
            }
            // There may be several pairs; a conversation shows one.
            if found.identity.is_none() {
                found.identity = Some(ClientIdentity {
                    certificate: Pem::read(&certificate)?,
                    key: Pem::read(&key)?,
                });
            }
        }
        for key in with("key") {
            if !files.contains(&key.with_extension("cert")) {
                let certificate = key.with_extension("cert");
                let reason = "there is no such certificate beside its key; certificates of \
                              clients end with .cert, those of authorities with .crt";
                return Err(missing(&certificate, reason.to_owned()));
            }
        }
        Ok(found)
    }
}

// === impl Pem ===

impl Pem {
    /// The content of a file.
    ///
    /// # Errors
    /// When it cannot be read, or could not be one of certificates.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = bounded(path).map_err(|error| unreadable(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            text: text.into(),
        })
    }
}

// === private ===

#[expect(clippy::disallowed_methods, reason = "not of the store")]
fn list(place: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(place)?.take(MOST_FILES);
    entries.map(|entry| Ok(entry?.path())).collect()
}

fn bounded(path: &Path) -> io::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    let file = File::open(path)?;
    let mut text = String::with_capacity(16 << 10);
    file.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::other(format!(
            "it has more than {LARGEST} bytes"
        )));
    }
    Ok(text)
}

fn unreadable(path: &Path, error: &io::Error) -> SettingsError {
    missing(path, error.to_string())
}

fn missing(path: &Path, reason: String) -> SettingsError {
    SettingsError::File {
        path: path.display().to_string(),
        reason,
    }
}

/// Bytes of a file: as many as all authorities of a system need.
const LARGEST: u64 = 4 << 20;
/// Files of a directory.
const MOST_FILES: usize = 1000;
