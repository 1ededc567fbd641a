//! What is strange in the tree is passed over, and the rest is purged.

use std::io::ErrorKind;

use wharf_registry::{PurgeMode, Purged};
use wharf_store::{Fault, FaultPlan, Faulty, FileStore, MemoryStore, Operation, Store};

use super::{ANY_ID, leave_upload, path, purge, upload_path, uploads};
use crate::fixtures::{put, registry};

#[tokio::test]
async fn malformed_entries_do_not_stop_it() {
    let root = tempfile::tempdir().unwrap();
    among_malformed_entries(&MemoryStore::default()).await;
    among_malformed_entries(&FileStore::new(root.path()).unwrap()).await;
}

async fn among_malformed_entries(store: &(impl Store + Clone)) {
    const OLD: &str = "2026-01-01T00:00:00Z";
    let repositories = "docker/registry/v2/repositories";
    // Not a repository, nor one below it.
    leave_upload(store, "Not-A-Name", "old", OLD).await;
    put(store, &path(format!("{repositories}/file")), "x").await;
    // Not an upload.
    put(store, &path(format!("{repositories}/a/_uploads/file")), "x").await;
    leave_upload(store, "a", ".hidden", OLD).await;
    leave_upload(store, "a", "a b", OLD).await;
    // Not a time; what its length says is no reason to read it.
    leave_upload(store, "a", "empty", "").await;
    leave_upload(store, "a", "garbage", "yesterday\0").await;
    leave_upload(store, "a", "long", &"2".repeat(1 << 20)).await;
    put(store, &path(upload_path("a", "none/data")), "x").await;
    // `_uploads` need not be a directory either.
    put(store, &path(format!("{repositories}/b/_uploads")), "x").await;
    leave_upload(store, "c", "old", OLD).await;

    let registry = registry(store);
    for (mode, removed) in [
        (PurgeMode::DryRun, 1),
        (PurgeMode::Remove, 1),
        (PurgeMode::Remove, 0),
    ] {
        let expected = Purged {
            uploads: removed,
            failed: 8,
            ..Purged::default()
        };
        assert_eq!(purge(&registry, mode).await, expected);
    }
    assert_eq!(uploads(store, &["a", "b", "c"]).await.len(), 7);
}

#[tokio::test]
async fn where_nothing_else_tells_it_the_name_tells_the_age() {
    let store = MemoryStore::default();
    // 2026-01-01 and 2026-01-09, in milliseconds since the epoch.
    let old = "019b76da-a800-7000-8000-000000000000";
    let young = "019ba00d-4000-7000-8000-000000000000";
    let moment = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    assert_eq!(moment("2026-01-01T00:00:00Z"), 0x019b_76da_a800);
    assert!(moment("2026-01-09T00:00:00Z") - 0x019b_a00d_4000 < 86_400_000);
    for id in [old, young] {
        leave_upload(&store, "a", id, "").await;
    }
    // What is told counts for more.
    let told = old.replace("7000", "7001");
    leave_upload(&store, "a", &told, "2026-01-09T12:00:00Z").await;
    let registry = registry(&store);
    assert_eq!(
        purge(&registry, PurgeMode::Remove).await,
        super::purged(1, 2)
    );
    assert_eq!(
        uploads(&store, &["a"]).await,
        [format!("a/{told}"), format!("a/{young}")]
    );
}

#[tokio::test]
async fn whatever_fails_once_is_done_the_next_time() {
    let calls = {
        let (plan, store) = full();
        let store = Faulty::new(store.await, plan.clone());
        purge(&registry(&store), PurgeMode::Remove).await;
        plan.count()
    };
    assert!(calls > 8, "{calls}");
    for nth in 1..=calls {
        let (plan, store) = full();
        let store = Faulty::new(store.await, plan.clone());
        let registry = registry(&store);
        plan.arm(nth, Fault::Fail(ErrorKind::Other));
        let first = purge(&registry, PurgeMode::Remove).await;
        let call = plan.calls()[nth - 1].clone();
        let lost = matches!(call.operation, Operation::List);
        assert_eq!(first.failed, 1, "{call:?}");
        assert!(lost || first.uploads == 2, "{call:?}: {first:?}");
        let second = purge(&registry, PurgeMode::Remove).await;
        assert_eq!(second.failed, 0, "{call:?}");
        assert_eq!(first.uploads + second.uploads, 3, "{call:?}");
        assert!(store.inner().snapshot().is_empty(), "{call:?}");
    }
}

fn full() -> (FaultPlan, impl Future<Output = MemoryStore>) {
    let store = async {
        let store = MemoryStore::default();
        for repository in ["a", "b", "b/c"] {
            leave_upload(&store, repository, ANY_ID, "2026-01-01T00:00:00Z").await;
        }
        store
    };
    (FaultPlan::default(), store)
}
