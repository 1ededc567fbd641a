//! What is no token at all, or one that nobody can read.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

use super::fixtures::{Door, but, claims};
use super::signer::{Kind, Signer, trusted, unsigned};

#[tokio::test]
async fn a_token_that_is_too_long_is_refused() {
    let (signer, door) = trusted(Kind::P256);
    let header = json!({"kid": signer.thumbprint()});
    let fits = signer.sign(header.clone(), &but("more", json!("x".repeat(11 << 10))));
    assert!(fits.len() <= 16 << 10 && door.pull(&fits).await.is_ok());
    let long = signer.sign(header, &but("more", json!("x".repeat(12 << 10))));
    assert!(long.len() > 16 << 10);
    door.refuses(&long).await;
}

#[tokio::test]
async fn an_extension_that_has_to_be_understood_is_refused() {
    let (signer, door) = trusted(Kind::P256);
    for crit in [json!(["b64"]), json!(["exp"]), json!([])] {
        let header = json!({"kid": signer.thumbprint(), "crit": crit, "b64": false});
        door.refuses(&signer.sign(header, &claims())).await;
    }
}

#[tokio::test]
async fn a_right_token_with_anything_around_it_is_refused() {
    let (signer, door) = trusted(Kind::P256);
    let token = signer.sign(json!({"kid": signer.thumbprint()}), &claims());
    assert!(door.pull(&token).await.is_ok());
    for other in [
        format!("{token}."),
        format!(".{token}"),
        format!("{token}="),
        format!("{token} "),
        format!("{token}\n"),
        format!("{token}.{token}"),
        format!("{token},{token}"),
        token.replacen('.', "..", 1),
        json!({"payload": token}).to_string(),
    ] {
        door.refuses(&other).await;
    }
}

#[tokio::test]
async fn a_claim_that_is_there_twice_is_refused() {
    let (signer, door) = trusted(Kind::P256);
    let header = json!({"kid": signer.thumbprint()});
    let text = claims().to_string();
    for twice in [
        r#""iss": "other""#,
        r#""aud": "other""#,
        r#""exp": 1"#,
        r#""access": []"#,
    ] {
        let claims = text.replacen('{', &format!("{{{twice},"), 1);
        door.refuses(&signer.sign_text(header.clone(), &claims))
            .await;
    }
    door.refuses(&signer.sign_text(header, "[]")).await;
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(
        text in ".{0,200}",
        parts in proptest::collection::vec("[ -~]{0,60}", 3),
        kid in ".{0,20}",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let door = Door::jwks(&json!([Signer::new(Kind::Ed25519).jwk()]));
        let encoded: Vec<_> = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
        let header = json!({
            "alg": "ES256",
            "kid": kid,
            "jwk": {"kty": "EC", "crv": "P-256", "x": encoded[0], "y": encoded[1]},
        });
        for token in [
            text,
            parts.join("."),
            encoded.join("."),
            format!("{}.{}", unsigned(&header, &claims()), encoded[2]),
            format!("{}.{}", unsigned(&json!({"alg": "RS256", "x5c": parts}), &claims()), "AA"),
            format!("{}.{}", unsigned(&json!({"alg": "RS256", "x5c": [kid]}), &claims()), "AA"),
        ] {
            prop_assert!(runtime.block_on(door.pull(&token)).is_err());
        }
    }

    #[test]
    fn a_certificate_with_a_changed_byte_never_panics(place in any::<prop::sample::Index>(), byte: u8) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (signer, door) = trusted(Kind::Ed25519);
        let mut der = signer.certificate.der().to_vec();
        let place = place.index(der.len());
        prop_assume!(der[place] != byte);
        der[place] = byte;
        let header = json!({"x5c": [STANDARD.encode(der)]});
        let token = signer.sign(header, &claims());
        prop_assert!(runtime.block_on(door.pull(&token)).is_err());
    }
}
