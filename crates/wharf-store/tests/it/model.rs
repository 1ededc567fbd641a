//! `FileStore` answers as `MemoryStore` does, whatever is asked of it.

use proptest::prelude::*;
use wharf_store::fs::RecordingDisk;
use wharf_store::{Durability, FileStore, MemoryStore, Result, Store, StoreError};

use crate::script::at;

#[derive(Clone, Debug)]
enum Step {
    Put(String, Vec<u8>, Durability),
    Append(String, Vec<Vec<u8>>),
    Publish(String, String),
    Remove(String),
    Read(String, u64),
    List(String),
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn drivers_agree(steps in prop::collection::vec(step(), 1..40)) {
        let base = tempfile::tempdir().unwrap();
        // A recording disk does not sync, which is what takes time.
        let files = FileStore::on(RecordingDisk::new(base.path()).unwrap(), base.path()).unwrap();
        let memory = MemoryStore::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for step in steps {
            let (of_files, of_memory) = runtime.block_on(async { (answer(&files, &step).await, answer(&memory, &step).await) });
            prop_assert_eq!(of_files, of_memory, "{:?}", step);
        }
    }
}

/// Few paths, so that steps meet. Objects have names of their own, since whether an
/// emptied directory bars an object of its name depends on the driver.
fn object() -> impl Strategy<Value = String> {
    (0..3_usize, "[xyz]").prop_map(|(depth, name)| ["", "a/", "a/b/"][depth].to_owned() + &name)
}

fn any_path() -> impl Strategy<Value = String> {
    prop_oneof![
        object(),
        object(),
        Just("a".to_owned()),
        Just("a/b".to_owned()),
        Just("x/y".to_owned())
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..9);
    let durability = prop_oneof![Just(Durability::Durable), Just(Durability::Lazy)];
    prop_oneof![
        (object(), bytes(), durability)
            .prop_map(|(path, content, durability)| Step::Put(path, content, durability)),
        (object(), prop::collection::vec(bytes(), 0..3))
            .prop_map(|(path, frames)| Step::Append(path, frames)),
        (any_path(), object()).prop_map(|(from, to)| Step::Publish(from, to)),
        any_path().prop_map(Step::Remove),
        (any_path(), 0..12_u64).prop_map(|(path, limit)| Step::Read(path, limit)),
        any_path().prop_map(Step::List),
    ]
}

/// The answer as text, less what drivers may differ in.
async fn answer(store: &dyn Store, step: &Step) -> String {
    match step {
        Step::Put(path, content, durability) => show(
            path,
            store
                .put(&at(path), content.clone().into(), *durability)
                .await,
        ),
        Step::Append(path, frames) => show(path, append(store, path, frames).await),
        Step::Publish(from, to) => show(to, store.publish(&at(from), &at(to)).await),
        Step::Remove(path) => {
            // Emptied directories may or may not be there to be removed.
            let removed = store.remove(&at(path)).await;
            if path.starts_with('a') && path.len() < 4 {
                String::new()
            } else {
                show(path, removed)
            }
        }
        Step::Read(path, limit) => show(path, store.read(&at(path), *limit).await),
        Step::List(path) => {
            let listing = store.list(&at(path)).await.unwrap_or_default();
            let entries = listing.iter().filter(|entry| entry.name != "b");
            format!("{:?}", entries.collect::<Vec<_>>())
        }
    }
}

async fn append(store: &dyn Store, path: &str, frames: &[Vec<u8>]) -> Result<u64> {
    let mut appender = store.appender(&at(path)).await?;
    let frames: Vec<_> = frames.iter().cloned().map(Into::into).collect();
    appender.write(&frames).await?;
    appender.sync().await?;
    Ok(appender.len())
}

fn show<T: std::fmt::Debug>(path: &str, answer: Result<T>) -> String {
    match answer {
        Err(StoreError::Io { operation, .. }) => format!("{operation} {path} failed"),
        answer => format!("{answer:?}"),
    }
}
