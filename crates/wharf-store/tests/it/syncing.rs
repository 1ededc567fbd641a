//! Those who wait for the disk at the same moment wait together, and an error reaches every
//! one of them.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};

use tokio::task::JoinSet;
use wharf_store::fs::{RealDisk, Syncing};
use wharf_store::{Change, Durability, FileStore, Store};

use crate::hooked::HookedDisk;
use crate::script::at;

/// Counts the calls of a disk that can sync everything at once, and lets some fail.
#[derive(Clone, Default)]
struct Calls {
    count: Arc<Mutex<BTreeMap<&'static str, usize>>>,
    unwritten: Arc<Mutex<Option<u64>>>,
    /// The next call of this name fails.
    failing: Arc<Mutex<Option<&'static str>>>,
}

// === impl Calls ===

impl Calls {
    fn disk(&self) -> HookedDisk<RealDisk> {
        *self.unwritten.lock().unwrap() = Some(0);
        let this = self.clone();
        HookedDisk::new(RealDisk, move |call| {
            *this.count.lock().unwrap().entry(call).or_default() += 1;
            match this.failing.lock().unwrap().take_if(|it| *it == call) {
                Some(_) => Err(io::Error::from_raw_os_error(5)),
                None => Ok(()),
            }
        })
        .that_syncs_everything(&self.unwritten)
    }

    fn of(&self, call: &str) -> usize {
        self.count.lock().unwrap().get(call).copied().unwrap_or(0)
    }

    fn single(&self) -> usize {
        self.of("sync_file") + self.of("sync_directory")
    }
}

fn put(path: &str) -> Change {
    Change::Put {
        path: at(path),
        content: "content".into(),
    }
}

#[tokio::test]
async fn one_syncfs_stands_for_many_syncs() {
    let root = tempfile::tempdir().unwrap();
    let calls = Calls::default();
    let store = FileStore::on(calls.disk(), root.path()).unwrap();
    let before = calls.single();
    let steps = vec![
        vec![put("a/b/c/one"), put("d/two")],
        vec![put("e/f/three"), put("g/h/four"), put("i/five")],
    ];
    store.commit(steps).await.unwrap();
    // Where the disk is so slow that the first took too long, the others go alone; of the
    // first step, two names alone are not worth everything.
    match calls.of("sync_everything") {
        1 => assert!(calls.single() - before >= 2),
        syncs => assert_eq!((syncs, calls.single() - before), (2, 2)),
    }
}

#[tokio::test]
async fn each_syncs_alone_where_that_was_chosen_or_others_have_much_to_write() {
    for (syncing, unwritten, single) in [
        (Syncing::Each, Some(0), 6),
        (Syncing::Together, None, 6),
        (Syncing::Together, Some(1 << 30), 6),
        (Syncing::Never, Some(0), 0),
    ] {
        let root = tempfile::tempdir().unwrap();
        let calls = Calls::default();
        let store = FileStore::syncing(calls.disk(), root.path(), syncing).unwrap();
        *calls.unwritten.lock().unwrap() = unwritten;
        let before = calls.single();
        let steps = vec![vec![put("a/one"), put("b/two"), put("b/three")]];
        store.commit(steps).await.unwrap();
        assert_eq!(calls.of("sync_everything"), 0, "{syncing:?}");
        // Three files, the root, and two directories.
        assert_eq!(calls.single() - before, single, "{syncing:?}");
    }
}

#[tokio::test]
async fn what_is_on_another_filesystem_is_synced_by_itself() {
    let root = tempfile::tempdir().unwrap();
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        return;
    };
    std::os::unix::fs::symlink(other.path(), root.path().join("linked")).unwrap();
    let calls = Calls::default();
    let store = FileStore::on(calls.disk(), root.path()).unwrap();
    let before = calls.single();
    let steps = vec![vec![put("linked/a/one"), put("linked/b/two")]];
    store.commit(steps).await.unwrap();
    assert_eq!(calls.of("sync_everything"), 0);
    assert!(calls.single() - before >= 5);
}

