//! From the text of a token to claims that somebody trusted made (RFC 7515, RFC 7519).

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};

use super::claims::Claims;
use super::source::Anchors;
use crate::Credentials;

/// What a token has to be like.
pub(super) struct Rules {
    pub(super) issuer: String,
    pub(super) service: String,
    pub(super) algorithms: Vec<Algorithm>,
}

// === impl Rules ===

impl Rules {
    /// What the token claims, or why that is not to be believed.
    pub(super) fn verify(&self, token: &str, anchors: &Anchors) -> Result<Claims, &'static str> {
        if token.len() > Credentials::MAX_LEN {
            return Err("a token that is too long");
        }
        let header = decode_header(token).map_err(|_| "a token that is malformed")?;
        // RFC 7515, section 4.1.11: what has to be understood is refused by who does not.
        if header.crit.is_some() {
            return Err("a token with critical extensions");
        }
        if !self.algorithms.contains(&header.alg) {
            return Err("an algorithm that is not allowed");
        }
        let validation = self.validation(header.alg);
        let mut why = "an algorithm that does not fit the key";
        let mut keys = Vec::new();
        for trusted in anchors.iter() {
            match trusted.keys(&header) {
                Ok(trusted) => keys.extend(trusted),
                Err(reason) => why = reason,
            }
        }
        for key in keys {
            if !key.fits(header.alg) {
                why = "an algorithm that does not fit the key";
                continue;
            }
            match decode::<Claims>(token, &key.decoding, &validation) {
                // The library would also take a list of issuers.
                Ok(token) if token.claims.iss == self.issuer => return Ok(token.claims),
                Ok(_) => why = "another issuer's token",
                Err(error) => why = reason(error.kind()),
            }
        }
        Err(why)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY;
        validation.validate_exp = true;
        validation.validate_nbf = true;
        validation.validate_aud = true;
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.service]);
        validation
    }
}

/// For the log.
fn reason(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidSignature => "a signature that is wrong",
        ErrorKind::ExpiredSignature => "a token that has expired",
        ErrorKind::ImmatureSignature => "a token of the future",
        ErrorKind::InvalidIssuer => "another issuer's token",
        ErrorKind::InvalidAudience => "a token for another service",
        ErrorKind::MissingRequiredClaim(_) => "a token without exp, iss or aud",
        // The library's list is open; the rest of it is malformed.
        _ => "a token that is malformed",
    }
}

/// Seconds that clocks may differ by.
// distribution: registry/auth/token/token.go, Leeway
pub(super) const LEEWAY: u64 = 60;
