//! The options and the files of keys: what is wrong with them, and what happens when they change.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_auth::{Token, TokenError, TokenOptions};

use super::fixtures::{Door, claims, options};
use super::signer::{Kind, Signer};

fn error(options: TokenOptions) -> String {
    Token::open(options).err().unwrap().to_string()
}

#[test]
fn options_that_are_missing_are_named() {
    for (option, change) in [
        (
            "realm",
            TokenOptions {
                realm: String::new(),
                ..options()
            },
        ),
        (
            "service",
            TokenOptions {
                service: String::new(),
                ..options()
            },
        ),
        (
            "issuer",
            TokenOptions {
                issuer: String::new(),
                ..options()
            },
        ),
    ] {
        assert!(error(change).contains(&format!("auth.token.{option} is missing")));
    }
    assert!(matches!(Token::open(options()), Err(TokenError::NoKey)));
}

#[test]
fn algorithms_that_whoever_checks_could_sign_with_cannot_be_configured() {
    for name in ["HS256", "HS384", "HS512", "none", "ES512", "es256", ""] {
        let algorithms = vec!["ES256".to_owned(), name.to_owned()];
        let error = error(TokenOptions {
            algorithms,
            ..options()
        });
        assert!(
            error.starts_with(&format!("auth.token.signingalgorithms: {name:?} ")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn only_configured_algorithms_are_taken() {
    let signer = Signer::new(Kind::P256);
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("bundle.pem");
    std::fs::write(&bundle, signer.pem()).unwrap();
    let token = signer.sign(json!({"kid": signer.thumbprint()}), &claims());
    let door = |name: &str| Door {
        directory: tempfile::tempdir().unwrap(),
        token: Token::open(TokenOptions {
            rootcertbundle: Some(bundle.clone()),
            algorithms: vec![name.to_owned()],
            ..options()
        })
        .unwrap(),
    };
    assert!(door("ES256").pull(&token).await.is_ok());
    door("RS256").refuses(&token).await;
}

#[test]
fn files_that_are_of_no_use_are_named_with_their_option() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let bundle = || TokenOptions {
        rootcertbundle: Some(path.clone()),
        ..options()
    };
    let jwks = || TokenOptions {
        jwks: Some(path.clone()),
        ..options()
    };
    assert!(error(bundle()).contains("auth.token.rootcertbundle"));
    assert!(error(jwks()).contains("auth.token.jwks"));
    let pem = Signer::new(Kind::P256).pem();
    let half = &pem[..pem.len() / 2];
    let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let large = "#".repeat(5 << 20);
    for text in ["", "no PEM", half, empty, &large] {
        std::fs::write(&path, text).unwrap();
        assert!(
            error(bundle()).contains("auth.token.rootcertbundle"),
            "{text:.20}"
        );
    }
    for text in ["", "{}", "[]", r#"{"keys": {}}"#, r#"{"keys": []"#, &large] {
        std::fs::write(&path, text).unwrap();
        assert!(error(jwks()).contains("auth.token.jwks"), "{text:.20}");
    }
    // Secrets and what is unknown are no mistakes, but nothing to trust either.
    let secret = json!({"kty": "oct", "k": "AAAA"});
    for keys in [
        json!([]),
        json!([secret]),
        json!([{"kty": "new"}, 1, null, {}]),
    ] {
        std::fs::write(&path, json!({"keys": keys}).to_string()).unwrap();
        assert!(
            matches!(Token::open(jwks()), Err(TokenError::NoKey)),
            "{keys}"
        );
    }
}

#[tokio::test]
async fn what_is_unknown_in_a_set_does_not_spoil_the_rest() {
    let signer = Signer::new(Kind::P256);
    let off_curve = json!({
        "kty": "EC", "crv": "P-256", "kid": "off",
        "x": "A".repeat(43), "y": "A".repeat(43),
    });
    let door = Door::jwks(&json!([{"kty": "new"}, 1, off_curve, signer.jwk()]));
    let token = |kid: &str| signer.sign(json!({"kid": kid}), &claims());
    assert!(door.pull(&token(&signer.thumbprint())).await.is_ok());
    door.refuses(&token("off")).await;
}

#[tokio::test]
async fn keys_of_one_name_are_all_tried() {
    let signers = [Kind::P256, Kind::P256, Kind::Rsa].map(Signer::new);
    let called = |signer: &Signer| {
        let mut jwk = signer.jwk();
        jwk["kid"] = json!("name");
        jwk
    };
    let door = Door::jwks(&Value::from_iter(signers.iter().map(called)));
    for signer in signers {
        let token = signer.sign(json!({"kid": "name"}), &claims());
        assert!(door.pull(&token).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_changes_is_read_again_and_one_with_a_mistake_is_not() {
    let (old, new) = (Signer::new(Kind::P256), Signer::new(Kind::P384));
    let token = |signer: &Signer| signer.sign(json!({"kid": signer.thumbprint()}), &claims());
    let set = |keys: Value| json!({"keys": keys}).to_string();
    let door = Door::new(Some(&old.pem()), Some(&set(json!([]))));
    let write = async |name: &str, text: &str| {
        std::fs::write(door.directory.path().join(name), text).unwrap();
        tokio::time::advance(Duration::from_secs(2)).await;
    };
    let check = async |old_is_in: bool, new_is_in: bool| {
        assert_eq!(door.pull(&token(&old)).await.is_ok(), old_is_in);
        assert_eq!(door.pull(&token(&new)).await.is_ok(), new_is_in);
    };
    check(true, false).await;
    write("jwks.json", &set(json!([new.jwk()]))).await;
    check(true, true).await;
    write("bundle.pem", &new.pem()).await;
    check(false, true).await;
    // A mistake, and its end.
    write("bundle.pem", "no PEM").await;
    check(false, true).await;
    std::fs::remove_file(door.directory.path().join("jwks.json")).unwrap();
    tokio::time::advance(Duration::from_secs(2)).await;
    check(false, true).await;
    write("bundle.pem", &old.pem()).await;
    check(false, true).await;
    write("jwks.json", &set(json!([]))).await;
    check(true, false).await;
}

#[tokio::test(start_paused = true)]
async fn a_set_without_keys_lets_nobody_in() {
    let signer = Signer::new(Kind::P256);
    let door = Door::jwks(&json!([signer.jwk()]));
    let token = signer.sign(json!({"kid": signer.thumbprint()}), &claims());
    assert!(door.pull(&token).await.is_ok());
    std::fs::write(door.directory.path().join("jwks.json"), r#"{"keys": []}"#).unwrap();
    // Within the second, what is known is good enough.
    assert!(door.pull(&token).await.is_ok());
    tokio::time::advance(Duration::from_secs(1)).await;
    door.refuses(&token).await;
}
