//! Refresh tokens: what makes them good, and what makes them void.

use std::sync::Arc;
use std::time::Duration;

use wharf_auth::{NoToken, Secret, Shown, TokenRequest};

use super::fixtures::{ACCOUNTS, Issuer, basic, parts, request};

/// Longer than files are left alone.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(1100)).await;
}

#[tokio::test]
async fn it_gets_tokens_of_its_account() {
    let issuer = Issuer::new();
    let refresh = issuer.refresh().await;
    let issued = issuer
        .by_refresh(&refresh, "repository:a:pull")
        .await
        .unwrap();
    assert_eq!(parts(&issued.token)[1]["sub"], "ann");
    assert_eq!(issued.scope, "repository:a:pull");
    assert!(issued.refresh.is_none());
    // Whoever wants one has one.
    let asked = TokenRequest {
        is_offline: true,
        ..request(Shown::Refresh(&refresh), "")
    };
    let again = issuer.server.issue(&asked).await.unwrap().refresh;
    assert_eq!(again, Some(refresh));
    assert_eq!(issuer.sessions.list().len(), 1);
}

#[tokio::test]
async fn it_survives_a_restart_and_is_stored_hashed() {
    let issuer = Issuer::new();
    let refresh = issuer.refresh().await;
    let stored = std::fs::read_to_string(issuer.path().join("refresh.json")).unwrap();
    let (id, secret) = refresh.reveal().split_once('.').unwrap();
    assert!(stored.contains(id) && !stored.contains(secret), "{stored}");
    let again = Issuer::within(issuer.directory, "the service");
    assert!(again.by_refresh(&refresh, "").await.is_ok());
}

#[tokio::test]
async fn one_that_is_not_quite_right_is_refused() {
    let issuer = Issuer::new();
    let refresh = issuer.refresh().await;
    let (id, secret) = refresh.reveal().split_once('.').unwrap();
    for wrong in [
        String::new(),
        ".".to_owned(),
        id.to_owned(),
        format!("{id}."),
        format!(".{secret}"),
        format!("{id}.{secret}A"),
        format!("{id}.{}", secret.to_lowercase()),
        format!("{secret}.{id}"),
    ] {
        let error = issuer
            .by_refresh(&Secret::new(&*wrong), "")
            .await
            .unwrap_err();
        assert!(matches!(error, NoToken::Ended), "{wrong}: {error}");
    }
}

#[tokio::test]
async fn a_revoked_one_is_refused() {
    let issuer = Issuer::new();
    let (first, second) = (issuer.refresh().await, issuer.refresh().await);
    let id = first.reveal().split_once('.').unwrap().0.to_owned();
    assert_eq!(
        issuer.sessions.revoke(|session| session.id == id).unwrap(),
        1
    );
    assert!(issuer.by_refresh(&first, "").await.is_err());
    assert!(issuer.by_refresh(&second, "").await.is_ok());
}

#[tokio::test]
async fn one_that_another_process_revoked_is_refused_within_about_a_second() {
    let issuer = Issuer::new();
    let refresh = issuer.refresh().await;
    assert!(issuer.by_refresh(&refresh, "").await.is_ok());
    let other = wharf_auth::Sessions::open(issuer.path(), Duration::from_secs(3600)).unwrap();
    assert_eq!(other.revoke(|session| session.account == "ann").unwrap(), 1);
    a_moment().await;
    assert!(issuer.by_refresh(&refresh, "").await.is_err());
}

#[tokio::test]
async fn one_of_another_service_is_refused() {
    let issuer = Issuer::new();
    let refresh = issuer.refresh().await;
    let other = Issuer::within(issuer.directory, "another service");
    assert!(other.by_refresh(&refresh, "").await.is_err());
}

#[tokio::test]
async fn one_is_void_when_its_accounts_password_changes_or_the_account_is_gone() {
    let issuer = Issuer::new();
    let refresh = issuer.refresh().await;
    let htpasswd = issuer.path().join("htpasswd");
    for changed in [
        // The same password, set anew.
        "ann:$2y$04$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n",
        "bob:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n",
    ] {
        std::fs::write(&htpasswd, changed).unwrap();
        a_moment().await;
        assert!(issuer.by_refresh(&refresh, "").await.is_err(), "{changed}");
    }
    std::fs::write(&htpasswd, ACCOUNTS).unwrap();
    a_moment().await;
    assert!(issuer.by_refresh(&refresh, "").await.is_ok());
}

#[tokio::test]
async fn one_that_was_not_used_for_long_is_void() {
    let issuer = Issuer::new();
    let refresh = issuer.refresh().await;
    let path = issuer.path().join("refresh.json");
    let mut stored: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let used = stored["entries"][0]["used"].as_u64().unwrap();
    stored["entries"][0]["used"] = (used - 3600).into();
    std::fs::write(&path, stored.to_string()).unwrap();
    let again = Issuer::within(issuer.directory, "the service");
    assert!(again.by_refresh(&refresh, "").await.is_err());
    assert!(again.sessions.list().is_empty());
}

#[tokio::test]
async fn an_account_has_a_hundred_and_the_one_unused_for_longest_goes() {
    let issuer = Issuer::new();
    let first = issuer.refresh().await;
    let bob = basic("bob", "secret");
    let asked = TokenRequest {
        is_offline: true,
        ..request(Shown::Password(&bob), "")
    };
    let bobs = issuer.server.issue(&asked).await.unwrap().refresh.unwrap();
    for _ in 0..100 {
        issuer.refresh().await;
    }
    assert_eq!(issuer.sessions.list().len(), 101);
    assert!(issuer.by_refresh(&first, "").await.is_err());
    assert!(issuer.by_refresh(&bobs, "").await.is_ok());
}

#[tokio::test]
async fn attack_a_clients_name_says_nothing_to_the_terminal_of_whoever_lists_it() {
    let issuer = Issuer::new();
    let ann = basic("ann", "secret");
    let asked = TokenRequest {
        is_offline: true,
        client: "docker\x1b[2J\r\n\u{9b}2J\u{202e}é",
        ..request(Shown::Password(&ann), "")
    };
    issuer.server.issue(&asked).await.unwrap();
    let sessions = issuer.sessions.list();
    assert_eq!(sessions[0].client, "docker?[2J???2J??");
}

/// Every file of the store is read on threads like those.
#[test]
fn attack_many_logins_at_once_do_not_take_all_threads_that_wait_for_disks() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .max_blocking_threads(2)
        .build()
        .unwrap();
    let issuer = Arc::new(Issuer::new());
    runtime.block_on(issuer.refresh());
    // A disk that hangs.
    let locks = ["lock", "refresh.lock"].map(|name| {
        let lock = std::fs::File::create(issuer.path().join(name)).unwrap();
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
        lock
    });
    runtime.block_on(async {
        let logins = (0..10)
            .map(|_| Arc::clone(&issuer))
            .map(|issuer| tokio::spawn(async move { issuer.refresh().await }));
        let logins: Vec<_> = logins.collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let other = tokio::task::spawn_blocking(|| ());
        let other = tokio::time::timeout(Duration::from_secs(5), other).await;
        drop(locks);
        assert!(other.is_ok());
        for login in logins {
            login.await.unwrap();
        }
    });
}
