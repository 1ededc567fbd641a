//! Tokens that nobody trusted has signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;

use super::fixtures::{Door, but, claims};
use super::signer::{Kind, Signer, trusted, unsigned};

#[tokio::test]
async fn a_token_without_a_signature_is_refused() {
    let (signer, door) = trusted(Kind::P256);
    for alg in ["none", "None", "NONE", ""] {
        let header = json!({"alg": alg, "kid": signer.thumbprint()});
        let message = unsigned(&header, &claims());
        for token in [
            message.clone(),
            format!("{message}."),
            format!("{message}.AA"),
        ] {
            door.refuses(&token).await;
        }
    }
    let token = signer.sign(json!({"kid": signer.thumbprint()}), &claims());
    let (message, _) = token.rsplit_once('.').unwrap();
    door.refuses(&format!("{message}.")).await;
}

#[tokio::test]
async fn a_token_signed_with_the_public_key_as_an_hmac_secret_is_refused() {
    for kind in Kind::ALL {
        let (signer, door) = trusted(kind);
        let pem = signer.pem();
        let spki = signer.spki();
        let public = signer.certificate.key().public_key_pem();
        let der: &[u8] = signer.certificate.der();
        for secret in [
            pem.as_bytes(),
            public.as_bytes(),
            public.trim().as_bytes(),
            &spki,
            der,
        ] {
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let header = json!({"alg": algorithm, "kid": signer.thumbprint()});
                let message = unsigned(&header, &claims());
                let key = EncodingKey::from_secret(secret);
                let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm);
                door.refuses(&format!("{message}.{}", signature.unwrap()))
                    .await;
            }
        }
    }
}

#[tokio::test]
async fn a_secret_in_the_jwk_set_signs_nothing() {
    let signer = Signer::new(Kind::P256);
    let secret = URL_SAFE_NO_PAD.encode([7; 32]);
    let oct = json!({"kty": "oct", "k": secret, "kid": "secret", "alg": "HS256"});
    let door = Door::jwks(&json!([oct, signer.jwk()]));
    for header in [json!({"kid": "secret"}), json!({"jwk": oct})] {
        let mut header = header;
        header["alg"] = json!("HS256");
        let message = unsigned(&header, &claims());
        let key = EncodingKey::from_secret(&[7; 32]);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256);
        door.refuses(&format!("{message}.{}", signature.unwrap()))
            .await;
    }
}

