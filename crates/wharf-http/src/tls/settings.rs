//! What an operator chooses about TLS.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::{AcmeSettings, CipherSuites, TlsWarning};

/// Everything that can be chosen (distribution: `http.tls`).
#[derive(Clone, Debug)]
pub struct TlsSettings {
    /// Who we say we are.
    pub identity: Identity,
    /// The oldest version that is spoken (`minimumtls`).
    pub minimum: TlsVersion,
    /// The cipher suites of TLS 1.2 that are offered (`ciphersuites`).
    pub suites: CipherSuites,
    /// Whether clients say who they are (`clientcas`, `clientauth`).
    pub clients: ClientCertificates,
    /// Whether HTTP/2 is offered (`http2.disabled`).
    pub http2: Http2,
    /// How often the files are looked at for changes.
    pub look_again: Duration,
}

/// Where our certificates come from.
#[derive(Clone, Debug)]
pub enum Identity {
    /// From files in PEM (`certificate`, `key`).
    Files {
        /// The certificate, and after it those that lead to the authority's.
        certificate: PathBuf,
        /// Its key: PKCS#8, PKCS#1 or SEC1, without a passphrase.
        key: PathBuf,
    },
    /// From an authority, for the names that are listed (`letsencrypt`).
    Acme(AcmeSettings),
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246), the default as with distribution.
    #[default]
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// A text that names no version.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is no TLS version: tls1.2 and tls1.3 are")]
pub struct TlsVersionError(String);

/// Whether clients are asked for certificates.
#[derive(Clone, Debug, Default)]
pub enum ClientCertificates {
    /// They are not.
    #[default]
    NotAsked,
    /// They are.
    Asked {
        /// What is done with them.
        auth: ClientAuth,
        /// Files in PEM with the certificates of those who may have issued them.
        authorities: Vec<PathBuf>,
    },
}

/// What is done with the certificates of clients; each text is distribution's.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ClientAuth {
    /// `request-client-cert`: whoever has one shows it, whatever it is.
    Request,
    /// `require-any-client-cert`: everybody shows one, whatever it is.
    RequireAny,
    /// `verify-client-cert-if-given`: who shows one shows a good one.
    VerifyIfGiven,
    /// `require-and-verify-client-cert`: everybody shows a good one.
    #[default]
    RequireAndVerify,
}

/// A text that names no way to treat the certificates of clients.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "{0:?} is not one of request-client-cert, require-any-client-cert, \
     verify-client-cert-if-given, require-and-verify-client-cert"
)]
pub struct ClientAuthError(String);

/// Whether HTTP/2 is spoken.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Http2 {
    /// With clients that can.
    #[default]
    Enabled,
    /// With nobody.
    Disabled,
}

// === impl TlsSettings ===

impl TlsSettings {
    /// The defaults, for this identity.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            minimum: TlsVersion::default(),
            suites: CipherSuites::default(),
            clients: ClientCertificates::default(),
            http2: Http2::default(),
            look_again: Duration::from_secs(5),
        }
    }
}

// === impl TlsVersion ===

impl TlsVersion {
    /// The version of that name in a configuration. What distribution 2.8 took besides,
    /// `tls1.0` and `tls1.1`, is taken as the oldest that is still spoken, with a warning.
    ///
    /// # Errors
    /// For any other text.
    pub fn named(name: &str) -> Result<(Self, Option<TlsWarning>), TlsVersionError> {
        match name {
            "tls1.0" | "tls1.1" => Ok((Self::Tls12, Some(TlsWarning::OldVersion(name.to_owned())))),
            "tls1.2" => Ok((Self::Tls12, None)),
            "tls1.3" => Ok((Self::Tls13, None)),
            _ => Err(TlsVersionError(name.to_owned())),
        }
    }
}

// === impl ClientAuth ===

impl FromStr for ClientAuth {
    type Err = ClientAuthError;

    fn from_str(text: &str) -> Result<Self, ClientAuthError> {
        match text {
            "request-client-cert" => Ok(Self::Request),
            "require-any-client-cert" => Ok(Self::RequireAny),
            "verify-client-cert-if-given" => Ok(Self::VerifyIfGiven),
            "require-and-verify-client-cert" => Ok(Self::RequireAndVerify),
            _ => Err(ClientAuthError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let old = |name: &str| Some(TlsWarning::OldVersion(name.to_owned()));
        for (name, version, warning) in [
            ("tls1.0", TlsVersion::Tls12, old("tls1.0")),
            ("tls1.1", TlsVersion::Tls12, old("tls1.1")),
            ("tls1.2", TlsVersion::Tls12, None),
            ("tls1.3", TlsVersion::Tls13, None),
        ] {
            assert_eq!(TlsVersion::named(name), Ok((version, warning)));
        }
        for name in ["", "1.2", "TLS1.2", "tls1.4", "ssl3.0"] {
            assert_eq!(
                TlsVersion::named(name),
                Err(TlsVersionError(name.to_owned()))
            );
        }
    }

    #[test]
    fn ways_to_treat_clients() {
        let parsed = |text: &str| text.parse::<ClientAuth>();
        assert_eq!(parsed("request-client-cert"), Ok(ClientAuth::Request));
        assert_eq!(
            parsed("require-any-client-cert"),
            Ok(ClientAuth::RequireAny)
        );
        assert_eq!(
            parsed("verify-client-cert-if-given"),
            Ok(ClientAuth::VerifyIfGiven)
        );
        assert_eq!(
            parsed("require-and-verify-client-cert"),
            Ok(ClientAuth::default())
        );
        assert!(parsed("none").is_err());
    }
}
