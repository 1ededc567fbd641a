//! Changes in steps: every prefix of them is what power loss may leave, and nothing else.

use std::collections::BTreeSet;

use bytes::Bytes;
use wharf_store::fs::powerloss::{self, Covered, Options};
use wharf_store::fs::{Op, RecordingDisk};
use wharf_store::{Change, FileStore, MemoryStore, Store};

use crate::script::at;

fn put(path: &str, content: &'static str) -> Change {
    Change::Put {
        path: at(path),
        content: content.into(),
    }
}

/// What is known of an upload's bytes when it ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Upload {
    /// They were synced, and nothing was written since.
    Synced,
    /// They were synced, and another process wrote more.
    Grown,
    Unsynced,
}

/// The end of an upload, and the push of a manifest with two tags, one of which moves.
async fn push(store: &dyn Store, upload: Upload, mark: impl Fn(&str)) {
    let end = upload;
    let mut upload = store.appender(&at("r/_uploads/1/data")).await.unwrap();
    let all = ["bytes".into()];
    let (first, more) = match end {
        Upload::Grown => (&["by".into()], Some(["tes".into()])),
        Upload::Synced | Upload::Unsynced => (&all, None),
    };
    upload.write(first).await.unwrap();
    if end != Upload::Unsynced {
        upload.sync().await.unwrap();
        mark("upload");
    }
    if let Some(more) = more {
        drop(upload);
        let mut upload = store.appender(&at("r/_uploads/1/data")).await.unwrap();
        upload.write(&more).await.unwrap();
    }
    let blob = vec![
        vec![Change::Publish {
            from: at("r/_uploads/1/data"),
            to: at("blobs/aa/1/data"),
        }],
        vec![
            put("r/_layers/1/link", "1"),
            Change::Remove {
                path: at("r/_uploads/1"),
            },
        ],
    ];
    mark("its end");
    store.commit(blob).await.unwrap();
    mark("blob");
    store.commit(manifest()).await.unwrap();
    mark("manifest");
}

fn manifest() -> Vec<Vec<Change>> {
    vec![
        vec![put("blobs/bb/2/data", "{}")],
        vec![
            put("r/revisions/2/link", "2"),
            put("r/tags/x/index/2/link", "2"),
            put("r/tags/y/index/2/link", "2"),
        ],
        vec![
            put("r/tags/x/current/link", "2"),
            put("r/tags/y/current/link", "2"),
        ],
    ]
}

/// What each object needs to make sense.
const NEEDS: [(&str, &[&str]); 4] = [
    ("r/_layers/1/link", &["blobs/aa/1/data"]),
    ("r/revisions/2/link", &["blobs/bb/2/data"]),
    (
        "r/tags/x/current/link",
        &["r/revisions/2/link", "r/tags/x/index/2/link"],
    ),
    (
        "r/tags/y/current/link",
        &["r/revisions/2/link", "r/tags/y/index/2/link"],
    ),
];

const UPLOADS: [Upload; 3] = [Upload::Synced, Upload::Grown, Upload::Unsynced];

fn content(path: &str) -> Bytes {
    match path {
        "blobs/aa/1/data" => "bytes".into(),
        "blobs/bb/2/data" => "{}".into(),
        "r/_layers/1/link" => "1".into(),
        _ => "2".into(),
    }
}

/// How many states there are, or what is wrong with one.
fn check(log: &[Op], options: &Options) -> Result<usize, String> {
    let mut count = 0;
    for state in powerloss::states(log, options) {
        count += 1;
        let wrong = |what: &str| Err(format!("{what}: {:?}, lost {:?}", state.files, state.lost));
        for (path, needs) in NEEDS {
            if state.files.contains_key(path)
                && let Some(missing) = needs.iter().find(|it| !state.files.contains_key(**it))
            {
                return wrong(&format!("{path} without {missing}"));
            }
        }
        let done = |mark: &str| state.acknowledged.iter().any(|it| it == mark);
        for (number, (path, needs)) in NEEDS.iter().enumerate() {
            let mark = if number == 0 { "blob" } else { "manifest" };
            for path in needs.iter().chain([path]) {
                let bytes = state.files.get(*path);
                if bytes.is_some_and(|bytes| *bytes != content(path)) {
                    return wrong(path);
                }
                if done(mark) && bytes.is_none() {
                    return wrong(&format!("{path} is lost"));
                }
            }
        }
        let upload = state.files.get("r/_uploads/1/data");
        let is_kept = upload.is_some_and(|bytes| bytes.starts_with(b"by"));
        // The halves of the rename may come apart: who ends an upload has to be ready for that.
        if done("upload") && !done("its end") && !is_kept {
            return wrong("the upload is lost");
        }
        if done("blob") && state.files.keys().any(|path| path.contains("_uploads")) {
            return wrong("the upload is back");
        }
    }
    Ok(count)
}

