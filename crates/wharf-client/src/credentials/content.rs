//! What a file of credentials says, and how that is changed.

use std::path::Path;

use super::credential::Credential;
use super::document::Document;
use super::entry;
use super::error::CredentialError;
use super::file::{self, Held};
use super::scope::{self, CredentialScope};

/// Who keeps credentials in place of the file, as it says.
#[derive(Debug, Default)]
pub(super) struct Helpers {
    /// Names of helpers, and the server that each is for.
    pub(super) of_servers: Vec<(String, String)>,
    /// The name of the one for all others.
    pub(super) of_all: Option<String>,
}

// === impl Helpers ===

impl Helpers {
    /// All that a file names.
    pub(super) fn of(path: &Path) -> Result<Self, CredentialError> {
        let text = file::read(path)?;
        let document = parse(path, &text)?;
        let mut of_servers = Vec::new();
        for (key, text) in object(path, &document, "credHelpers")?.members() {
            if let Some(name) = word(path, text)? {
                of_servers.push((name, scope::helper_key(key)));
            }
        }
        let of_all = document.member("credsStore");
        let of_all = of_all.map(|text| word(path, text)).transpose()?.flatten();
        Ok(Self { of_servers, of_all })
    }
}

pub(super) fn parse<'a>(path: &Path, text: &'a [u8]) -> Result<Document<'a>, CredentialError> {
    Document::parse(text).map_err(|error| malformed(path, &error))
}

/// What stands in the file itself.
pub(super) fn entry(
    path: &Path,
    document: &Document<'_>,
    scope: &CredentialScope,
) -> Result<Option<Credential>, CredentialError> {
    let entries = object(path, document, "auths")?;
    let fits = entries
        .members()
        .filter_map(|(key, text)| Some((scope.fit(key)?, key, text)));
    let Some((_, key, text)) = fits.max_by_key(|(fit, ..)| *fit) else {
        return Ok(None);
    };
    entry::read(text).map_err(|entry::BadEntry| CredentialError::Entry {
        path: path.to_owned(),
        key: key.to_owned(),
    })
}

/// Who keeps the credential, unless the file itself does: the helper of that registry, then
/// the one for all.
pub(super) fn helper_name(
    path: &Path,
    document: &Document<'_>,
    scope: &CredentialScope,
) -> Result<Option<String>, CredentialError> {
    let helpers = object(path, document, "credHelpers")?;
    let fits = helpers
        .members()
        .filter_map(|(key, text)| Some((scope.fit(key)?, text)));
    let own = fits.max_by_key(|(fit, _)| *fit).map(|(_, text)| text);
    let named = own.or_else(|| document.member("credsStore"));
    named.map_or(Ok(None), |text| word(path, text))
}

/// Puts an entry in the place of all that are of exactly this scope. The file is read here and
/// not before: others may have changed it while a helper ran.
pub(super) fn put(
    path: &Path,
    scope: &CredentialScope,
    entry: &str,
) -> Result<(), CredentialError> {
    let key = scope.key();
    let held = Held::new(path)?;
    let text = file::read(path)?;
    let document = parse(path, &text)?;
    let mut entries = object(path, &document, "auths")?;
    entries.remove(|name| name != key && scope.is_of(name));
    write(&held, document, &entries.set(&key, entry))
}

/// Removes entries; the names of those there were. A file without them is left alone.
pub(super) fn remove(
    path: &Path,
    is_unwanted: impl Fn(&str) -> bool,
) -> Result<Vec<String>, CredentialError> {
    let text = file::read(path)?;
    let entries = object(path, &parse(path, &text)?, "auths")?;
    if !entries.members().any(|(name, _)| is_unwanted(name)) {
        return Ok(Vec::new());
    }
    let held = Held::new(path)?;
    let text = file::read(path)?;
    let document = parse(path, &text)?;
    let mut entries = object(path, &document, "auths")?;
    let names = entries.members().map(|(name, _)| name.to_owned());
    let names = names.filter(|name| is_unwanted(name)).collect();
    if entries.remove(is_unwanted) {
        write(&held, document, &entries)?;
    }
    Ok(names)
}

// === private ===

fn object<'a>(
    path: &Path,
    document: &Document<'a>,
    name: &str,
) -> Result<Document<'a>, CredentialError> {
    let object = document.object(name);
    object.map_err(|error| malformed(path, &error))
}

/// The name of a helper; an empty one is none.
fn word(path: &Path, text: &str) -> Result<Option<String>, CredentialError> {
    let word: Option<String> = serde_json::from_str(text).map_err(|it| malformed(path, &it))?;
    Ok(word.filter(|word| !word.is_empty()))
}

/// Why could show a part of a secret; where does not.
fn malformed(path: &Path, error: &serde_json::Error) -> CredentialError {
    CredentialError::Malformed {
        path: path.to_owned(),
        line: error.line(),
        column: error.column(),
    }
}

fn write(held: &Held, document: Document<'_>, auths: &Document<'_>) -> Result<(), CredentialError> {
    let auths = auths.to_text(1);
    let text = document.set("auths", &auths).to_text(0);
    held.replace(text.as_bytes())
}
