//! What is being removed is kept outside of a bucket whose provider takes no notice of
//! conditions, by something that may forget it or be out of reach.

use std::cell::Cell;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tokio::time::Instant;
use wharf_store::behaviour::{self, Backing};
use wharf_store::{Durability, Removal, Store as _, StoreError, StorePath};
use wharf_store_cloud::{CloudStore, Kept, Locks};

use crate::provider::Provider;

/// Keeps it in memory.
#[derive(Default)]
struct Notes(Mutex<State>);

#[derive(Clone, Default)]
struct State {
    text: Option<String>,
    /// How often another has taken over.
    successions: u64,
    is_away: bool,
}

// === impl Notes ===

impl Notes {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn here(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.lock();
        match state.is_away {
            true => Err(io::Error::other("nobody answers")),
            false => Ok(state),
        }
    }

    /// Somebody has written down that this is being removed, and nobody knows more.
    fn begin_to_remove(&self, path: &str) {
        let mut state = self.lock();
        let mut record: serde_json::Value =
            serde_json::from_str(state.text.as_ref().unwrap()).unwrap();
        let id = "01a20083-6fa9-76bd-ad09-f0e8873728c3";
        let begun = record.as_object_mut().unwrap();
        let sweeps = begun.get("sweeps").unwrap().as_u64().unwrap() + 1;
        begun.insert("sweep".into(), json!({"id": id, "path": path}));
        begun.insert("recent".into(), json!([path]));
        begun.insert("sweeps".into(), sweeps.into());
        state.text = Some(record.to_string());
    }
}

#[async_trait]
impl Locks for Notes {
    async fn load(&self) -> io::Result<Kept> {
        let state = self.here()?;
        Ok(Kept {
            text: state.text.clone(),
            memory: state.successions.to_string(),
        })
    }

    async fn replace(&self, seen: &Kept, text: &str) -> io::Result<bool> {
        let mut state = self.here()?;
        let is_it = state.text == seen.text && state.successions.to_string() == seen.memory;
        if is_it {
            state.text = Some(text.to_owned());
        }
        Ok(is_it)
    }
}

struct Scene {
    provider: Provider,
    notes: Arc<Notes>,
    store: CloudStore,
}

fn scene() -> Scene {
    let (provider, notes) = (Provider::careless(), Arc::new(Notes::default()));
    let store = provider.locked_by(Arc::<Notes>::clone(&notes), "root");
    Scene {
        provider,
        notes,
        store,
    }
}

// === impl Scene ===

impl Scene {
    /// Another process.
    fn other(&self) -> CloudStore {
        let notes = Arc::clone(&self.notes);
        self.provider.locked_by(notes, "root")
    }

    /// One that has removed something.
    async fn after_a_removal() -> Self {
        let scene = scene();
        put(&scene.store, "first").await;
        let since = scene.store.next_moment().await.unwrap();
        let first = at("first");
        let removed = scene.store.remove_untouched(&first, since).await;
        assert_eq!(removed.unwrap(), Removal::Removed(1));
        scene
    }
}

fn at(path: &str) -> StorePath {
    StorePath::new(path).unwrap()
}

