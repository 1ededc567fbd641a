//! What a credential is for, and under which names files keep it.

use wharf_spec::RepositoryName;

use crate::{ImageName, RegistryHost};

/// A registry, or the repositories of it whose names begin with some components.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct CredentialScope {
    /// The registry.
    pub registry: RegistryHost,
    /// The repository, or the components that the names of several have in common
    /// (containers-auth.json(5)).
    pub namespace: Option<RepositoryName>,
}

/// The name of an entry, as far as it says for what the entry is.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Key {
    registry: RegistryHost,
    /// Empty for the whole registry.
    namespace: String,
}

// === impl CredentialScope ===

impl CredentialScope {
    /// The name under which an entry is kept. Docker Hub's is that of the index of long ago,
    /// which is the only one that Docker itself looks for.
    pub(super) fn key(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{}/{namespace}", self.registry),
            None if self.registry.is_docker_hub() => HUB_KEY.to_owned(),
            None => self.registry.to_string(),
        }
    }

    /// How well the entry with this name fits: not at all, or the better the more it says.
    pub(super) fn fit(&self, key: &str) -> Option<Fit> {
        let exact = key == self.key();
        let key = Key::parse(key)?;
        let own = self.namespace.as_ref().map_or("", RepositoryName::as_str);
        let rest = own.strip_prefix(key.namespace.as_str());
        let is_prefix =
            |rest: &str| key.namespace.is_empty() || rest.is_empty() || rest.starts_with('/');
        let fits = key.registry == self.registry && rest.is_some_and(is_prefix);
        fits.then_some(Fit {
            length: key.namespace.len(),
            exact,
        })
    }

    /// Whether the entry with this name is for exactly this.
    pub(super) fn is_of(&self, key: &str) -> bool {
        let own = self.namespace.as_ref().map_or("", RepositoryName::as_str);
        self.fit(key).is_some_and(|fit| fit.length == own.len())
    }
}

impl From<RegistryHost> for CredentialScope {
    fn from(registry: RegistryHost) -> Self {
        Self {
            registry,
            namespace: None,
        }
    }
}

impl From<&ImageName> for CredentialScope {
    fn from(name: &ImageName) -> Self {
        Self {
            registry: name.registry.clone(),
            namespace: Some(name.repository.clone()),
        }
    }
}

/// The larger, the better.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Fit {
    /// Characters of the name that are shared.
    length: usize,
    /// Whether the entry has the name that it would be given today.
    exact: bool,
}

/// What helpers call the registry that a file calls so.
pub(super) fn helper_key(key: &str) -> String {
    let registry = Key::parse(key).map(|key| CredentialScope::from(key.registry));
    registry.map_or_else(|| key.to_owned(), |scope| scope.key())
}

// === impl Key ===

impl Key {
    /// Names with a scheme, and those that end with a version of the API, are of the whole
    /// registry: that is how clients wrote them for years.
    /// docker/cli: credentials/file_store.go, `ConvertToHostname`
    fn parse(text: &str) -> Option<Self> {
        let bare = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        let (host, path) = bare
            .unwrap_or(text)
            .split_once('/')
            .unwrap_or((bare.unwrap_or(text), ""));
        let path = path.trim_end_matches('/');
        let is_whole = bare.is_some() || matches!(path, "v1" | "v2");
        Some(Self {
            registry: host.parse().ok()?,
            namespace: if is_whole { "" } else { path }.to_owned(),
        })
    }
}

const HUB_KEY: &str = "https://index.docker.io/v1/";
