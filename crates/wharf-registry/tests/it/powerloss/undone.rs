//! A whole repository is deleted and restored, and the power fails.

use std::sync::Arc;
use std::time::Duration;

use wharf_registry::{Options as Choices, Registry};
use wharf_store::fs::RecordingDisk;
use wharf_store::fs::powerloss::{self, Covered, Options, State};
use wharf_store::{FileStore, MemoryStore};

use crate::fixtures::{pull, pull_blob, sha256};
use crate::images::push_image;
use crate::legality;

fn keeping(store: Arc<dyn wharf_store::Store>) -> Registry {
    let choices = Choices {
        trash: Duration::from_secs(3600),
        ..Choices::default()
    };
    Registry::new(store, choices)
}

/// An image is pushed, its repository deleted, and restored.
async fn record() -> Vec<wharf_store::fs::Op> {
    let base = tempfile::tempdir().unwrap();
    let disk = RecordingDisk::new(base.path()).unwrap();
    let registry = keeping(Arc::new(FileStore::on(disk.clone(), base.path()).unwrap()));
    let app = registry.repository("library/app".parse().unwrap());
    push_image(&app, "one", "latest").await;
    disk.mark("pushed");
    app.delete().await.unwrap();
    disk.mark("deleted");
    let trash = registry.trash().await.unwrap();
    assert_eq!(trash.entries.len(), 1);
    disk.mark("restoring");
    let restored = registry.restore(trash.entries[0].id).await.unwrap();
    assert!(restored.unwrap().unwrap().lacking.is_empty());
    disk.mark("restored");
    disk.log()
}

/// What the registry finds when the power is back.
async fn stands_by_it(state: &State) -> Result<(), String> {
    legality::check(&state.files)?;
    let registry = keeping(Arc::new(MemoryStore::from_snapshot(state.files.clone())));
    let app = registry.repository("library/app".parse().unwrap());
    let is_there = pull(&app, "latest").await.is_ok();
    match state.acknowledged.len() {
        0 => return Ok(()),
        2 if is_there => return Err("it was deleted, and is there".to_owned()),
        4 if !is_there => return Err("it was restored, and is gone".to_owned()),
        _ => {}
    }
    // Whatever the moment: what was pushed is there, or comes back.
    let trash = registry.trash().await.map_err(|error| error.to_string())?;
    if !trash.damaged.is_empty() {
        return Err(format!("{:?}", trash.damaged));
    }
    for entry in trash.entries {
        let restored = registry.restore(entry.id).await;
        match restored.map_err(|error| error.to_string())? {
            Ok(Some(restored)) if restored.lacking.is_empty() => {}
            lacking => return Err(format!("{lacking:?}")),
        }
    }
    let pulled = pull(&app, "latest")
        .await
        .map_err(|error| error.to_string())?;
    if wharf_hash::digest(pulled.digest.algorithm(), &pulled.bytes) != pulled.digest {
        return Err("wrong bytes".to_owned());
    }
    for content in [&b"layer of one"[..], b"config of one"] {
        let blob = pull_blob(&app, sha256(content)).await;
        if blob.map_err(|error| error.to_string())? != content {
            return Err("wrong bytes of a blob".to_owned());
        }
    }
    Ok(())
}

/// How many states there are, if all is well in each.
async fn check(log: &[wharf_store::fs::Op], options: &Options) -> Result<usize, String> {
    let mut states = 0;
    for state in powerloss::states(log, options) {
        states += 1;
        if let Err(why) = stands_by_it(&state).await {
            let (moment, lost) = (state.moment, &state.lost);
            return Err(format!(
                "after {moment} operations, {:?}: {why}\nlost: {lost:#?}",
                state.acknowledged
            ));
        }
    }
    Ok(states)
}

#[tokio::test]
async fn what_was_deleted_can_be_restored_after_power_loss() {
    let log = record().await;
    let states = check(&log, &Options::default()).await.unwrap();
    assert!(states > 500, "only {states} states");
}

#[tokio::test]
async fn syncs_of_the_trash_are_missed_when_they_are_left_out() {
    let log = record().await;
    for place in ["/trash", "/_layers/", "/_manifests"] {
        let options = Options::ignoring(move |sync: &powerloss::SyncPoint| {
            sync.path.contains(place) && !sync.covers.contains(&Covered::Remove)
        });
        assert!(
            check(&log, &options).await.is_err(),
            "nobody misses syncs of {place}"
        );
    }
}