/// How long it takes.
async fn put(store: &CloudStore, path: &str) -> Duration {
    let (start, path) = (Instant::now(), at(path));
    let put = store.put(&path, "x".into(), Durability::Durable);
    put.await.unwrap();
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_careless_bucket_does_what_every_store_does_then() {
    let provider = Provider::careless();
    let number = Cell::new(0);
    behaviour::suite(Backing::Bucket, async || {
        number.set(number.get() + 1);
        let notes = Arc::new(Notes::default());
        provider.locked_by(notes, &format!("root/{}", number.get()))
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_before_anything_was_ever_removed() {
    let scene = scene();
    assert_eq!(put(&scene.store, "a").await, Duration::ZERO);
    scene.notes.lock().text = None;
    assert_eq!(put(&scene.store, "a").await, Duration::ZERO);
    assert_eq!(put(&scene.other(), "b").await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn who_writes_waits_for_a_remover_that_has_died_and_nobody_else_does() {
    let scene = Scene::after_a_removal().await;
    scene.notes.begin_to_remove("a");
    assert_eq!(put(&scene.store, "b").await, Duration::ZERO);
    let waited = put(&scene.store, "a").await.as_secs();
    assert!((60..65).contains(&waited), "{waited} s");
    assert_eq!(put(&scene.store, "a").await, Duration::ZERO);
}

/// Nobody knows any more what is being removed.
#[tokio::test(start_paused = true)]
async fn everybody_waits_after_it_was_forgotten() {
    let scene = Scene::after_a_removal().await;
    let other = scene.other();
    put(&other, "known").await;
    scene.notes.begin_to_remove("a");
    scene.notes.lock().text = None;
    let waited = tokio::join!(put(&scene.store, "a"), put(&other, "known"));
    for waited in [waited.0, waited.1] {
        assert!((60..65).contains(&waited.as_secs()), "{waited:?}");
    }
    // Once is enough, and removals go on.
    assert_eq!(put(&scene.store, "a").await, Duration::ZERO);
    assert_eq!(put(&other, "b").await, Duration::ZERO);
    let since = other.next_moment().await.unwrap();
    let removed = other.remove_untouched(&at("b"), since).await.unwrap();
    assert_eq!(removed, Removal::Removed(1));
}

#[tokio::test(start_paused = true)]
async fn everybody_waits_after_somebody_took_over_who_had_not_heard_the_latest() {
    let scene = Scene::after_a_removal().await;
    put(&scene.store, "known").await;
    let before = scene.notes.lock().text.clone();
    scene.notes.begin_to_remove("a");
    {
        let mut state = scene.notes.lock();
        state.text = before;
        state.successions += 1;
    }
    let waited = put(&scene.store, "a").await.as_secs();
    assert!((60..65).contains(&waited), "{waited} s");
}

/// What was touched before is not taken for touched after somebody has asked for the time, even
/// if that was forgotten.
#[tokio::test(start_paused = true)]
async fn what_was_touched_before_it_was_forgotten_is_touched_again() {
    let scene = Scene::after_a_removal().await;
    put(&scene.store, "a").await;
    let other = scene.other();
    let since = other.next_moment().await.unwrap();
    scene.notes.lock().text = None;
    scene.store.touch(&at("a")).await.unwrap();
    let kept = other.remove_untouched(&at("a"), since).await.unwrap();
    assert_eq!(kept, Removal::Kept);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_acknowledged_while_nobody_answers() {
    let scene = Scene::after_a_removal().await;
    put(&scene.store, "a").await;
    let since = scene.store.next_moment().await.unwrap();
    scene.notes.lock().is_away = true;
    let away = |error: StoreError| {
        let StoreError::Io { source, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(source.kind(), io::ErrorKind::NotConnected);
    };
    for store in [&scene.store, &scene.other()] {
        let (a, b) = (at("a"), at("b"));
        let put = store.put(&b, "x".into(), Durability::Durable);
        away(put.await.unwrap_err());
        away(store.touch(&at("a")).await.unwrap_err());
        away(store.now().await.unwrap_err());
        let removed = store.remove_untouched(&a, since);
        away(removed.await.unwrap_err());
        assert_eq!(store.read(&at("a"), 9).await.unwrap(), "x");
    }
    scene.notes.lock().is_away = false;
    assert_eq!(put(&scene.store, "b").await, Duration::ZERO);
}

/// Who keeps it in the bucket would not see who keeps it elsewhere.
#[tokio::test]
async fn nothing_is_removed_where_others_keep_it_elsewhere() {
    let (provider, notes) = (Provider::default(), Arc::new(Notes::default()));
    let elsewhere = provider.locked_by(notes, "root");
    put(&elsewhere, "a").await;
    let since = elsewhere.next_moment().await.unwrap();
    elsewhere.remove_untouched(&at("a"), since).await.unwrap();
    let here = provider.store("root", 5 << 20);
    put(&here, "b").await;
    let since = here.next_moment().await.unwrap();
    let refused = here.remove_untouched(&at("b"), since).await.unwrap_err();
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert!(why.contains("wharfinger.locks"), "{why}");
}