#[tokio::test]
async fn a_token_whose_claims_were_changed_is_refused() {
    for kind in Kind::ALL {
        let (signer, door) = trusted(kind);
        let header = json!({"kid": signer.thumbprint()});
        let token = signer.sign(header.clone(), &but("sub", json!("other")));
        let (_, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = token.split_once('.').unwrap();
        let changed = URL_SAFE_NO_PAD.encode(claims().to_string());
        door.refuses(&format!("{header}.{changed}.{signature}"))
            .await;
    }
}

#[tokio::test]
async fn a_key_id_is_a_name_and_no_path_and_no_pattern() {
    let (signer, door) = trusted(Kind::P256);
    let thumbprint = signer.thumbprint();
    for kid in [
        "../../../../etc/passwd".to_owned(),
        "bundle.pem".to_owned(),
        format!("./{thumbprint}"),
        format!("{thumbprint}/"),
        format!("{thumbprint}="),
        format!("{thumbprint}\0"),
        format!(" {thumbprint}"),
        thumbprint.to_uppercase(),
        "*".to_owned(),
        "' OR '1'='1".to_owned(),
        String::new(),
    ] {
        door.refuses(&signer.sign(json!({"kid": kid}), &claims()))
            .await;
    }
    door.refuses(&signer.sign(json!({"kid": [thumbprint]}), &claims()))
        .await;
}

#[tokio::test]
async fn a_token_that_names_no_key_is_refused() {
    let (signer, door) = trusted(Kind::P256);
    for header in [
        json!({}),
        json!({"kid": null}),
        json!({"x5c": []}),
        json!({"jku": "https://a/"}),
    ] {
        door.refuses(&signer.sign(header, &claims())).await;
    }
}

#[tokio::test]
async fn a_key_that_nobody_trusts_is_refused() {
    let (_, door) = trusted(Kind::P256);
    let attacker = Signer::new(Kind::P256);
    for header in [
        json!({"kid": attacker.thumbprint()}),
        json!({"jwk": attacker.jwk()}),
        json!({"x5c": [attacker.x5c()]}),
    ] {
        door.refuses(&attacker.sign(header, &claims())).await;
    }
}

#[tokio::test]
async fn the_key_id_of_a_trusted_key_vouches_for_no_other_key() {
    let (signer, door) = trusted(Kind::P256);
    let attacker = Signer::new(Kind::P256);
    let mut called = attacker.jwk();
    called["kid"] = json!(signer.thumbprint());
    for header in [
        json!({"kid": signer.thumbprint()}),
        json!({"jwk": attacker.jwk(), "kid": signer.thumbprint()}),
        json!({"jwk": called, "kid": signer.thumbprint()}),
        // The other way round, the key is right and the signature is not.
        json!({"jwk": signer.jwk(), "kid": attacker.thumbprint()}),
    ] {
        door.refuses(&attacker.sign(header, &claims())).await;
    }
}

#[tokio::test]
async fn a_set_that_calls_one_key_by_the_thumbprint_of_another_does_not_trust_the_other() {
    let (signer, attacker) = (Signer::new(Kind::P256), Signer::new(Kind::P256));
    let mut jwk = signer.jwk();
    jwk["kid"] = json!(attacker.thumbprint());
    let door = Door::jwks(&json!([jwk]));
    for header in [
        json!({"jwk": attacker.jwk()}),
        json!({"kid": attacker.thumbprint()}),
    ] {
        door.refuses(&attacker.sign(header, &claims())).await;
    }
    // Nor does the right signature vouch for the key beside it.
    door.refuses(&signer.sign(json!({"jwk": attacker.jwk()}), &claims()))
        .await;
}

#[tokio::test]
async fn an_algorithm_for_another_kind_of_key_is_refused() {
    let names = [
        "RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "HS256", "none",
    ];
    for kind in Kind::ALL {
        let (signer, door) = trusted(kind);
        let right = signer.sign(json!({"kid": signer.thumbprint()}), &claims());
        let (_, signature) = right.rsplit_once('.').unwrap();
        for name in names {
            if json!(name) == json!(signer.algorithm) {
                continue;
            }
            let header = json!({"alg": name, "kid": signer.thumbprint()});
            let message = unsigned(&header, &claims());
            door.refuses(&format!("{message}.{signature}")).await;
        }
        // Signed by an attacker's key of the other kind, with the name of the trusted one.
        for other in Kind::ALL {
            let attacker = Signer::new(other);
            let token = attacker.sign(json!({"kid": signer.thumbprint()}), &claims());
            door.refuses(&token).await;
        }
    }
}

#[tokio::test]
async fn a_key_for_encryption_signs_nothing() {
    let signer = Signer::new(Kind::Rsa);
    let mut jwk = signer.jwk();
    jwk["kid"] = json!("enc");
    jwk["use"] = json!("enc");
    let door = Door::jwks(&json!([jwk, Signer::new(Kind::P256).jwk()]));
    for header in [json!({"kid": "enc"}), json!({"jwk": signer.jwk()})] {
        door.refuses(&signer.sign(header, &claims())).await;
    }
}

#[tokio::test]
async fn a_signature_of_nothing_but_zeros_is_refused() {
    for kind in Kind::ALL {
        let (signer, door) = trusted(kind);
        let token = signer.sign(json!({"kid": signer.thumbprint()}), &claims());
        let (message, _) = token.rsplit_once('.').unwrap();
        for length in [0, 1, 64, 96, 256] {
            let signature = URL_SAFE_NO_PAD.encode(vec![0; length]);
            door.refuses(&format!("{message}.{signature}")).await;
        }
    }
}
