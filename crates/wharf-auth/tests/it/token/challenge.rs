//! What whoever has no token is told.

use serde_json::json;
use wharf_auth::{
    Access, Action, Authorizer as _, Credentials, Refusal, Request, Resource, Token, TokenOptions,
};

use super::fixtures::{Door, claims, options, pull, push};
use super::signer::{Kind, Signer};

async fn challenge(token: &Token, request: &Request<'_>) -> String {
    match token.authorize(request).await {
        Err(Refusal::Challenge { challenge, .. }) => challenge,
        other => panic!("{other:?}"),
    }
}

fn catalog() -> Access {
    Access {
        resource: Resource::Catalog,
        actions: Action::All.into(),
    }
}

#[tokio::test]
async fn challenges_are_written_as_distribution_writes_them() {
    let signer = Signer::new(Kind::P256);
    let door = Door::bundle(&signer.pem());
    let start = r#"Bearer realm="https://auth.example/token",service="registry.example""#;
    for (needs, scope) in [
        (vec![], ""),
        (vec![push("a/b")], r#",scope="repository:a/b:pull,push""#),
        (
            vec![push("a/b"), pull("c")],
            r#",scope="repository:a/b:pull,push repository:c:pull""#,
        ),
        (vec![catalog()], r#",scope="registry:catalog:*""#),
    ] {
        let authorization = |text: &str| Credentials::parse([text.as_bytes()]).unwrap();
        let right = signer.sign(json!({"kid": signer.thumbprint()}), &claims());
        for (credentials, error) in [
            ("".to_owned(), ""),
            ("Basic dTpw".to_owned(), ""),
            ("Bearer".to_owned(), ""),
            ("Negotiate x".to_owned(), ""),
            ("Bearer x".to_owned(), r#",error="invalid_token""#),
            ("Bearer a.b.c".to_owned(), r#",error="invalid_token""#),
            (format!("Bearer {right}"), r#",error="insufficient_scope""#),
        ] {
            if needs.is_empty() && error.contains("insufficient") {
                continue;
            }
            let credentials = authorization(&credentials);
            let request = Request::new(&credentials, &needs);
            let expected = format!("{start}{scope}{error}");
            assert_eq!(challenge(&door.token, &request).await, expected);
        }
    }
}

#[tokio::test]
async fn the_realm_may_be_where_the_client_has_the_registry() {
    let signer = Signer::new(Kind::P256);
    let directory = tempfile::tempdir().unwrap();
    let bundle = directory.path().join("bundle.pem");
    std::fs::write(&bundle, signer.pem()).unwrap();
    let open = |autoredirect, path: &str| {
        Token::open(TokenOptions {
            rootcertbundle: Some(bundle.clone()),
            autoredirect,
            autoredirect_path: path.to_owned(),
            ..options()
        })
        .unwrap()
    };
    let configured = "https://auth.example/token";
    for (path, host, proto, realm) in [
        ("", Some("r.example"), None, "https://r.example/auth/token"),
        (
            "/t",
            Some("r.example:5000"),
            Some("http"),
            "http://r.example:5000/t",
        ),
        (
            "t",
            Some("[::1]:5000"),
            Some("HTTPS"),
            "https://[::1]:5000/t",
        ),
        (
            "/t",
            Some("r.example"),
            Some("javascript"),
            "https://r.example/t",
        ),
        (
            "/t",
            Some("r.example"),
            Some("http,https"),
            "https://r.example/t",
        ),
        ("/t", Some("r.example/x"), None, configured),
        ("/t", Some("user@evil.example"), None, configured),
        ("/t", Some("a\",error=\"x"), None, configured),
        ("/t", Some(""), None, configured),
        ("/t", None, Some("http"), configured),
    ] {
        let request = Request {
            host,
            forwarded_proto: proto,
            ..Request::new(&Credentials::None, &[])
        };
        let expected = format!(r#"Bearer realm="{realm}",service="registry.example""#);
        assert_eq!(
            challenge(&open(true, path), &request).await,
            expected,
            "{host:?}"
        );
        let expected = format!(r#"Bearer realm="{configured}",service="registry.example""#);
        assert_eq!(challenge(&open(false, path), &request).await, expected);
    }
}
