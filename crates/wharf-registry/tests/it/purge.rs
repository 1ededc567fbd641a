//! Purging of uploads that nobody finished.

mod cheap;
mod purger;
mod races;
mod strange;

use std::time::Duration;

use jiff::Timestamp;
use wharf_registry::{PurgeMode, Purged, Purging, Registry};
use wharf_store::{FileStore, MemoryStore, Store, StorePath};

use crate::fixtures::{push_blob, put, registry};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Of version 4, as distribution 2.8 makes them: nothing tells their age.
const ANY_ID: &str = "8c3e6d2a-9f0b-4c5d-8e7f-0123456789ab";

fn path(text: impl Into<String>) -> StorePath {
    StorePath::new(text).unwrap()
}

/// Where an upload of a repository is stored.
fn upload_path(repository: &str, id: &str) -> String {
    format!("docker/registry/v2/repositories/{repository}/_uploads/{id}")
}

/// Stores an upload as another registry left it.
async fn leave_upload(store: &impl Store, repository: &str, id: &str, started: &str) {
    let directory = upload_path(repository, id);
    put(
        store,
        &path(format!("{directory}/startedat")),
        started.to_owned(),
    )
    .await;
    put(store, &path(format!("{directory}/data")), "half").await;
    put(
        store,
        &path(format!("{directory}/hashstates/sha256/0")),
        "state",
    )
    .await;
}

/// The paths below `_uploads` directories, less what is below each upload.
async fn uploads(store: &impl Store, repositories: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for repository in repositories {
        let directory = path(format!(
            "docker/registry/v2/repositories/{repository}/_uploads"
        ));
        let entries = store.list(&directory).await.unwrap_or_default();
        found.extend(
            entries
                .iter()
                .map(|entry| format!("{repository}/{}", entry.name)),
        );
    }
    found
}

/// Purges at noon of 2026-01-10 what is older than a week.
async fn purge(registry: &Registry, mode: PurgeMode) -> Purged {
    let purging = Purging {
        mode,
        ..Purging::default()
    };
    registry.purge(&purging, noon()).await
}

fn noon() -> Timestamp {
    "2026-01-10T12:00:00Z".parse().unwrap()
}

fn purged(uploads: u64, kept: u64) -> Purged {
    Purged {
        uploads,
        kept,
        ..Purged::default()
    }
}

#[tokio::test]
async fn the_old_go_and_the_young_stay() {
    let root = tempfile::tempdir().unwrap();
    by_age(&MemoryStore::default()).await;
    by_age(&FileStore::new(root.path()).unwrap()).await;
}

async fn by_age(store: &(impl Store + Clone)) {
    let registry = registry(store);
    let app = registry.repository("library/app".parse().unwrap());
    let blob = push_blob(&app, "a layer").await;
    for (repository, id, started) in [
        ("library/app", "old", "2026-01-03T11:59:59Z"),
        ("library/app", "old=2", "2025-06-01T00:00:00+02:00"),
        ("library/app", "week", "2026-01-03T12:00:00Z"),
        ("library/app", "young", "2026-01-09T12:00:00Z"),
        ("library/app", "future", "2036-01-09T12:00:00Z"),
        // Nested repositories share the tree with those above them.
        ("library", "old", "2026-01-01T00:00:00Z"),
        ("library/app/deep/er", "old", "2026-01-01T00:00:00Z"),
    ] {
        leave_upload(store, repository, id, started).await;
    }
    let all = ["library", "library/app", "library/app/deep/er"];

    assert_eq!(purge(&registry, PurgeMode::DryRun).await, purged(4, 3));
    assert_eq!(uploads(store, &all).await.len(), 7);

    assert_eq!(purge(&registry, PurgeMode::Remove).await, purged(4, 3));
    assert_eq!(
        uploads(store, &all).await,
        [
            "library/app/future",
            "library/app/week",
            "library/app/young"
        ]
    );
    assert!(app.blob(blob).await.is_ok());
    assert_eq!(purge(&registry, PurgeMode::Remove).await, purged(0, 3));
}

#[tokio::test]
async fn an_empty_registry_has_nothing_to_purge() {
    let root = tempfile::tempdir().unwrap();
    let files = registry(&FileStore::new(root.path()).unwrap());
    assert_eq!(purge(&files, PurgeMode::Remove).await, Purged::default());
    let memory = registry(&MemoryStore::default());
    assert_eq!(purge(&memory, PurgeMode::Remove).await, Purged::default());
}

#[tokio::test]
async fn an_upload_that_was_purged_is_unknown() {
    let store = MemoryStore::default();
    let registry = registry(&store);
    leave_upload(&store, "a", ANY_ID, "2026-01-01T00:00:00Z").await;
    let a = registry.repository("a".parse().unwrap());
    let id = ANY_ID.parse().unwrap();
    assert_eq!(a.upload_status(&id).await.unwrap().size, 4);
    assert_eq!(purge(&registry, PurgeMode::Remove).await.uploads, 1);
    assert!(matches!(
        a.upload(&id).await.err().unwrap(),
        wharf_registry::Error::UploadUnknown(_)
    ));
    assert!(store.snapshot().is_empty());
}

#[tokio::test]
async fn any_age_is_taken() {
    let store = MemoryStore::default();
    let registry = registry(&store);
    leave_upload(&store, "a", ANY_ID, "2026-01-01T00:00:00Z").await;
    let older_than = |age| Purging {
        age,
        ..Purging::default()
    };
    let for_ever = older_than(Duration::MAX);
    assert_eq!(registry.purge(&for_ever, noon()).await, purged(0, 1));
    let at_once = older_than(Duration::ZERO);
    assert_eq!(registry.purge(&at_once, noon()).await, purged(1, 0));
}

#[tokio::test]
async fn left_overs_of_killed_writes_go_after_a_day() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let registry = registry(&store);
    let app = registry.repository("library/app".parse().unwrap());
    push_blob(&app, "a layer").await;
    let objects = [
        "docker/registry/v2/repositories/library/app/_layers/link",
        "wharfinger/derived/v1/repositories/library/app/_referrers/x",
        // Not ours to look at.
        "beside/link",
    ];
    for object in objects {
        let temporary = root.path().join(format!("{object}.{ANY_ID}.tmp"));
        write(&temporary);
    }
    let now = Timestamp::now();
    let purging = Purging::default();
    let left_overs = async |now, mode| {
        let purging = Purging { mode, ..purging };
        registry.purge(&purging, now).await.left_overs
    };
    let hour = Duration::from_secs(3600);
    assert_eq!(left_overs(now + (DAY - hour), PurgeMode::Remove).await, 0);
    assert_eq!(left_overs(now + DAY + hour, PurgeMode::DryRun).await, 2);
    assert_eq!(left_overs(now + DAY + hour, PurgeMode::Remove).await, 2);
    assert_eq!(left_overs(now + DAY + hour, PurgeMode::Remove).await, 0);
    assert!(
        root.path()
            .join(format!("beside/link.{ANY_ID}.tmp"))
            .exists()
    );
}

#[expect(clippy::disallowed_methods, reason = "what a killed write leaves")]
fn write(file: &std::path::Path) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, "half").unwrap();
}
