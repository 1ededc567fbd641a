//! From flags to clients.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use wharf_client::{
    ClientIdentity, ClientSettings, Credential, CredentialFiles, Credentials, Mirror, Pem,
    Protocol, ProxyChoice, RegistryHost, Secret, Verification,
};
use wharf_image::{Asker, DaemonAddress, Durability, Place, PlaceKind, Surroundings};

use crate::cli::{Creds, Reach, Whose};

/// What this place needs to be opened.
///
/// # Errors
/// When a file that the flags name cannot be read.
pub(crate) fn surroundings(reach: &Reach, place: &Place) -> Result<Surroundings> {
    let registry = match place.kind() {
        PlaceKind::Registry(name) => Some(&name.registry),
        PlaceKind::Layout { .. }
        | PlaceKind::LayoutArchive { .. }
        | PlaceKind::DockerArchive { .. }
        | PlaceKind::Directory(_)
        | PlaceKind::Daemon(_) => None,
    };
    Ok(Surroundings {
        settings: reach.settings(registry)?,
        asker: reach.asker(registry),
        // Whatever DOCKER_HOST says, who wants no engine needs none.
        daemon: match place.kind() {
            PlaceKind::Daemon(_) => reach.daemon()?,
            PlaceKind::Registry(_)
            | PlaceKind::Layout { .. }
            | PlaceKind::LayoutArchive { .. }
            | PlaceKind::DockerArchive { .. }
            | PlaceKind::Directory(_) => DaemonAddress::default(),
        },
        scratch: std::env::temp_dir(),
        durability: Durability::default(),
    })
}

// === impl Reach ===

impl Reach {
    /// How this registry is reached.
    pub(crate) fn settings(&self, registry: Option<&RegistryHost>) -> Result<ClientSettings> {
        let is_meant = |whose: &[Whose]| registry.is_some_and(|it| is_meant(whose, it));
        let protocol = if is_meant(&self.plain_http) {
            Protocol::PlainHttp
        } else if self.https {
            Protocol::Https
        } else {
            Protocol::Automatic
        };
        let verification = if is_meant(&self.insecure) {
            Verification::None
        } else {
            Verification::Full
        };
        let identity = match (&self.cert, &self.key) {
            (Some(certificate), Some(key)) => Some(ClientIdentity {
                certificate: pem(certificate)?,
                key: pem(key)?,
            }),
            _ => None,
        };
        let proxy = match self.proxy.as_deref() {
            None => ProxyChoice::Environment,
            Some("none") => ProxyChoice::Direct,
            Some(url) => ProxyChoice::At(url.to_owned()),
        };
        let mirrors = self.mirror.iter().map(|mirror| Mirror {
            credential: self.credential_of_mirror(&mirror.0.registry),
            ..mirror.0.clone()
        });
        let hosts = self.mirror.iter().map(|mirror| &mirror.0.registry);
        let unverified_mirrors = hosts.filter(|host| self::is_meant(&self.insecure, host));
        let authorities = self.ca.iter().map(|file| pem(file));
        Ok(ClientSettings {
            protocol,
            verification,
            authorities: authorities.collect::<Result<_>>()?,
            identity,
            certificate_directories: CERTIFICATES.map(PathBuf::from).to_vec(),
            proxy,
            mirrors: mirrors.collect(),
            unverified_mirrors: unverified_mirrors.cloned().collect(),
            ..ClientSettings::default()
        })
    }

    /// A password for every registry is none for those that only stand in for it.
    fn credential_of_mirror(&self, mirror: &RegistryHost) -> Option<Credential> {
        let is_it = |creds: &&Creds| creds.whose == Whose::Of(mirror.clone());
        self.creds.iter().find(is_it).map(Creds::credential)
    }

    /// Who asks this registry.
    pub(crate) fn asker(&self, registry: Option<&RegistryHost>) -> Asker {
        let of = |creds: &&Creds| registry.is_some_and(|registry| creds.whose.is(registry));
        if let Some(creds) = self.creds.iter().find(of) {
            return Asker::Given(creds.credential());
        }
        if self.anonymous {
            return Asker::Nobody;
        }
        Asker::Kept(self.credentials())
    }

    /// Those that people have kept, or gave in `DOCKER_AUTH_CONFIG`.
    pub(crate) fn credentials(&self) -> Credentials {
        credentials(self.authfile.as_deref())
    }

    /// Which engine is meant.
    pub(crate) fn daemon(&self) -> Result<DaemonAddress> {
        if let Some(host) = &self.host {
            return Ok(host.clone());
        }
        let variable = std::env::var("DOCKER_HOST").ok();
        DaemonAddress::from_environment(variable.as_deref()).context("DOCKER_HOST")
    }
}

impl Creds {
    fn credential(&self) -> Credential {
        Credential::password(self.user.clone(), self.password.clone())
    }
}

/// Those of this file alone, or else of all that the environment names.
pub(crate) fn credentials(authfile: Option<&Path>) -> Credentials {
    if let Some(file) = authfile {
        return Credentials::new(CredentialFiles(vec![file.to_owned()]));
    }
    let files = CredentialFiles::from_environment(|name| std::env::var_os(name));
    let given = std::env::var("DOCKER_AUTH_CONFIG").ok();
    Credentials::new(files).with_given(given.map(Secret::from))
}

/// Whether a flag that names registries means this one.
fn is_meant(whose: &[Whose], registry: &RegistryHost) -> bool {
    whose.iter().any(|whose| whose.is(registry))
}

#[expect(
    clippy::disallowed_methods,
    reason = "files of the person who runs this, and none of a storage"
)]
fn pem(file: &Path) -> Result<Pem> {
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Pem {
        path: file.to_owned(),
        text: Secret::from(text),
    })
}

/// Where Docker and Podman look for what registries show and want to see.
const CERTIFICATES: [&str; 2] = ["/etc/docker/certs.d", "/etc/containers/certs.d"];
