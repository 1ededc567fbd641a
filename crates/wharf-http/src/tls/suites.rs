//! Cipher suites under the names that Go gives them.

use rustls::SupportedCipherSuite;
use rustls::crypto::aws_lc_rs::cipher_suite as suite;

use super::{TlsVersion, TlsWarning};

/// The cipher suites that are offered to clients of TLS 1.2. To those of TLS 1.3 all three of
/// that version are.
#[derive(Clone, Debug, PartialEq)]
pub struct CipherSuites(Vec<SupportedCipherSuite>);

/// Why a choice of cipher suites cannot be had.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CipherSuitesError {
    /// Go does not know it either.
    #[error("{0:?} is not the name of a cipher suite")]
    Unknown(String),
    /// All of those that were named are weak.
    #[error("none of the chosen cipher suites is offered: they are known to be weak")]
    NoneLeft,
}

/// What a name stands for.
enum Named {
    Tls12(SupportedCipherSuite),
    Tls13,
    Weak,
}

// === impl CipherSuites ===

impl CipherSuites {
    /// The suites of those names, for a server that speaks `minimum` and newer versions. No
    /// names stand for the default.
    ///
    /// # Errors
    /// When a name is unknown, or nothing is left of the choice.
    pub fn named<'a>(
        names: impl IntoIterator<Item = &'a str>,
        minimum: TlsVersion,
    ) -> Result<(Self, Vec<TlsWarning>), CipherSuitesError> {
        let names: Vec<_> = names.into_iter().collect();
        if names.is_empty() {
            return Ok((Self::default(), Vec::new()));
        }
        if minimum == TlsVersion::Tls13 {
            return Ok((Self::default(), vec![TlsWarning::SuitesIgnored]));
        }
        let (mut chosen, mut warnings, mut some_left) = (Vec::new(), Vec::new(), false);
        for name in names {
            match find(name).ok_or_else(|| CipherSuitesError::Unknown(name.to_owned()))? {
                Named::Tls12(suite) => {
                    some_left = true;
                    if !chosen.contains(&suite) {
                        chosen.push(suite);
                    }
                }
                Named::Tls13 => some_left = true,
                Named::Weak => warnings.push(TlsWarning::WeakSuite(name.to_owned())),
            }
        }
        if some_left {
            Ok((Self(chosen), warnings))
        } else {
            Err(CipherSuitesError::NoneLeft)
        }
    }

    /// All that clients are offered.
    pub(super) fn offered(&self) -> Vec<SupportedCipherSuite> {
        [TLS13, &self.0].concat()
    }
}

impl Default for CipherSuites {
    fn default() -> Self {
        Self(vec![
            suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ])
    }
}

/// Every name that Go's `crypto/tls` has: those that distribution takes, and those that only
/// its documentation names.
fn find(name: &str) -> Option<Named> {
    Some(match name {
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" => {
            Named::Tls12(suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
        }
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" => {
            Named::Tls12(suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)
        }
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" => {
            Named::Tls12(suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
        }
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" => {
            Named::Tls12(suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)
        }
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305" | "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" => {
            Named::Tls12(suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256)
        }
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"
        | "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" => {
            Named::Tls12(suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)
        }
        "TLS_AES_128_GCM_SHA256" | "TLS_AES_256_GCM_SHA384" | "TLS_CHACHA20_POLY1305_SHA256" => {
            Named::Tls13
        }
        "TLS_RSA_WITH_RC4_128_SHA"
        | "TLS_RSA_WITH_3DES_EDE_CBC_SHA"
        | "TLS_RSA_WITH_AES_128_CBC_SHA"
        | "TLS_RSA_WITH_AES_256_CBC_SHA"
        | "TLS_RSA_WITH_AES_128_CBC_SHA256"
        | "TLS_RSA_WITH_AES_128_GCM_SHA256"
        | "TLS_RSA_WITH_AES_256_GCM_SHA384"
        | "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"
        | "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
        | "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
        | "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"
        | "TLS_ECDHE_RSA_WITH_RC4_128_SHA"
        | "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"
        | "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
        | "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
        | "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256" => Named::Weak,
        _ => return None,
    })
}

const TLS13: &[SupportedCipherSuite] = &[
    suite::TLS13_AES_256_GCM_SHA384,
    suite::TLS13_AES_128_GCM_SHA256,
    suite::TLS13_CHACHA20_POLY1305_SHA256,
];

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
    const NEW: &str = "TLS_AES_128_GCM_SHA256";
    const WEAK: &str = "TLS_RSA_WITH_AES_128_CBC_SHA";

    fn named(names: &[&str]) -> Result<(CipherSuites, Vec<TlsWarning>), CipherSuitesError> {
        CipherSuites::named(names.iter().copied(), TlsVersion::Tls12)
    }

    #[test]
    fn the_weak_are_left_out_with_a_warning() {
        let (suites, warnings) = named(&[WEAK, GOOD, GOOD]).unwrap();
        assert_eq!(
            suites,
            CipherSuites(vec![suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256])
        );
        assert_eq!(warnings, [TlsWarning::WeakSuite(WEAK.to_owned())]);
        assert_eq!(suites.offered().len(), 4);
    }

    #[test]
    fn something_must_be_left() {
        assert_eq!(named(&[WEAK]), Err(CipherSuitesError::NoneLeft));
        assert_eq!(named(&[]).unwrap(), (CipherSuites::default(), vec![]));
        assert_eq!(named(&[NEW]).unwrap(), (CipherSuites(vec![]), vec![]));
    }

    #[test]
    fn the_unknown_are_an_error() {
        for name in ["", "garbage", "tls_aes_128_gcm_sha256"] {
            let error = CipherSuitesError::Unknown(name.to_owned());
            assert_eq!(named(&[GOOD, name]), Err(error));
        }
    }

    #[test]
    fn a_choice_for_the_newest_version_alone_has_no_effect() {
        let named = CipherSuites::named([WEAK], TlsVersion::Tls13).unwrap();
        assert_eq!(
            named,
            (CipherSuites::default(), vec![TlsWarning::SuitesIgnored])
        );
    }

    /// The table in distribution's `registry/registry.go`.
    #[test]
    fn every_name_that_distribution_takes_is_known() {
        for name in [
            "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
            "TLS_RSA_WITH_AES_128_CBC_SHA",
            "TLS_RSA_WITH_AES_256_CBC_SHA",
            "TLS_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
            "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
            "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
            "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
        ] {
            named(&[GOOD, name]).unwrap();
        }
    }
}
