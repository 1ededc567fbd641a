//! Variables of the script: secrets, and what one command leaves for another.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use wharf_client::{Authorization, Exchange, Purpose, SentContent};
use wharf_spec::Digest;

use super::shell;

/// What was said of them.
#[derive(Debug, Default)]
pub(super) struct Variables {
    declared: BTreeSet<String>,
    /// The registries that want to see secrets, by the numbers of these: what is for one of
    /// them is not for another.
    accounts: Vec<String>,
    /// What tokens are for, by their numbers: a registry, and what they allow there.
    tokens: Vec<(String, Vec<String>)>,
    blobs: Option<PathBuf>,
}

/// What only the one who asks knows, and a name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Secret {
    User,
    Password,
    IdentityToken,
    RegistryToken,
}

// === impl Variables ===

impl Variables {
    pub(super) fn blobs_in(&mut self, directory: &Path) {
        self.blobs = Some(directory.to_owned());
    }

    /// The name of the token for this.
    pub(super) fn token(&mut self, registry: &str, scopes: &[String]) -> String {
        let is_it = |(of, allows): &(String, Vec<String>)| of == registry && allows == scopes;
        let known = self.tokens.iter().position(is_it);
        let number = known.unwrap_or_else(|| {
            self.tokens.push((registry.to_owned(), scopes.to_vec()));
            self.tokens.len() - 1
        });
        numbered("TOKEN", number)
    }

    /// The name of a secret of this registry.
    pub(super) fn secret(&mut self, registry: &str, secret: Secret) -> String {
        let known = self.accounts.iter().position(|it| it == registry);
        let number = known.unwrap_or_else(|| {
            self.accounts.push(registry.to_owned());
            self.accounts.len() - 1
        });
        numbered(secret.name(), number)
    }

    /// Lines that give values to what an exchange needs and no command before it gives.
    pub(super) fn needed(&mut self, exchange: &Exchange) -> Vec<String> {
        let mut lines = Vec::new();
        let registry = &exchange.registry;
        match &exchange.authorization {
            Authorization::Nothing | Authorization::Bearer(_) => {}
            Authorization::Basic(user) => {
                lines.extend(self.user(registry, user));
                lines.extend(self.wanted(registry, Secret::Password));
            }
            Authorization::IdentityToken(user) => {
                lines.extend(self.user(registry, user));
                lines.extend(self.wanted(registry, Secret::IdentityToken));
            }
            Authorization::RegistryToken => {
                lines.extend(self.wanted(registry, Secret::RegistryToken));
            }
        }
        if let SentContent::Form(fields) = &exchange.content {
            for field in fields.iter().filter(|field| field.value.is_none()) {
                lines.extend(self.wanted(registry, Secret::of_field(&field.name)));
            }
        }
        let is_upload = matches!(
            exchange.purpose,
            Purpose::ManifestPush(_) | Purpose::UploadChunk { .. } | Purpose::UploadEnd(_)
        );
        if is_upload && exchange.content != SentContent::Nothing && self.is_new("BLOBS") {
            lines.push(match &self.blobs {
                Some(directory) => {
                    format!("BLOBS={}", shell::quoted(&directory.display().to_string()))
                }
                None => ": \"${BLOBS:?a directory with files named by digests}\"".to_owned(),
            });
        }
        lines
    }

    fn user(&mut self, registry: &str, user: &str) -> Option<String> {
        let name = self.secret(registry, Secret::User);
        let is_new = self.is_new(&name);
        is_new.then(|| format!("{name}={}", shell::quoted(user)))
    }

    /// A line that stops the script where a secret is not there. Of the first registry it says
    /// no name, since there is mostly one.
    fn wanted(&mut self, registry: &str, secret: Secret) -> Option<String> {
        let name = self.secret(registry, secret);
        let is_first = self.accounts.first().is_some_and(|it| it == registry);
        let whose = if is_first {
            String::new()
        } else {
            format!(" of {}", shell::quoted(registry))
        };
        let is_new = self.is_new(&name);
        is_new.then(|| format!(": \"${{{name}:?is to be {}{whose}}}\"", secret.what()))
    }

    fn is_new(&mut self, name: &str) -> bool {
        self.declared.insert(name.to_owned())
    }
}

// === impl Secret ===

impl Secret {
    /// The one in a field of a form.
    pub(super) fn of_field(field: &str) -> Self {
        match field {
            "refresh_token" => Self::IdentityToken,
            _ => Self::Password,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::User => "WHARF_USER",
            Self::Password => "WHARF_PASSWORD",
            Self::IdentityToken => "WHARF_IDENTITY_TOKEN",
            Self::RegistryToken => "WHARF_TOKEN",
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::User => "the name of the account",
            Self::Password => "the password",
            Self::IdentityToken => "the identity token",
            Self::RegistryToken => "the token for the registry",
        }
    }
}

/// The first of several has the plain name.
fn numbered(name: &str, number: usize) -> String {
    match number {
        0 => name.to_owned(),
        other => format!("{name}_{}", other + 1),
    }
}

/// The variable with the address where an upload goes on.
pub(super) fn location(digest: &Digest) -> String {
    format!("LOCATION_{}", short(digest, 8))
}

/// The first digits of a digest.
pub(super) fn short(digest: &Digest, digits: usize) -> String {
    digest.hex().chars().take(digits).collect()
}
