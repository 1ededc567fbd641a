//! What is in a token, and what the registry makes of it.

use serde_json::json;
use wharf_auth::{NoToken, Shown, TokenRequest};

use super::fixtures::{EXPIRATION, Issuer, basic, parts, request};

#[tokio::test]
async fn a_token_has_the_claims_of_docker_hubs() {
    let issuer = Issuer::new();
    let asked = "repository:b:pull,push registry:catalog:* repository(plugin):a:pull";
    let issued = issuer.ann(asked).await;
    let [head, mut claims] = parts(&issued.token);
    let jwks = issuer.server.jwks().await;
    assert_eq!(
        head,
        json!({"alg": "ES256", "typ": "JWT", "kid": jwks["keys"][0]["kid"]})
    );
    let limit = json!({"pull_limit": "100", "pull_limit_interval": "21600"});
    assert_eq!(
        claims["access"],
        json!([
            {"type": "repository", "class": "plugin", "name": "a", "actions": ["pull"],
                "parameters": limit},
            {"type": "repository", "name": "b", "actions": ["pull", "push"], "parameters": limit},
            {"type": "registry", "name": "catalog", "actions": ["*"]},
        ])
    );
    let number = |name: &str| claims[name].as_u64().unwrap();
    assert_eq!(number("exp"), number("iat") + EXPIRATION.as_secs());
    assert_eq!(number("nbf"), number("iat"));
    assert!(claims["jti"].as_str().unwrap().len() >= 20);
    let claims = claims.as_object_mut().unwrap();
    let names: Vec<_> = claims.keys().cloned().collect();
    assert_eq!(
        names,
        ["access", "aud", "exp", "iat", "iss", "jti", "nbf", "sub"]
    );
    assert_eq!(claims["aud"], "the service");
    assert_eq!(claims["iss"], "the issuer");
    assert_eq!(claims["sub"], "ann");
    assert_eq!(issued.expires_in, EXPIRATION);
    let granted = "repository:a:pull repository:b:pull,push registry:catalog:*";
    assert_eq!(issued.scope, granted);
}

#[tokio::test]
async fn the_registry_takes_it_for_what_it_says_and_nothing_else() {
    let issuer = Issuer::new();
    let token = issuer.ann("repository:a/b:pull").await.token;
    // The second time from memory.
    for _ in 0..2 {
        assert_eq!(
            issuer.show(&token, "repository:a/b:pull").await.unwrap(),
            "ann"
        );
        assert_eq!(issuer.show(&token, "").await.unwrap(), "ann");
        for other in [
            "repository:a/b:pull,push",
            "repository:a/b:delete",
            "repository:a:pull",
            "repository:a/bc:pull",
            "registry:catalog:*",
            "repository:a/b:pull repository:c:pull",
        ] {
            let error = issuer.show(&token, other).await.unwrap_err();
            assert_eq!(error, "insufficient_scope", "{other}");
        }
    }
}

#[tokio::test]
async fn whoever_does_not_say_who_they_are_gets_a_token_for_what_everybody_may_do() {
    let issuer = Issuer::new();
    let empty = basic("", "");
    for shown in [Shown::Nothing, Shown::Password(&empty)] {
        let asked = request(shown, "repository:a:pull,push,delete,* registry:catalog:*");
        let issued = issuer.server.issue(&asked).await.unwrap();
        let [_, claims] = parts(&issued.token);
        assert_eq!(
            (&claims["access"], &claims["sub"]),
            (&json!([]), &json!(""))
        );
        assert_eq!(issued.scope, "");
        assert_eq!(issuer.show(&issued.token, "").await.unwrap(), "");
    }
}

#[tokio::test]
async fn what_is_asked_for_a_registry_of_another_name_is_refused() {
    let issuer = Issuer::new();
    let asked = TokenRequest {
        service: Some("another"),
        ..request(Shown::Nothing, "")
    };
    let error = issuer.server.issue(&asked).await.unwrap_err();
    assert!(matches!(error, NoToken::Service { .. }), "{error}");
    assert!(error.to_string().contains("\"the service\""), "{error}");
}
