//! Keys: made once, readable by their owner only, and rotated under a running server.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::sync::Arc;
use std::time::Duration;

use wharf_auth::{Directory, Keys, Rotation, User};

use super::fixtures::{EXPIRATION, Issuer, parts};

const AT_ONCE: Rotation = Rotation::Overlapping {
    lead: Duration::ZERO,
    expiration: EXPIRATION,
};

async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(1100)).await;
}

#[tokio::test]
async fn they_are_made_once_and_nobody_else_may_read_them() {
    let directory = tempfile::tempdir().unwrap();
    let within = directory.path().join("auth");
    let first = Arc::new(Keys::open(&within).unwrap()).jwks().await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&within), 0o700);
    assert_eq!(mode(&within.join("keys.json")), 0o600);
    assert_eq!(Arc::new(Keys::open(&within).unwrap()).jwks().await, first);
    assert!(!first.to_string().contains("\"d\""), "{first}");
}

#[tokio::test]
async fn the_old_ones_tokens_are_good_after_a_rotation_and_the_new_one_signs() {
    let issuer = Issuer::new();
    let old = issuer.ann("repository:a:pull").await.token;
    Keys::rotate(issuer.path(), AT_ONCE).unwrap();
    a_moment().await;
    let new = issuer.ann("repository:a:pull").await.token;
    assert_ne!(parts(&old)[0]["kid"], parts(&new)[0]["kid"]);
    for token in [&old, &new] {
        assert!(issuer.show(token, "repository:a:pull").await.is_ok());
    }
    assert_eq!(
        issuer.server.jwks().await["keys"].as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn a_new_one_is_published_before_it_signs() {
    let issuer = Issuer::new();
    let before = issuer.ann("").await.token;
    let later = Rotation::Overlapping {
        lead: Duration::from_secs(300),
        expiration: EXPIRATION,
    };
    Keys::rotate(issuer.path(), later).unwrap();
    a_moment().await;
    assert_eq!(
        issuer.server.jwks().await["keys"].as_array().unwrap().len(),
        2
    );
    let after = issuer.ann("").await.token;
    assert_eq!(parts(&before)[0]["kid"], parts(&after)[0]["kid"]);
}

#[tokio::test]
async fn a_key_in_wrong_hands_is_trusted_no_more_though_its_tokens_are_remembered() {
    let issuer = Issuer::new();
    let old = issuer.ann("repository:a:pull").await.token;
    assert!(issuer.show(&old, "repository:a:pull").await.is_ok());
    Keys::rotate(issuer.path(), Rotation::Revoking).unwrap();
    a_moment().await;
    let shown = issuer.show(&old, "repository:a:pull").await;
    assert_eq!(shown.unwrap_err(), "invalid_token");
    let new = issuer.ann("repository:a:pull").await.token;
    assert!(issuer.show(&new, "repository:a:pull").await.is_ok());
}

#[tokio::test]
async fn one_whose_last_token_has_ended_is_trusted_no_more() {
    let issuer = Issuer::new();
    let old = issuer.ann("repository:a:pull").await.token;
    Keys::rotate(issuer.path(), AT_ONCE).unwrap();
    let path = issuer.path().join("keys.json");
    let mut stored: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let until = stored["entries"][0]["trusted_until"].as_u64().unwrap();
    let created = stored["entries"][1]["created"].as_u64().unwrap();
    assert_eq!(until, created + EXPIRATION.as_secs() + 60);
    stored["entries"][0]["trusted_until"] = created.into();
    std::fs::write(&path, stored.to_string()).unwrap();
    a_moment().await;
    let shown = issuer.show(&old, "repository:a:pull").await;
    assert_eq!(shown.unwrap_err(), "invalid_token");
}

#[tokio::test]
async fn a_damaged_file_leaves_what_was_read_and_a_newer_one_is_refused() {
    let issuer = Issuer::new();
    let path = issuer.path().join("keys.json");
    let good = std::fs::read_to_string(&path).unwrap();
    for (text, why) in [
        ("{", "malformed in line 1"),
        (r#"{"version": 2, "keys": []}"#, "use a newer one"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = Keys::open(issuer.path()).err().unwrap().to_string();
        assert!(error.contains(why), "{error}");
        assert!(Keys::rotate(issuer.path(), AT_ONCE).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        a_moment().await;
        let token = issuer.ann("repository:a:pull").await.token;
        assert!(issuer.show(&token, "repository:a:pull").await.is_ok());
    }
    // Killed between writing and renaming.
    std::fs::write(&path, good).unwrap();
    std::fs::write(issuer.path().join("keys.json.new"), "{").unwrap();
    assert!(Keys::rotate(issuer.path(), AT_ONCE).is_ok());
    assert_eq!(Keys::open(issuer.path()).unwrap().stories().len(), 2);
}

#[tokio::test]
async fn attack_a_mistake_in_the_file_does_not_show_what_is_beside_it() {
    let issuer = Issuer::new();
    let path = issuer.path().join("keys.json");
    let good = std::fs::read_to_string(&path).unwrap();
    let stored: serde_json::Value = serde_json::from_str(&good).unwrap();
    let private = stored["entries"][0]["private"].as_str().unwrap();
    // Where a number should be; in a list where an object should be; cut off within it.
    let created = stored["entries"][0]["created"].to_string();
    for mistake in [
        good.replacen(&created, &format!("\"{private}\""), 1),
        format!(r#"{{"version": 1, "entries": ["{private}"]}}"#),
        format!(r#"{{"version": 1, "entries": [{{"{private}"#),
        good.replacen(private, &private[4..], 1),
    ] {
        std::fs::write(&path, &mistake).unwrap();
        let error = Keys::open(issuer.path()).err().unwrap();
        let told = format!("{error} {error:?}");
        assert!(!told.contains(&private[8..24]), "{told}");
        assert!(told.contains("keys.json"), "{told}");
    }
}

#[test]
fn whoever_rotates_and_whoever_adds_a_user_wait_for_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let users = Directory::open(directory.path()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| (0..8).for_each(|_| Keys::rotate(directory.path(), AT_ONCE).unwrap()));
        for number in 0..8 {
            let name = format!("user{number}").parse().unwrap();
            users.add_user(&name, User::new(None, Vec::new())).unwrap();
        }
    });
    assert_eq!(Keys::open(directory.path()).unwrap().stories().len(), 8);
    assert_eq!(users.users().unwrap().len(), 8);
    let mut files: Vec<_> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    files.sort();
    assert_eq!(files, ["keys.json", "lock", "users.json"]);
}

/// As `wharf auth rotate` of root, while the server runs as somebody else.
#[test]
fn what_root_makes_belongs_to_the_directorys_owner() {
    let directory = tempfile::tempdir().unwrap();
    if std::os::unix::fs::chown(directory.path(), Some(65_534), Some(65_534)).is_err() {
        // Only root can, and only root has to.
        return;
    }
    Keys::rotate(directory.path(), AT_ONCE).unwrap();
    for file in ["keys.json", "lock"] {
        let owner = directory.path().join(file).metadata().unwrap().uid();
        assert_eq!(owner, 65_534, "{file}");
    }
}
