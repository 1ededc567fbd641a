//! Where files of credentials are.

use std::ffi::OsString;
use std::path::PathBuf;

/// Files of credentials: the first is written to, all are read, and the first one that knows
/// a credential counts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CredentialFiles(pub Vec<PathBuf>);

// === impl CredentialFiles ===

impl CredentialFiles {
    /// Those that the environment leads to, by way of `variable`, which is asked for values:
    /// the file of `REGISTRY_AUTH_FILE` alone, or else Docker's `config.json` (in
    /// `DOCKER_CONFIG`, or `~/.docker`), then `auth.json` of Podman, Buildah and skopeo (in
    /// `$XDG_RUNTIME_DIR/containers`, then in `$XDG_CONFIG_HOME/containers`, which is
    /// `~/.config/containers`). containers-auth.json(5)
    #[must_use]
    pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let given = |name: &str| {
            let value = variable(name).filter(|value| !value.is_empty());
            value.map(PathBuf::from)
        };
        if let Some(file) = given("REGISTRY_AUTH_FILE") {
            return Self(vec![file]);
        }
        let home = given("HOME");
        let at_home = |name: &str| home.as_ref().map(|home| home.join(name));
        let docker = given("DOCKER_CONFIG").or_else(|| at_home(".docker"));
        let settings = given("XDG_CONFIG_HOME").or_else(|| at_home(".config"));
        let containers = [given("XDG_RUNTIME_DIR"), settings].into_iter().flatten();
        let docker = docker.map(|it| it.join("config.json"));
        let containers = containers.map(|it| it.join("containers/auth.json"));
        Self(docker.into_iter().chain(containers).collect())
    }
}
