//! Credentials in files that Docker and Podman wrote, and with helpers.

mod credential_helpers;
mod files;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use wharf_client::{Credential, CredentialFiles, CredentialScope, Credentials, ImageName, Secret};

/// A directory with files of credentials.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// One with this `config.json`.
    pub(crate) fn with(text: &str) -> Self {
        let home = Self::new();
        write(&home.config(), text);
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path("config.json")
    }

    pub(crate) fn text(&self) -> String {
        read(&self.config())
    }

    pub(crate) fn credentials(&self) -> Credentials {
        let files = CredentialFiles(vec![self.config()]);
        Credentials::new(files).with_helpers_in(vec![self.0.path().to_owned()])
    }
}

#[expect(clippy::disallowed_methods, reason = "the test's own file")]
pub(crate) fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "the test's own file")]
pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

pub(crate) fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o777
}

/// A registry, or an image of it.
pub(crate) fn scope(text: &str) -> CredentialScope {
    if text.contains('/') {
        CredentialScope::from(&text.parse::<ImageName>().unwrap())
    } else {
        CredentialScope::from(text.parse::<wharf_client::RegistryHost>().unwrap())
    }
}

/// A credential in one line.
pub(crate) fn shown(credential: Option<&Credential>) -> String {
    match credential {
        None => "none".to_owned(),
        Some(Credential::Password { username, password }) => {
            format!("{username}:{}", password.expose())
        }
        Some(Credential::IdentityToken { username, token }) => {
            format!("{username:?} {}", token.expose())
        }
        Some(Credential::RegistryToken(token)) => format!("bearer {}", token.expose()),
    }
}

#[test]
fn secrets_are_not_shown() {
    let credential = Credential::password("name", "hidden");
    assert!(!format!("{credential:?}").contains("hidden"));
    assert_eq!(format!("{:?}", Secret::from("hidden")), "Secret(…)");
}

#[test]
fn the_environment_leads_to_files() {
    let places = |pairs: &[(&str, &str)]| {
        let value = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| *key == name)?;
            Some(pair.1.into())
        };
        let files = CredentialFiles::from_environment(value).0;
        let names = files.iter().map(|path| path.display().to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(places(&[]), [""; 0]);
    assert_eq!(
        places(&[("HOME", "/h"), ("XDG_RUNTIME_DIR", "/run/user/1")]),
        [
            "/h/.docker/config.json",
            "/run/user/1/containers/auth.json",
            "/h/.config/containers/auth.json"
        ]
    );
    assert_eq!(
        places(&[
            ("HOME", "/h"),
            ("DOCKER_CONFIG", "/d"),
            ("XDG_CONFIG_HOME", "/c")
        ]),
        ["/d/config.json", "/c/containers/auth.json"]
    );
    let both = [
        ("HOME", "/h"),
        ("REGISTRY_AUTH_FILE", "/a.json"),
        ("XDG_RUNTIME_DIR", ""),
    ];
    assert_eq!(places(&both), ["/a.json"]);
}
