//! Keys that are fetched: rotated without a restart, and never asked for too often.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use wharf_auth::{
    Authorizer as _, Credentials, Fetch, Refusal, RemoteKeys, Request, Secret, Token,
};

use super::fixtures::{claims, options};
use super::signer::{Kind, Signer};

/// A token server that publishes keys, or does not answer.
#[derive(Clone, Default)]
struct Publisher {
    keys: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
    /// How long it takes to answer.
    slowness: Arc<Mutex<Duration>>,
}

struct Door {
    publisher: Publisher,
    token: Token,
    keys: Arc<RemoteKeys>,
}

#[async_trait]
impl Fetch for Publisher {
    async fn fetch(&self) -> Result<Vec<u8>, String> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let slowness = *self.slowness.lock().unwrap();
        tokio::time::sleep(slowness).await;
        let keys = self.keys.lock().unwrap().clone();
        keys.map(String::into_bytes)
            .ok_or_else(|| "it is down".to_owned())
    }
}

// === impl Publisher ===

impl Publisher {
    fn publish(&self, signers: &[&Signer]) {
        let keys: Vec<_> = signers.iter().map(|signer| signer.jwk()).collect();
        *self.keys.lock().unwrap() = Some(json!({"keys": keys}).to_string());
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

// === impl Door ===

impl Door {
    fn new() -> Self {
        let publisher = Publisher::default();
        let keys = RemoteKeys::new(publisher.clone());
        Self {
            token: Token::fetching(options(), Arc::clone(&keys)).unwrap(),
            keys,
            publisher,
        }
    }

    async fn show(&self, signer: &Signer) -> Result<(), Refusal> {
        let token = signer.sign(json!({"kid": signer.thumbprint()}), &claims());
        let credentials = Credentials::Bearer(Secret::new(token));
        let request = Request::new(&credentials, &[]);
        self.token.authorize(&request).await.map(drop)
    }

    /// Fetches as the server does, for some time.
    async fn keep_for(&self, time: Duration) {
        let keeping = Arc::clone(&self.keys).keep();
        _ = tokio::time::timeout(time, keeping).await;
    }
}

const SHORT: Duration = Duration::from_millis(10);

#[tokio::test(start_paused = true)]
async fn before_they_are_known_nobody_is_told_that_their_token_is_wrong() {
    let (door, signer) = (Door::new(), Signer::new(Kind::P256));
    assert_eq!(door.show(&signer).await, Err(Refusal::Unavailable));
    door.publisher.publish(&[&signer]);
    door.keep_for(SHORT).await;
    assert_eq!(door.show(&signer).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_new_is_found_by_the_first_token_that_names_it() {
    let (door, old, new) = (
        Door::new(),
        Signer::new(Kind::P256),
        Signer::new(Kind::P256),
    );
    door.publisher.publish(&[&old]);
    door.keep_for(SHORT).await;
    assert_eq!(door.show(&old).await, Ok(()));
    door.publisher.publish(&[&new]);
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(door.show(&new).await, Ok(()));
    // Remembered, and yet its key is gone.
    assert!(matches!(
        door.show(&old).await,
        Err(Refusal::Challenge { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn strangers_tokens_make_us_ask_once_in_ten_seconds() {
    let (door, signer, stranger) = (
        Door::new(),
        Signer::new(Kind::P256),
        Signer::new(Kind::P256),
    );
    door.publisher.publish(&[&signer]);
    door.keep_for(SHORT).await;
    assert_eq!(door.publisher.asked(), 1);
    for _ in 0..3 {
        tokio::time::advance(Duration::from_secs(10)).await;
        let before = door.publisher.asked();
        for _ in 0..100 {
            let shown = door.show(&stranger).await;
            assert!(matches!(shown, Err(Refusal::Challenge { .. })), "{shown:?}");
        }
        assert_eq!(door.publisher.asked(), before + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn attack_strangers_who_hang_up_neither_make_us_ask_more_often_nor_in_vain() {
    let (door, old, new) = (
        Door::new(),
        Signer::new(Kind::P256),
        Signer::new(Kind::P256),
    );
    door.publisher.publish(&[&old]);
    door.keep_for(SHORT).await;
    door.publisher.publish(&[&old, &new]);
    *door.publisher.slowness.lock().unwrap() = Duration::from_secs(1);
    tokio::time::advance(Duration::from_secs(10)).await;
    let (before, stranger) = (door.publisher.asked(), Signer::new(Kind::P256));
    for _ in 0..100 {
        let shown = tokio::time::timeout(SHORT, door.show(&stranger)).await;
        assert!(shown.is_err(), "{shown:?}");
    }
    assert_eq!(door.publisher.asked(), before + 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(door.show(&new).await, Ok(()));
    assert_eq!(door.publisher.asked(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn while_the_other_side_is_down_what_was_fetched_holds() {
    let (door, signer) = (Door::new(), Signer::new(Kind::P256));
    door.publisher.publish(&[&signer]);
    door.keep_for(SHORT).await;
    for broken in [None, Some("rubbish".to_owned())] {
        *door.publisher.keys.lock().unwrap() = broken;
        door.keep_for(Duration::from_secs(1000)).await;
        assert_eq!(door.show(&signer).await, Ok(()));
    }
    assert!(door.publisher.asked() > 10);
}

#[tokio::test(start_paused = true)]
async fn they_are_fetched_again_every_five_minutes() {
    let (door, old, new) = (
        Door::new(),
        Signer::new(Kind::P256),
        Signer::new(Kind::P256),
    );
    door.publisher.publish(&[&old]);
    let keeping = tokio::spawn(Arc::clone(&door.keys).keep());
    tokio::time::sleep(SHORT).await;
    assert_eq!(door.show(&old).await, Ok(()));
    door.publisher.publish(&[&new]);
    tokio::time::sleep(Duration::from_secs(301)).await;
    assert_eq!(door.publisher.asked(), 2);
    assert!(matches!(
        door.show(&old).await,
        Err(Refusal::Challenge { .. })
    ));
    keeping.abort();
}