async fn recorded(upload: Upload) -> Vec<Op> {
    let base = tempfile::tempdir().unwrap();
    let disk = RecordingDisk::new(base.path()).unwrap();
    let store = FileStore::on(disk.clone(), base.path()).unwrap();
    push(&store, upload, |mark| disk.mark(mark)).await;
    disk.log()
}

#[tokio::test]
async fn what_power_loss_leaves_is_a_prefix() {
    for upload in UPLOADS {
        let log = recorded(upload).await;
        let options = Options {
            exhaustive: 14,
            samples: 300,
            ..Options::default()
        };
        let states = check(&log, &options).unwrap();
        assert!(states > 200, "only {states} states");
    }
}

#[tokio::test]
async fn no_sync_can_be_left_out() {
    for upload in UPLOADS {
        let log = recorded(upload).await;
        let syncs = powerloss::syncs(&log);
        for sync in &syncs {
            assert!(!sync.covers.is_empty(), "{sync:?} made nothing durable");
            let number = sync.number;
            let options = Options::ignoring(move |sync| sync.number == number);
            assert!(check(&log, &options).is_err(), "nobody misses {sync:?}");
        }
        let kinds: BTreeSet<_> = syncs.iter().flat_map(|sync| &sync.covers).collect();
        for kind in [
            Covered::Content,
            Covered::MakeDirectory,
            Covered::Rename,
            Covered::Remove,
        ] {
            assert!(kinds.contains(&kind), "{kind:?}");
        }
    }
}

/// What was synced already appears under its new name before anything is waited for.
#[tokio::test]
async fn synced_bytes_are_not_waited_for_again() {
    let syncs_before_the_name = |log: &[Op]| {
        let is_name = |op: &Op| matches!(op, Op::Rename { to, .. } if to.ends_with("1/data"));
        let before = log.iter().take_while(|op| !is_name(op));
        before
            .filter(|op| matches!(op, Op::SyncFile(_) | Op::SyncDirectory(_)))
            .count()
    };
    let synced = syncs_before_the_name(&recorded(Upload::Synced).await);
    let grown = syncs_before_the_name(&recorded(Upload::Grown).await);
    // Those of the upload's own, and those of the link's content and of all new directories.
    assert!(synced < grown, "{synced} {grown}");
}

#[tokio::test]
async fn what_is_there_already_is_left_alone() {
    let base = tempfile::tempdir().unwrap();
    let disk = RecordingDisk::new(base.path()).unwrap();
    let store = FileStore::on(disk.clone(), base.path()).unwrap();
    store.now().await.unwrap();
    push(&store, Upload::Unsynced, |_| ()).await;
    let before = disk.log().len();
    store.commit(manifest()).await.unwrap();
    assert_eq!(disk.log().len(), before);
    // Nobody knows what another process has synced: the first one asks for everything.
    let store = FileStore::on(disk.clone(), base.path()).unwrap();
    store.commit(manifest()).await.unwrap();
    let again = vec![vec![put("r/tags/x/current/link", "3")]];
    store.commit(again).await.unwrap();
    let moved = store.read(&at("r/tags/x/current/link"), 9).await.unwrap();
    assert_eq!(moved, "3");
}

#[tokio::test]
async fn a_step_that_fails_stops_those_after_it() {
    let base = tempfile::tempdir().unwrap();
    let (files, memory) = (FileStore::new(base.path()).unwrap(), MemoryStore::default());
    let stores: [&dyn Store; 2] = [&files, &memory];
    for store in stores {
        let missing = Change::Publish {
            from: at("nothing"),
            to: at("a/blob"),
        };
        let steps = vec![vec![missing], vec![put("a/link", "x")]];
        let error = store.commit(steps).await.unwrap_err();
        assert!(error.is_not_found(), "{error:?}");
        assert!(
            store
                .read(&at("a/link"), 9)
                .await
                .unwrap_err()
                .is_not_found()
        );
        assert!(store.list(&at("a")).await.unwrap_err().is_not_found());
        store.commit(vec![]).await.unwrap();
        let absent = Change::Remove {
            path: at("nothing"),
        };
        store.commit(vec![vec![absent], vec![]]).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commits_that_touch_the_same_objects_do_not_wait_in_a_circle() {
    let base = tempfile::tempdir().unwrap();
    let store = FileStore::new(base.path()).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..32 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut paths = ["a/1", "b/2", "c/3", "a/1"].map(|path| put(path, "x"));
            paths.rotate_left(number % 4);
            store.commit(vec![paths.to_vec()]).await
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    assert_eq!(store.read(&at("b/2"), 9).await.unwrap(), "x");
}
