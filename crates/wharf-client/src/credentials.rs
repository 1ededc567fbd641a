//! The credentials that people keep for registries, where Docker and Podman keep them too:
//! files of JSON, and programs that files name. Who logged in with one of those is logged in
//! here, and the other way round.
//! docker/cli: config/configfile/file.go; containers-auth.json(5)

mod content;
mod credential;
mod credential_helper;
mod document;
mod entry;
mod error;
mod file;
mod places;
mod scope;
mod secret;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::content::{Helpers, helper_name, parse};
pub use self::credential::Credential;
use self::credential_helper::Helper;
use self::document::Document;
pub use self::error::CredentialError;
pub use self::places::CredentialFiles;
pub use self::scope::CredentialScope;
pub use self::secret::Secret;

/// Files of credentials and the helpers that they name.
#[derive(Clone, Debug)]
pub struct Credentials {
    files: CredentialFiles,
    given: Option<Secret>,
    helpers: Vec<PathBuf>,
    patience: Duration,
}

/// Where a credential was put.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kept {
    /// In a file, where everybody who can read the file can read it.
    File(PathBuf),
    /// By the program `docker-credential-…`, of which this is the end of the name.
    Helper(String),
}

// === impl Credentials ===

impl Credentials {
    /// Those of these files. Helpers are looked for in `PATH`.
    #[must_use]
    pub const fn new(files: CredentialFiles) -> Self {
        Self {
            files,
            given: None,
            helpers: Vec::new(),
            patience: PATIENCE,
        }
    }

    /// The same, and before all files those in this text, which is JSON with `auths` as a file
    /// has it; nothing is kept there. It is what `DOCKER_AUTH_CONFIG` says.
    /// docker/cli: configfile/file.go, `GetCredentialsStore`
    #[must_use]
    pub fn with_given(mut self, text: Option<Secret>) -> Self {
        self.given = text.filter(|text| !text.expose().trim().is_empty());
        self
    }

    /// The same, with helpers looked for in these directories first.
    #[must_use]
    pub fn with_helpers_in(mut self, directories: Vec<PathBuf>) -> Self {
        self.helpers = directories;
        self
    }

