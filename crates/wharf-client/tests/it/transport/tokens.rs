//! Challenges, and what is shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wharf_client::{ClientError, Credential};

use super::{fetch, fetch_from};
use crate::server::{Reply, Seen, Server};

/// A registry that takes `Bearer t1`, `Bearer t2`… if `is_good` says so, and its token server,
/// which counts.
async fn registry(is_good: impl Fn(&str) -> bool + Send + Sync + 'static) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |seen| {
        if seen.is_head {
            return Reply::default();
        }
        if seen.path.starts_with("/token") {
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            return Reply::ok(format!("{{\"token\": \"t{number}\"}}"));
        }
        match seen.header("authorization") {
            Some(shown) if is_good(shown) => Reply::ok("{}"),
            _ => challenge(seen),
        }
    })
    .await
}

fn challenge(seen: &Seen) -> Reply {
    let host = seen.header("host").unwrap();
    let repository = seen
        .path
        .split("/manifests/")
        .next()
        .unwrap()
        .trim_start_matches("/v2/");
    let bearer = format!(
        "Bearer realm=\"http://{host}/token\",service=\"the service\",scope=\"repository:{repository}:pull\""
    );
    Reply::new(401)
        .header("www-authenticate", "Basic realm=\"x\"")
        .header("www-authenticate", bearer)
}

#[tokio::test]
async fn a_token_is_fetched_once_and_brought_along() {
    let server = registry(|shown| shown.starts_with("Bearer t")).await;
    let client = server.client_of(Credential::password("user", "pass"));
    fetch(&client).await.unwrap();
    let token = "GET /token?client_id=wharf&service=the+service&account=user&scope=repository%3Aa%2Fb%3Apull [Basic dXNlcjpwYXNz]";
    let expected = [
        "GET /v2/a/b/manifests/latest",
        token,
        "GET /v2/a/b/manifests/latest [Bearer t1]",
    ];
    assert_eq!(server.asked(), expected);
    fetch(&client).await.unwrap();
    assert_eq!(server.asked(), ["GET /v2/a/b/manifests/latest [Bearer t1]"]);
    // For another repository, the way is known already.
    fetch_from(&client, "c").await.unwrap();
    assert_eq!(
        server.asked(),
        [
            &token.replace("a%2Fb", "c"),
            "GET /v2/c/manifests/latest [Bearer t2]"
        ]
    );
}

#[tokio::test]
async fn many_wait_for_one_token() {
    let server = registry(|shown| shown.starts_with("Bearer t")).await;
    let client = server.client();
    let all = (0..16).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { fetch(&client).await.map(drop) })
    });
    for fetched in all.collect::<Vec<_>>() {
        fetched.await.unwrap().unwrap();
    }
    let tokens = server
        .asked()
        .into_iter()
        .filter(|line| line.starts_with("GET /token"));
    assert_eq!(tokens.count(), 1);
}

