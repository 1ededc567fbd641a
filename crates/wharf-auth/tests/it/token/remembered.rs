//! Tokens that were verified a moment ago.

use serde_json::json;

use super::fixtures::{Door, granting, pull, push};
use super::signer::{Kind, Signer};

fn token(signer: &Signer) -> String {
    let access = json!([{"type": "repository", "name": "a", "actions": ["pull"]}]);
    signer.sign(json!({"kid": signer.thumbprint()}), &granting(&access))
}

#[tokio::test]
async fn a_remembered_token_is_good_for_no_more_than_before() {
    let signer = Signer::new(Kind::P256);
    let door = Door::jwks(&json!([signer.jwk()]));
    let token = token(&signer);
    for _ in 0..3 {
        assert!(door.show(&token, &[pull("a")]).await.is_ok());
        for other in [pull("b"), push("a")] {
            let error = door.show(&token, &[other]).await.unwrap_err();
            assert_eq!(error, "insufficient_scope");
        }
    }
}

#[tokio::test]
async fn a_remembered_token_is_refused_when_its_key_is_taken_away() {
    let (signer, other) = (Signer::new(Kind::P256), Signer::new(Kind::P256));
    let door = Door::jwks(&json!([signer.jwk()]));
    let token = token(&signer);
    assert!(door.show(&token, &[pull("a")]).await.is_ok());
    let keys = json!({"keys": [other.jwk()]}).to_string();
    std::fs::write(door.directory.path().join("jwks.json"), keys).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let error = door.show(&token, &[pull("a")]).await.unwrap_err();
    assert_eq!(error, "invalid_token");
}