/// Holds the first `syncfs` until it is told to go on.
fn held(calls: &Calls) -> (HookedDisk<HookedDisk<RealDisk>>, Receiver<()>, Sender<()>) {
    let (arrive, arrived) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let gate = Mutex::new(released);
    let first = AtomicBool::new(true);
    let disk = HookedDisk::new(calls.disk(), move |call| {
        if call == "sync_everything" && first.swap(false, Ordering::SeqCst) {
            arrive.send(()).unwrap();
            // The sender goes when the test wants it to.
            _ = gate.lock().unwrap().recv();
        }
        Ok(())
    })
    .that_syncs_everything(&calls.unwritten);
    (disk, arrived, release)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_during_a_sync_waits_for_one_more_together() {
    let root = tempfile::tempdir().unwrap();
    let calls = Calls::default();
    let (disk, arrived, release) = held(&calls);
    let store = FileStore::on(disk, root.path()).unwrap();
    let many = |number: usize| {
        vec![
            ["x", "y", "z"]
                .map(|it| put(&format!("{number}/{it}/o")))
                .to_vec(),
        ]
    };
    let mut tasks = JoinSet::new();
    let first = store.clone();
    tasks.spawn(async move { first.commit(many(0)).await });
    arrived.recv().unwrap();
    for number in 1..8 {
        let store = store.clone();
        tasks.spawn(async move { store.commit(many(number)).await });
    }
    // All of them have written what they have to, and none can be done.
    while calls.of("create") < 24 {
        tokio::task::yield_now().await;
    }
    assert!(tasks.try_join_next().is_none());
    drop(release);
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    // Two waits each would be sixteen; none where the first one has taken too long.
    let syncs = calls.of("sync_everything");
    assert!((1..16).contains(&syncs), "{syncs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_for_a_committer_are_done_together_each_with_an_outcome_of_its_own() {
    let root = tempfile::tempdir().unwrap();
    let calls = Calls::default();
    let (disk, arrived, release) = held(&calls);
    let store = FileStore::on(disk, root.path()).unwrap();
    let put_into = |directory: String| {
        let step = ["x", "y"].map(|it| put(&format!("{directory}/{it}/o")));
        vec![step.to_vec(), vec![put(&format!("{directory}/z/o"))]]
    };
    let mut tasks = JoinSet::new();
    let mut begin = |directory: String| {
        let (store, steps) = (store.clone(), put_into(directory.clone()));
        tasks.spawn(async move { (directory, store.commit(steps).await) });
    };
    begin("first".to_owned());
    arrived.recv().unwrap();
    std::fs::write(root.path().join("file"), "no directory").unwrap();
    for number in 0..30 {
        begin(format!("{number}"));
    }
    // Nothing can stand below a file.
    begin("file/below".to_owned());
    drop(release);
    while let Some(done) = tasks.join_next().await {
        let (directory, done) = done.unwrap();
        assert_eq!(done.is_err(), directory == "file/below", "{directory}");
        let last = store.read(&at(&format!("{directory}/z/o")), 9).await;
        assert_eq!(last.is_err(), done.is_err(), "{directory}");
    }
    // Three waits each would be 93.
    let syncs = calls.of("sync_everything");
    assert!(syncs < 60, "{syncs}");
}

#[tokio::test]
async fn an_error_of_syncfs_is_told_and_never_again_relied_on() {
    let root = tempfile::tempdir().unwrap();
    let calls = Calls::default();
    let store = FileStore::on(calls.disk(), root.path()).unwrap();
    *calls.failing.lock().unwrap() = Some("sync_everything");
    let steps = vec![vec![put("a/one"), put("b/two")]];
    store.commit(steps.clone()).await.unwrap_err();
    for path in ["a/one", "b/two"] {
        assert!(store.read(&at(path), 9).await.unwrap_err().is_not_found());
    }
    let before = calls.single();
    store.commit(steps).await.unwrap();
    assert_eq!(calls.of("sync_everything"), 1);
    assert!(calls.single() > before);
}

/// Whoever is told of success can rely on it: of a sync that fails, nobody is.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_error_reaches_every_one_who_waited_for_that_sync() {
    for _ in 0..10 {
        let root = tempfile::tempdir().unwrap();
        let (calls, failed) = (Calls::default(), Arc::new(AtomicUsize::new(0)));
        let (log, syncs) = (Arc::new(Mutex::new(Vec::new())), AtomicUsize::new(0));
        let disk = {
            let (failed, log) = (Arc::clone(&failed), Arc::clone(&log));
            HookedDisk::new(calls.disk(), move |call| {
                // The first one fails, whoever is in it.
                if call == "sync_everything" && syncs.fetch_add(1, Ordering::SeqCst) == 0 {
                    failed.fetch_add(1, Ordering::SeqCst);
                    return Err(ErrorKind::Other.into());
                }
                log.lock().unwrap().push(call);
                Ok(())
            })
            .that_syncs_everything(&calls.unwritten)
        };
        let store = FileStore::on(disk, root.path()).unwrap();
        let mut tasks = JoinSet::new();
        for number in 0..16 {
            let store = store.clone();
            tasks.spawn(async move {
                let paths = [format!("{number}/a/one"), format!("{number}/b/two")];
                let step = paths.iter().map(|path| put(path)).collect();
                let done = store.commit(vec![step]).await;
                (paths, done)
            });
        }
        let mut errors = 0;
        while let Some(task) = tasks.join_next().await {
            let (paths, done) = task.unwrap();
            for path in paths {
                let found = store.read(&at(&path), 9).await;
                if done.is_ok() {
                    assert_eq!(found.unwrap(), "content");
                }
            }
            errors += usize::from(done.is_err());
        }
        assert_eq!(failed.load(Ordering::SeqCst), 1);
        assert!(errors >= 1);
        // From then on nobody asks for it.
        let is_group = |call: &&&str| **call == "sync_everything";
        let groups = log.lock().unwrap().iter().filter(is_group).count();
        assert_eq!(groups, 0);
        // What was refused can be done again.
        for number in 0..16 {
            let again = vec![vec![put(&format!("{number}/a/one"))]];
            store.commit(again).await.unwrap();
        }
    }
}

#[tokio::test]
async fn lazy_puts_wait_for_nothing() {
    let root = tempfile::tempdir().unwrap();
    let calls = Calls::default();
    let store = FileStore::on(calls.disk(), root.path()).unwrap();
    let before = calls.single();
    store
        .put(&at("a/b"), "x".into(), Durability::Lazy)
        .await
        .unwrap();
    assert_eq!((calls.single(), calls.of("sync_everything")), (before, 0));
}
