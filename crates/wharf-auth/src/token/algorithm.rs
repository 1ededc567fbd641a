//! `signingalgorithms`: those that tokens may be signed by.

use jsonwebtoken::Algorithm;

use super::TokenError;

/// Reads their names (RFC 7518, section 3.1); none are all that can be trusted.
pub(super) fn parse(names: &[String]) -> Result<Vec<Algorithm>, TokenError> {
    if names.is_empty() {
        return Ok(KNOWN.into_iter().map(|(_, algorithm)| algorithm).collect());
    }
    names.iter().map(|name| one(name)).collect()
}

fn one(name: &str) -> Result<Algorithm, TokenError> {
    let known = KNOWN.into_iter().find(|(known, _)| *known == name);
    known
        .map(|(_, algorithm)| algorithm)
        .ok_or_else(|| TokenError::Algorithm {
            name: name.to_owned(),
            why: match name {
                "HS256" | "HS384" | "HS512" => {
                    "needs a secret that whoever checks could also sign with"
                }
                "none" => "is no signature",
                _ => "is not known here",
            },
        })
}

/// All but HMAC and `none`, which are never taken, and ES512, which the library does not have.
const KNOWN: [(&str, Algorithm); 9] = [
    ("EdDSA", Algorithm::EdDSA),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
];