#[tokio::test]
async fn a_token_that_is_refused_is_fetched_again_once() {
    let expired = Arc::new(AtomicUsize::new(0));
    let old = Arc::clone(&expired);
    let server = registry(move |shown| {
        let number: usize = shown.trim_start_matches("Bearer t").parse().unwrap();
        number > old.load(Ordering::SeqCst)
    })
    .await;
    let client = server.client();
    fetch(&client).await.unwrap();
    server.asked();
    expired.store(1, Ordering::SeqCst);
    fetch(&client).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[2].ends_with("[Bearer t2]"), "{asked:?}");
    expired.store(usize::MAX, Ordering::SeqCst);
    let error = fetch(&client).await.unwrap_err();
    assert!(
        matches!(
            error,
            ClientError::Denied {
                logged_in: false,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn an_identity_token_is_exchanged_and_replaced() {
    let server = Server::start(|seen| match (seen.method.as_str(), seen.path.as_str()) {
        ("POST", "/token") => {
            let refresh = seen.text().contains("refresh_token=first");
            let (token, next) = if refresh {
                ("a", "second")
            } else {
                ("b", "third")
            };
            Reply::ok(format!(
                "{{\"access_token\": \"{token}\", \"refresh_token\": \"{next}\"}}"
            ))
        }
        _ if seen.header("authorization").is_some() => Reply::ok("{}"),
        _ => challenge(seen),
    })
    .await;
    let token = Credential::IdentityToken {
        username: None,
        token: "first".into(),
    };
    let client = server.client_of(token);
    fetch(&client).await.unwrap();
    fetch_from(&client, "c").await.unwrap();
    let seen = server.seen();
    let form = "grant_type=refresh_token&client_id=wharf&service=the+service&scope=repository%3Aa%2Fb%3Apull&refresh_token=first";
    assert_eq!(seen[1].text(), form);
    assert_eq!(
        seen[1].header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(seen[2].header("authorization"), Some("Bearer a"));
    assert!(
        seen[3].text().contains("refresh_token=second"),
        "{}",
        seen[3].text()
    );
    assert_eq!(seen[4].header("authorization"), Some("Bearer b"));
}

#[tokio::test]
async fn a_server_of_the_older_kind_is_asked_by_get() {
    for status in [404, 405] {
        let server = Server::start(move |seen| match seen.method.as_str() {
            "POST" => Reply::new(status),
            _ if seen.path.starts_with("/token") => Reply::ok(r#"{"token": "t"}"#),
            _ if seen.header("authorization").is_some() => Reply::ok("{}"),
            _ => challenge(seen),
        })
        .await;
        let username = Some("user".to_owned());
        let token = Credential::IdentityToken {
            username,
            token: "pass".into(),
        };
        fetch(&server.client_of(token)).await.unwrap();
        let asked = server.asked();
        assert!(asked[2].ends_with("[Basic dXNlcjpwYXNz]"), "{asked:?}");
        assert!(asked[3].ends_with("[Bearer t]"), "{asked:?}");
    }
}

#[tokio::test]
async fn names_and_passwords_are_shown_to_those_who_want_them() {
    let server = Server::start(|seen| match seen.header("authorization") {
        Some("Basic dXNlcjpwYXNz") => Reply::ok("{}"),
        _ => Reply::new(401).header("www-authenticate", "basic realm=\"x\""),
    })
    .await;
    let client = server.client_of(Credential::password("user", "pass"));
    fetch(&client).await.unwrap();
    fetch(&client).await.unwrap();
    assert_eq!(server.asked().len(), 3);
    let wrong = server.client_of(Credential::password("user", "wrong"));
    let error = fetch(&wrong).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("the account that you are logged in with may not do that"),
        "{error}"
    );
    assert_eq!(server.asked().len(), 2);
    let error = fetch(&server.client()).await.unwrap_err();
    assert!(
        error.to_string().ends_with("log in to the registry first"),
        "{error}"
    );
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_token_of_the_registry_is_shown_as_it_is() {
    let server = registry(|shown| shown == "Bearer mine").await;
    fetch(&server.client_of(Credential::RegistryToken("mine".into())))
        .await
        .unwrap();
    assert_eq!(
        server.asked(),
        ["GET /v2/a/b/manifests/latest [Bearer mine]"]
    );
    let other = server.client_of(Credential::RegistryToken("other".into()));
    assert!(matches!(
        fetch(&other).await.unwrap_err(),
        ClientError::Denied { .. }
    ));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn what_the_token_server_says_is_told() {
    for (reply, expected) in [
        (
            Reply::new(401).body(r#"{"details":"incorrect username or password"}"#),
            "a token for repository:a/b:pull was denied (401 Unauthorized: incorrect username or password)",
        ),
        (Reply::ok("{}"), "it has no token in it"),
        (
            Reply::ok("x".repeat(2 << 20)),
            "it has more than 1048576 bytes",
        ),
        (Reply::new(302), "it sends elsewhere without saying where"),
    ] {
        let server = Server::start(move |seen| match seen.path.starts_with("/token") {
            true => reply.clone(),
            false => challenge(seen),
        })
        .await;
        let error = fetch(&server.client()).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    for realm in ["", "token", "ftp://x/token", "file:///etc/passwd"] {
        let server = Server::start(move |_| {
            Reply::new(401).header("www-authenticate", format!("Bearer realm=\"{realm}\""))
        })
        .await;
        let error = fetch(&server.client()).await.unwrap_err().to_string();
        assert!(
            error.contains("is no address to get a token from"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn more_scopes_than_were_thought_of_are_asked_for_and_remembered() {
    let server = Server::start(|seen| {
        let host = seen.header("host").unwrap();
        if seen.path.starts_with("/token") {
            let token = if seen.path.contains("%3Aother%3A") {
                "both"
            } else {
                "one"
            };
            return Reply::ok(format!("{{\"token\": \"{token}\"}}"));
        }
        if seen.header("authorization") == Some("Bearer both") {
            return Reply::ok("{}");
        }
        let scope = "repository:a/b:pull repository:other:pull";
        let bearer = format!("Bearer realm=\"http://{host}/token\",scope=\"{scope}\"");
        Reply::new(401).header("www-authenticate", bearer)
    })
    .await;
    let client = server.client();
    fetch(&client).await.unwrap();
    assert_eq!(server.asked().len(), 3);
    fetch(&client).await.unwrap();
    assert_eq!(
        server.asked(),
        ["GET /v2/a/b/manifests/latest [Bearer both]"]
    );
}

#[tokio::test]
async fn a_login_gives_what_to_keep_in_the_place_of_a_password() {
    for (answer, expected) in [
        (r#"{"token": "t", "refresh_token": "r"}"#, Some("r")),
        (r#"{"token": "t"}"#, None),
    ] {
        let server = Server::start(move |seen| match seen.header("authorization") {
            Some("Bearer t") => Reply::ok("{}"),
            Some(_) => Reply::ok(answer),
            None => challenge(seen),
        })
        .await;
        let client = server.client_of(Credential::password("user", "pass"));
        let kept = client.log_in().await.unwrap();
        let username = Some("user".to_owned());
        let token = |token: &str| Credential::IdentityToken {
            username,
            token: token.into(),
        };
        assert_eq!(kept, expected.map(token));
        let asked = server.asked();
        assert!(
            asked[3].contains("&account=user&offline_token=true"),
            "{asked:?}"
        );
    }
    let server = Server::start(|_| Reply::ok("{}")).await;
    let client = server.client_of(Credential::password("user", "pass"));
    assert_eq!(client.log_in().await.unwrap(), None);
}

#[tokio::test]
async fn a_refresh_token_goes_to_nobody_else() {
    let other = Server::start(|_| Reply::ok(r#"{"token": "t"}"#)).await;
    let target = other.url("/token");
    let server = Server::start(move |seen| match seen.method.as_str() {
        "POST" => Reply::new(307).header("location", &target),
        _ => challenge(seen),
    })
    .await;
    let token = Credential::IdentityToken {
        username: None,
        token: "first".into(),
    };
    let error = fetch(&server.client_of(token))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("with what is not for others"), "{error}");
    assert_eq!(other.asked(), [""; 0]);
}

#[tokio::test]
async fn a_server_that_knows_forms_alone_gets_the_password_by_one() {
    for status in [404, 405] {
        let server = Server::start(move |seen| match seen.method.as_str() {
            "POST" => Reply::ok(r#"{"access_token": "t", "refresh_token": "r"}"#),
            _ if seen.path.starts_with("/token") => Reply::new(status),
            _ if seen.header("authorization").is_some() => Reply::ok("{}"),
            _ => challenge(seen),
        })
        .await;
        let client = server.client_of(Credential::password("user", "p&ss"));
        fetch(&client).await.unwrap();
        let form = "grant_type=password&client_id=wharf&service=the+service&scope=repository%3Aa%2Fb%3Apull&username=user&password=p%26ss";
        assert_eq!(server.seen()[2].text(), form);
        let kept = client.log_in().await.unwrap();
        let expected = Credential::IdentityToken {
            username: Some("user".to_owned()),
            token: "r".into(),
        };
        assert_eq!(kept, Some(expected));
        let last = server.seen().pop().unwrap().text();
        assert!(last.ends_with("&access_type=offline"), "{last}");
        // Who has no password does not send a form.
        let error = fetch(&server.client()).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().status, status);
    }
}

#[tokio::test]
async fn challenges_that_always_differ_have_an_end() {
    for changes in ["realm", "scope"] {
        let count = AtomicUsize::new(0);
        let server = Server::start(move |seen| {
            if seen.is_head {
                return Reply::default();
            }
            if seen.path.starts_with("/token") {
                return Reply::ok(r#"{"token": "t"}"#);
            }
            let number = count.fetch_add(1, Ordering::SeqCst);
            // Nobody waits for the end of a test that has none.
            if number > 20 {
                return Reply::ok("{}");
            }
            let host = seen.header("host").unwrap();
            let bearer = match changes {
                "realm" => format!("Bearer realm=\"http://{host}/token/{number}\""),
                _ => format!(
                    "Bearer realm=\"http://{host}/token\",scope=\"repository:r{number}:pull\""
                ),
            };
            Reply::new(401).header("www-authenticate", bearer)
        })
        .await;
        let error = fetch(&server.client()).await.unwrap_err();
        assert!(matches!(error, ClientError::Denied { .. }), "{error}");
        assert_eq!(server.asked().len(), 7, "{changes}");
    }
}
