//! One entry of `auths`.

use std::ops::Deref as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::credential::Credential;
use super::secret::Secret;

/// An entry as files have it. docker/cli: types.AuthConfig
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    /// `name:password` in base64.
    auth: Option<Secret>,
    username: Option<String>,
    password: Option<Secret>,
    identitytoken: Option<Secret>,
    registrytoken: Option<Secret>,
}

/// An entry that cannot be read. Why could show a part of the secret.
#[derive(Debug)]
pub(super) struct BadEntry;

/// What an entry says; `None` if it is empty, as it is where a helper keeps the secret.
pub(super) fn read(text: &str) -> Result<Option<Credential>, BadEntry> {
    let wire: Option<Wire> = serde_json::from_str(text).map_err(|_| BadEntry)?;
    let wire = wire.unwrap_or_default();
    let is_given = |secret: &Secret| !secret.is_empty();
    let (username, password) = match wire.auth.filter(is_given) {
        Some(auth) => split(&auth)?,
        None => (
            wire.username.unwrap_or_default(),
            wire.password.unwrap_or_default(),
        ),
    };
    if let Some(token) = wire.registrytoken.filter(is_given) {
        return Ok(Some(Credential::RegistryToken(token)));
    }
    if let Some(token) = wire.identitytoken.filter(is_given) {
        let username = Some(username).filter(|name| !name.is_empty());
        return Ok(Some(Credential::IdentityToken { username, token }));
    }
    let is_empty = username.is_empty() && password.is_empty();
    Ok((!is_empty).then_some(Credential::Password { username, password }))
}

/// An entry that says so, in the form that Docker gives it at this place of the file.
pub(super) fn write(credential: &Credential) -> Zeroizing<String> {
    let mut fields = Vec::new();
    match credential {
        Credential::Password { username, password } => {
            fields.push(("auth", joined(username, password)));
        }
        Credential::IdentityToken { username, token } => {
            let username = username.as_deref().unwrap_or_default();
            if !username.is_empty() {
                fields.push(("auth", joined(username, &Secret::default())));
            }
            fields.push(("identitytoken", quoted(token.expose())));
        }
        Credential::RegistryToken(token) => {
            fields.push(("registrytoken", quoted(token.expose())));
        }
    }
    let room = fields
        .iter()
        .map(|(name, value)| name.len() + value.len() + 16);
    let mut text = Zeroizing::new(String::with_capacity(room.sum::<usize>() + 8));
    for (number, (name, value)) in fields.iter().enumerate() {
        let start = if number == 0 {
            "{\n\t\t\t\""
        } else {
            ",\n\t\t\t\""
        };
        for part in [start, name, "\": ", value.as_str()] {
            text.push_str(part);
        }
    }
    text.push_str("\n\t\t}");
    text
}

/// docker/cli: configfile/file.go, `decodeAuth`
fn split(auth: &Secret) -> Result<(String, Secret), BadEntry> {
    let bytes = STANDARD.decode(auth.expose()).map_err(|_| BadEntry)?;
    let bytes = Zeroizing::new(bytes);
    let text = std::str::from_utf8(&bytes).map_err(|_| BadEntry)?;
    let (username, password) = text.split_once(':').ok_or(BadEntry)?;
    Ok((username.to_owned(), password.trim_matches('\0').into()))
}

fn joined(username: &str, password: &Secret) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(
        username.len() + password.expose().len() + 1,
    ));
    for part in [username, ":", password.expose()] {
        text.push_str(part);
    }
    let encoded = Zeroizing::new(STANDARD.encode(text.deref()));
    quoted(&encoded)
}

/// A text can always be written.
pub(super) fn quoted(text: &str) -> Zeroizing<String> {
    Zeroizing::new(serde_json::to_string(text).unwrap_or_default())
}
