//! Files that cannot be read for a while: nothing about them changes when they can be again.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
use wharf_auth::{Keys, Rotation, Unknown};

use crate::members::{LATER, Place, check};
use crate::server::fixtures::Issuer;

/// Runs it where even root keeps to the rights of files.
fn without_override(test: impl AsyncFnOnce() + Send) {
    let run = || {
        let mut sets = capabilities(None).unwrap();
        sets.effective &= !(CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH);
        set_capabilities(None, sets).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(test());
    };
    std::thread::scope(|scope| scope.spawn(run).join().unwrap());
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

async fn later() {
    tokio::time::sleep(LATER).await;
}

#[test]
fn users_are_let_in_again_once_their_file_can_be_read() {
    without_override(async || {
        let place = Place::new().with("ann", "first password");
        let accounts = place.accounts();
        place.change_password("ann", "second password");
        set_mode(&place.path().join("users.json"), 0);
        later().await;
        let refused = check(&accounts, "ann", "second password").await;
        assert_eq!(refused, Err(Unknown::Unavailable));
        set_mode(&place.path().join("users.json"), 0o600);
        later().await;
        check(&accounts, "ann", "second password").await.unwrap();
    });
}

#[test]
fn a_key_that_was_revoked_while_the_file_could_not_be_read_is_refused_later() {
    without_override(async || {
        let issuer = Issuer::new();
        let old = issuer.ann("repository:a:pull").await.token;
        Keys::rotate(issuer.path(), Rotation::Revoking).unwrap();
        set_mode(&issuer.path().join("keys.json"), 0);
        later().await;
        assert!(issuer.show(&old, "repository:a:pull").await.is_ok());
        set_mode(&issuer.path().join("keys.json"), 0o600);
        later().await;
        let shown = issuer.show(&old, "repository:a:pull").await;
        assert_eq!(shown.unwrap_err(), "invalid_token");
    });
}

#[test]
fn refresh_tokens_are_good_again_once_their_file_can_be_read() {
    without_override(async || {
        let issuer = Issuer::new();
        let (first, second) = (issuer.refresh().await, issuer.refresh().await);
        let id = first.reveal().split_once('.').unwrap().0.to_owned();
        let other = wharf_auth::Sessions::open(issuer.path(), LATER * 1000).unwrap();
        other.revoke(|session| session.id == id).unwrap();
        set_mode(&issuer.path().join("refresh.json"), 0);
        later().await;
        assert!(issuer.by_refresh(&second, "").await.is_err());
        set_mode(&issuer.path().join("refresh.json"), 0o600);
        later().await;
        assert!(issuer.by_refresh(&second, "").await.is_ok());
        assert!(issuer.by_refresh(&first, "").await.is_err());
    });
}
