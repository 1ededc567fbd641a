//! What somebody would try. None of it helps.

use serde_json::json;
use wharf_auth::{NoToken, ScopesError, Secret, Shown, TokenRequest};

use super::fixtures::{Issuer, basic, parts, request};

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
    let issuer = Issuer::new();
    for (user, password) in [
        ("ann", "Secret"),
        ("carl", "secret"),
        ("ann", ""),
        ("", "secret"),
    ] {
        let basic = basic(user, password);
        let asked = request(Shown::Password(&basic), "repository:a:pull");
        let error = issuer.server.issue(&asked).await.unwrap_err();
        assert!(matches!(error, NoToken::Wrong), "{user}: {error}");
        assert!(!error.to_string().contains("ecret"), "{error}");
    }
}

#[tokio::test]
async fn asking_for_more_than_the_rules_give_gives_no_more() {
    let issuer = Issuer::new();
    for scope in [
        "repository:a:*",
        "repository:a:pull,push",
        "repository:a:pull repository:a:push",
        "registry:catalog:*",
        "repository(plugin):a:*",
    ] {
        let issued = issuer
            .server
            .issue(&request(Shown::Nothing, scope))
            .await
            .unwrap();
        let [_, claims] = parts(&issued.token);
        assert_eq!(claims["access"], json!([]), "{scope}");
    }
}

#[tokio::test]
async fn dots_stars_and_encoded_slashes_are_no_names() {
    let issuer = Issuer::new();
    let scope = "repository:a/../b:pull repository:a%2fb:pull repository:a*:pull \
                 repository:**:pull repository:.:pull repository:host:5000/a:pull";
    assert_eq!(issuer.ann(scope).await.scope, "");
}

#[tokio::test]
async fn a_thousand_scopes_are_refused() {
    let issuer = Issuer::new();
    let basic = basic("ann", "secret");
    let asked = TokenRequest {
        scopes: vec!["repository:a:pull"; 1000],
        ..request(Shown::Password(&basic), "")
    };
    let error = issuer.server.issue(&asked).await.unwrap_err();
    assert!(
        matches!(error, NoToken::Scope(ScopesError::TooMany)),
        "{error}"
    );
}

#[tokio::test]
async fn offline_access_gives_nobody_a_refresh_token() {
    let issuer = Issuer::new();
    let asked = TokenRequest {
        is_offline: true,
        ..request(Shown::Nothing, "repository:a:pull")
    };
    let issued = issuer.server.issue(&asked).await.unwrap();
    assert!(issued.refresh.is_none());
    assert!(issuer.sessions.list().is_empty());
}

#[tokio::test]
async fn a_token_that_was_changed_is_refused() {
    let issuer = Issuer::new();
    let token = issuer.ann("repository:a:pull").await.token;
    // Remembered as it is, which must not help the others.
    assert!(issuer.show(&token, "repository:a:pull").await.is_ok());
    let more = issuer.ann("repository:a:pull,push").await.token;
    let part =
        |token: &Secret, number: usize| token.reveal().split('.').nth(number).unwrap().to_owned();
    let mixed = format!("{}.{}.{}", part(&token, 0), part(&more, 1), part(&token, 2));
    let unsigned = format!("{}.{}.", part(&token, 0), part(&token, 1));
    for token in [mixed, unsigned] {
        let shown = issuer.show(&Secret::new(token), "repository:a:pull").await;
        assert_eq!(shown.unwrap_err(), "invalid_token");
    }
}

#[tokio::test]
async fn a_token_of_another_server_of_the_same_name_is_refused() {
    let (ours, theirs) = (Issuer::new(), Issuer::new());
    let token = theirs.ann("repository:a:pull").await.token;
    let shown = ours.show(&token, "repository:a:pull").await;
    assert_eq!(shown.unwrap_err(), "invalid_token");
}
