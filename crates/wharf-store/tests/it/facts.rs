//! What is known without a look at the disk: it is what the disk holds, whoever changes it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use wharf_store::{Durability, FileStore, Store};

use crate::counting::Counting;
use crate::script::at;

const LINK: &str = "a/b/c/link";
/// Longer than a link may be, so that its size alone is known.
const LONG: usize = 2000;

/// What a store answers, or that there is nothing.
async fn read(store: &FileStore, path: &str) -> Option<String> {
    match store.read(&at(path), 1 << 20).await {
        Ok(content) => Some(String::from_utf8(content.to_vec()).unwrap()),
        Err(error) if error.is_not_found() => None,
        Err(error) => panic!("{error}"),
    }
}

async fn size(store: &FileStore, path: &str) -> Option<u64> {
    match store.size(&at(path)).await {
        Ok(size) => Some(size),
        Err(error) if error.is_not_found() => None,
        Err(error) => panic!("{error}"),
    }
}

/// A store that knows what is at [`LINK`] and how long `a/b/c/long` is, and has no need to look.
async fn knowing(root: &Path) -> (FileStore, Counting) {
    let disk = Counting::telling();
    let store = FileStore::on(disk.clone(), root).unwrap();
    fs::create_dir_all(root.join("a/b/c")).unwrap();
    fs::write(root.join(LINK), "one").unwrap();
    fs::write(root.join("a/b/c/long"), "x".repeat(LONG)).unwrap();
    for _ in 0..4 {
        ask(&store).await;
    }
    let looks = disk.looks();
    assert_eq!(
        ask(&store).await,
        (Some("one".to_owned()), Some(3), Some(LONG as u64))
    );
    assert_eq!(disk.looks(), looks);
    (store, disk)
}

async fn ask(store: &FileStore) -> (Option<String>, Option<u64>, Option<u64>) {
    (
        read(store, LINK).await,
        size(store, LINK).await,
        size(store, "a/b/c/long").await,
    )
}

/// What a new process would see.
fn seen(root: &Path) -> (Option<String>, Option<u64>, Option<u64>) {
    let link = fs::read_to_string(root.join(LINK)).ok();
    let size = |path: &str| fs::metadata(root.join(path)).ok().map(|meta| meta.len());
    (link, size(LINK), size("a/b/c/long"))
}

