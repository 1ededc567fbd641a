//! What somebody shows to a registry or to its token server.

use super::secret::Secret;

/// Who is asking, and how that can be believed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Credential {
    /// A name and what only its owner knows, which may be a personal access token.
    Password {
        /// The account's name.
        username: String,
        /// Its password.
        password: Secret,
    },
    /// What a token server gave out at a login in the place of the password: a refresh token
    /// (distribution: spec/auth/oauth.md).
    IdentityToken {
        /// The account's name, if it is known; it is not needed.
        username: Option<String>,
        /// The refresh token.
        token: Secret,
    },
    /// A bearer token for the registry itself, sent as it is.
    RegistryToken(Secret),
}

// === impl Credential ===

impl Credential {
    /// A name and its password.
    #[must_use]
    pub fn password(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::Password {
            username: username.into(),
            password: password.into(),
        }
    }

    /// The name of the account, if it is known.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::Password { username, .. } => Some(username),
            Self::IdentityToken { username, .. } => username.as_deref(),
            Self::RegistryToken(_) => None,
        }
    }
}