    /// The same, with so much time for each call of a helper; it is a minute unless it is
    /// said, since somebody may have to unlock something.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The credential for a registry or a repository: the one that was given, or of the first
    /// file that knows one, the one with the most specific name; before what stands in a file,
    /// what its helper keeps.
    ///
    /// # Errors
    /// When a file that has to be read cannot be, or a helper fails. That a file is not there
    /// is no error.
    pub async fn get(
        &self,
        scope: &CredentialScope,
    ) -> Result<Option<Credential>, CredentialError> {
        if let Some(found) = self.given(scope)? {
            return Ok(Some(found));
        }
        for path in &self.files.0 {
            let text = file::read(path)?;
            let document = parse(path, &text)?;
            if let Some(found) = self.get_from(path, &document, scope).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The credential of the text that comes before all files: whatever is kept or forgotten,
    /// this one counts.
    ///
    /// # Errors
    /// When the text cannot be read.
    pub fn given(&self, scope: &CredentialScope) -> Result<Option<Credential>, CredentialError> {
        let Some(text) = &self.given else {
            return Ok(None);
        };
        let name = Path::new(GIVEN);
        content::entry(name, &parse(name, text.expose().as_bytes())?, scope)
    }

    /// Keeps a credential in the first file, or with the helper which that file names. What
    /// the file has under older names of the same registry is removed.
    ///
    /// # Errors
    /// When there is no file, it cannot be read or written, or the helper fails.
    pub async fn store(
        &self,
        scope: &CredentialScope,
        credential: &Credential,
    ) -> Result<Kept, CredentialError> {
        let path = self.files.0.first().ok_or(CredentialError::NoFile)?;
        if let Some(name) = named(path, scope)? {
            if scope.namespace.is_some() {
                return Err(CredentialError::HelperScope { name });
            }
            self.helper(&name)?.store(&scope.key(), credential).await?;
            // Docker lists the registries that somebody is logged in to by their entries.
            content::put(path, scope, "{}")?;
            return Ok(Kept::Helper(name));
        }
        content::put(path, scope, &entry::write(credential))?;
        Ok(Kept::File(path.clone()))
    }

    /// Forgets what is kept for exactly this scope, in all files and by their helpers;
    /// whether there was anything.
    ///
    /// # Errors
    /// When a file cannot be read or written, or a helper fails; whatever could be forgotten
    /// is forgotten then.
    pub async fn erase(&self, scope: &CredentialScope) -> Result<bool, CredentialError> {
        let mut failures = Failures::default();
        let mut erased = false;
        // Files first: a helper that knows no such thing, or is not there, leaves no password
        // in them.
        for path in &self.files.0 {
            let removed = content::remove(path, |key| scope.is_of(key));
            erased |= failures.keep(removed).is_some_and(|it| !it.is_empty());
        }
        for path in &self.files.0 {
            let name = failures.keep(named(path, scope)).flatten();
            if let Some(name) = name.filter(|_| scope.namespace.is_none()) {
                erased |= failures.keep(self.erase_at(&name, &scope.key()).await) == Some(true);
            }
        }
        failures.or(erased)
    }

    /// Forgets all that is kept, in all files and by the helpers that they name; the names of
    /// what there was.
    ///
    /// # Errors
    /// When a file cannot be read or written, or a helper fails; whatever could be forgotten
    /// is forgotten then.
    pub async fn erase_all(&self) -> Result<BTreeSet<String>, CredentialError> {
        let mut failures = Failures::default();
        let mut erased = BTreeSet::new();
        for path in &self.files.0 {
            let removed = failures.keep(content::remove(path, |_| true));
            erased.extend(removed.unwrap_or_default());
        }
        let mut kept = BTreeSet::new();
        for path in &self.files.0 {
            let helpers = failures.keep(Helpers::of(path)).unwrap_or_default();
            kept.extend(helpers.of_servers);
            if let Some(name) = helpers.of_all {
                let servers = failures.keep(self.list(&name).await).unwrap_or_default();
                kept.extend(servers.into_keys().map(|server| (name.clone(), server)));
            }
        }
        for (name, server) in kept {
            if failures.keep(self.erase_at(&name, &server).await) == Some(true) {
                erased.insert(server);
            }
        }
        failures.or(erased)
    }

    /// What a helper keeps: servers, and the name of the account at each.
    ///
    /// # Errors
    /// When it fails.
    pub async fn list(&self, helper: &str) -> Result<BTreeMap<String, String>, CredentialError> {
        self.helper(helper)?.list().await
    }

    async fn get_from(
        &self,
        path: &Path,
        document: &Document<'_>,
        scope: &CredentialScope,
    ) -> Result<Option<Credential>, CredentialError> {
        if let Some(name) = helper_name(path, document, scope)? {
            let registry = CredentialScope::from(scope.registry.clone());
            let kept = self.helper(&name)?.get(&registry.key()).await?;
            if kept.is_some() {
                return Ok(kept);
            }
        }
        content::entry(path, document, scope)
    }

    async fn erase_at(&self, helper: &str, server: &str) -> Result<bool, CredentialError> {
        self.helper(helper)?.erase(server).await
    }

    fn helper<'a>(&self, name: &'a str) -> Result<Helper<'a>, CredentialError> {
        Helper::new(name, &self.helpers, self.patience)
    }
}

// === private ===

/// The first thing that went wrong, of several that were tried all the same.
#[derive(Default)]
struct Failures(Option<CredentialError>);

impl Failures {
    fn keep<T>(&mut self, outcome: Result<T, CredentialError>) -> Option<T> {
        outcome
            .map_err(|error| _ = self.0.get_or_insert(error))
            .ok()
    }

    fn or<T>(self, done: T) -> Result<T, CredentialError> {
        self.0.map_or(Ok(done), Err)
    }
}

/// The helper that a file names for this.
fn named(path: &Path, scope: &CredentialScope) -> Result<Option<String>, CredentialError> {
    let text = file::read(path)?;
    helper_name(path, &parse(path, &text)?, scope)
}

/// What errors call the text that comes before all files.
const GIVEN: &str = "DOCKER_AUTH_CONFIG";
/// For one call of a helper.
const PATIENCE: Duration = Duration::from_secs(60);