/// A way to change what is at a path, by the hand of another process.
type Way = (&'static str, fn(&Path));

const WAYS: &[Way] = &[
    ("overwritten", |root| {
        fs::write(root.join(LINK), "two").unwrap();
    }),
    ("written in place", |root| {
        use std::os::unix::fs::FileExt as _;
        let file = fs::OpenOptions::new().write(true).open(root.join(LINK));
        file.unwrap().write_all_at(b"two", 0).unwrap();
    }),
    ("truncated", |root| {
        let path = root.join("a/b/c/long");
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(7).unwrap();
    }),
    ("appended to", |root| {
        use std::io::Write as _;
        for path in [LINK, "a/b/c/long"] {
            let file = fs::OpenOptions::new().append(true).open(root.join(path));
            file.unwrap().write_all(b" and more").unwrap();
        }
    }),
    ("replaced", |root| {
        fs::write(root.join("new"), "two").unwrap();
        fs::rename(root.join("new"), root.join(LINK)).unwrap();
    }),
    ("removed", |root| fs::remove_file(root.join(LINK)).unwrap()),
    ("removed and made again", |root| {
        fs::remove_file(root.join(LINK)).unwrap();
        fs::write(root.join(LINK), "two").unwrap();
    }),
    ("moved away", |root| {
        fs::rename(root.join(LINK), root.join("elsewhere")).unwrap();
    }),
    ("removed with its directory", |root| {
        fs::remove_dir_all(root.join("a/b/c")).unwrap();
    }),
    ("made again with its directories", |root| {
        fs::remove_dir_all(root.join("a")).unwrap();
        fs::create_dir_all(root.join("a/b/c")).unwrap();
        fs::write(root.join(LINK), "two").unwrap();
    }),
    (
        "made again in a directory that somebody holds open",
        |root| {
            let held = fs::File::open(root.join("a/b/c")).unwrap();
            fs::remove_dir_all(root.join("a/b/c")).unwrap();
            fs::create_dir_all(root.join("a/b/c")).unwrap();
            fs::write(root.join(LINK), "two").unwrap();
            drop(held);
        },
    ),
    ("moved away with a directory above it", |root| {
        fs::rename(root.join("a/b"), root.join("elsewhere")).unwrap();
    }),
    ("exchanged with a directory above it", |root| {
        fs::create_dir_all(root.join("x/b/c")).unwrap();
        fs::write(root.join("x/b/c/link"), "two").unwrap();
        let at = |name: &str| root.join(name);
        let exchange = rustix::fs::RenameFlags::EXCHANGE;
        let here = rustix::fs::CWD;
        rustix::fs::renameat_with(here, at("a"), here, at("x"), exchange).unwrap();
    }),
    ("replaced by a link", |root| {
        fs::write(root.join("target"), "two").unwrap();
        fs::remove_file(root.join(LINK)).unwrap();
        symlink(root.join("target"), root.join(LINK)).unwrap();
    }),
    ("behind a link from now on", |root| {
        fs::rename(root.join("a/b"), root.join("elsewhere")).unwrap();
        symlink(root.join("elsewhere"), root.join("a/b")).unwrap();
        fs::write(root.join("elsewhere/c/link"), "two").unwrap();
    }),
    ("another kind of thing", |root| {
        fs::remove_file(root.join(LINK)).unwrap();
        fs::create_dir(root.join(LINK)).unwrap();
    }),
];

#[tokio::test]
async fn whatever_another_process_does_is_seen_at_once() {
    for (way, change) in WAYS {
        let root = tempfile::tempdir().unwrap();
        let (store, _) = knowing(root.path()).await;
        change(root.path());
        let mut after = seen(root.path());
        if root.path().join(LINK).is_dir() {
            (after.0, after.1) = (None, None);
        }
        // From what is known, from the disk, and from what is known again.
        for round in 0..4 {
            assert_eq!(ask(&store).await, after, "{way}, round {round}");
        }
        // And what comes after that.
        for round in 0..3 {
            if fs::write(root.path().join(LINK), format!("round {round}")).is_ok() {
                let content = read(&store, LINK).await;
                assert_eq!(content, Some(format!("round {round}")), "{way}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_behind_a_link_is_looked_at_again_and_again() {
    let root = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    fs::write(elsewhere.path().join("link"), "0").unwrap();
    fs::create_dir(root.path().join("d")).unwrap();
    symlink(elsewhere.path(), root.path().join("directory")).unwrap();
    symlink(elsewhere.path().join("link"), root.path().join("d/file")).unwrap();
    fs::hard_link(elsewhere.path().join("link"), root.path().join("d/hard")).unwrap();
    for round in 0..10 {
        fs::write(elsewhere.path().join("link"), round.to_string()).unwrap();
        for path in ["directory/link", "d/file", "d/hard"] {
            for _ in 0..3 {
                assert_eq!(read(&store, path).await, Some(round.to_string()), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn another_root_is_seen_soon() {
    let above = tempfile::tempdir().unwrap();
    let root = above.path().join("root");
    fs::create_dir(&root).unwrap();
    let (store, _) = knowing(&root).await;
    fs::rename(above.path(), above.path().with_extension("moved")).unwrap();
    fs::create_dir_all(root.join("a/b/c")).unwrap();
    fs::write(root.join(LINK), "two").unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    for _ in 0..4 {
        assert_eq!(read(&store, LINK).await.unwrap(), "two");
    }
    fs::remove_dir_all(above.path().with_extension("moved")).unwrap();
}

/// The kernel drops events when nobody takes them.
#[tokio::test]
async fn a_flood_of_changes_hides_none() {
    let root = tempfile::tempdir().unwrap();
    let (store, disk) = knowing(root.path()).await;
    let most = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let most: usize = most.trim().parse().unwrap();
    let (one, other) = (root.path().join("a/b/c/x"), root.path().join("a/b/c/y"));
    fs::write(&one, "").unwrap();
    for _ in 0..most / 4 + 1 {
        fs::rename(&one, &other).unwrap();
        fs::rename(&other, &one).unwrap();
    }
    fs::write(root.path().join(LINK), "two").unwrap();
    for _ in 0..4 {
        assert_eq!(read(&store, LINK).await.unwrap(), "two");
    }
    let looks = disk.looks();
    assert_eq!(read(&store, LINK).await.unwrap(), "two");
    assert_eq!(disk.looks(), looks);
}

/// Whoever asks after a change has come to its end sees it, however many ask at that moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reader_sees_what_was_before() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let directory = root.path().join("a/b/c");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("link"), "0").unwrap();
    let (done, stop) = (
        Arc::new(AtomicU64::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let writer = {
        let (done, stop) = (Arc::clone(&done), Arc::clone(&stop));
        std::thread::spawn(move || {
            let mut round = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                round += 1;
                fs::write(directory.join("new"), round.to_string()).unwrap();
                fs::rename(directory.join("new"), directory.join("link")).unwrap();
                done.store(round, Ordering::Release);
                // Long enough, now and then, for it to be known.
                let pause = if round.is_multiple_of(8) { 500 } else { 0 };
                std::thread::sleep(Duration::from_micros(pause));
            }
        })
    };
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (store, done) = (store.clone(), Arc::clone(&done));
        readers.spawn(async move {
            let (mut reads, mut at_least) = (0, 0);
            // On a busy machine the disk may hold up the writer for long.
            while reads < 5000 || at_least < 50 {
                reads += 1;
                at_least = done.load(Ordering::Acquire);
                let found: u64 = read(&store, LINK).await.unwrap().parse().unwrap();
                assert!(found >= at_least, "{found} after {at_least}");
            }
        });
    }
    while let Some(reader) = readers.join_next().await {
        reader.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    writer.join().unwrap();
}

/// As the catalog looks through repositories.
#[tokio::test]
async fn directories_that_nobody_changes_are_not_looked_at() {
    let root = tempfile::tempdir().unwrap();
    let disk = Counting::telling();
    let store = FileStore::on(disk.clone(), root.path()).unwrap();
    for name in 0..100 {
        fs::create_dir_all(root.path().join(format!("r/{name:02}/_manifests"))).unwrap();
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let ask = async || {
        let top = store.list(&at("r")).await.unwrap();
        let below = store.list_below(&at("r"), &top, 0..top.len()).await;
        let below = below.unwrap();
        let filled = below
            .iter()
            .filter(|listing| listing.contains("_manifests"));
        (top.len(), filled.count())
    };
    for _ in 0..4 {
        assert_eq!(ask().await, (100, 100));
    }
    let looks = disk.looks();
    assert_eq!(ask().await, (100, 100));
    assert_eq!(disk.looks(), looks);
    fs::remove_dir(root.path().join("r/50/_manifests")).unwrap();
    assert_eq!(ask().await, (100, 99));
    fs::remove_dir(root.path().join("r/50")).unwrap();
    assert_eq!(ask().await, (99, 99));
    fs::create_dir_all(root.path().join("r/new/_manifests")).unwrap();
    assert_eq!(ask().await, (100, 100));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done by whomever.
    #[test]
    fn what_is_known_is_what_is_there(steps in prop::collection::vec((0..9_u8, 0..4_u8, 0..4_u8), 1..80)) {
        let root = tempfile::tempdir().unwrap();
        let store = FileStore::new(root.path()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let path = |which: u8| ["d/x", "d/y", "d/e/x", "f/e/x"][usize::from(which)];
        for (number, (what, one, other)) in steps.into_iter().enumerate() {
            let (from, to) = (root.path().join(path(one)), root.path().join(path(other)));
            match what {
                0 => _ = fs::write(&from, number.to_string()),
                1 => _ = fs::remove_file(&from),
                2 => _ = fs::rename(&from, &to),
                3 => _ = fs::rename(from.parent().unwrap(), to.parent().unwrap()),
                4 => _ = fs::remove_dir_all(from.parent().unwrap()),
                5 => _ = fs::create_dir_all(from.parent().unwrap()),
                6 => {
                    let (path, content) = (at(path(one)), number.to_string().into());
                    _ = runtime.block_on(store.put(&path, content, Durability::Lazy));
                }
                7 => _ = runtime.block_on(store.remove(&at(path(one)))),
                _ => _ = fs::rename(root.path().join("d"), root.path().join("f")),
            }
            for _ in 0..3 {
                for which in 0..4 {
                    let there = fs::read_to_string(root.path().join(path(which))).ok();
                    prop_assert_eq!(&runtime.block_on(read(&store, path(which))), &there);
                    let length = there.map(|content| content.len() as u64);
                    prop_assert_eq!(runtime.block_on(size(&store, path(which))), length);
                }
            }
        }
    }
}
