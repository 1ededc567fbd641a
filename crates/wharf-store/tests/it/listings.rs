//! Listings that are kept: they are those of the directory as it is, whoever changes it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use wharf_store::fs::{Disk as _, Kind, RealDisk};
use wharf_store::{Durability, FileStore, Store};

use crate::counting::Counting;
use crate::script::at;

/// After so long without a change, a listing may be kept.
const SETTLED: Duration = Duration::from_millis(70);

async fn names(store: &FileStore, path: &str) -> Vec<String> {
    let listing = store.list(&at(path)).await.unwrap();
    let names = listing.iter().map(|entry| entry.name.to_owned());
    names.collect()
}

/// What a new process would see.
fn read(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn two_stores_on_one_directory_see_each_other_at_once() {
    let root = tempfile::tempdir().unwrap();
    let one = FileStore::new(root.path()).unwrap();
    let other = FileStore::new(root.path()).unwrap();
    for round in 0..20 {
        let path = at(&format!("d/{round:02}"));
        let put = one.put(&path, "x".into(), Durability::Lazy);
        put.await.unwrap();
        for store in [&one, &other] {
            assert_eq!(names(store, "d").await, read(&root.path().join("d")));
        }
        if round % 5 == 0 {
            tokio::time::sleep(SETTLED).await;
        }
        for store in [&one, &other] {
            assert_eq!(names(store, "d").await, read(&root.path().join("d")));
        }
        if round % 3 == 0 {
            other.remove(&path).await.unwrap();
        }
    }
}

#[tokio::test]
async fn what_hides_its_changes_from_the_directory_is_not_kept() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let d = root.path().join("d");
    fs::create_dir_all(d.join("real")).unwrap();
    std::os::unix::fs::symlink("real", d.join("link")).unwrap();
    tokio::time::sleep(SETTLED).await;
    for _ in 0..2 {
        assert_eq!(names(&store, "d").await, ["link", "real"]);
    }
    // The link dangles from now on, and `d` itself is as it was.
    let before = fs::metadata(&d).unwrap().modified().unwrap();
    std::os::unix::fs::symlink(d.join("real/gone"), root.path().join("to")).unwrap();
    fs::remove_file(d.join("link")).unwrap();
    std::os::unix::fs::symlink("../to", d.join("link")).unwrap();
    tokio::time::sleep(SETTLED).await;
    assert_eq!(names(&store, "d").await, ["real"]);
    fs::create_dir(d.join("real/gone")).unwrap();
    assert_eq!(names(&store, "d").await, ["link", "real"]);
    // Who sets times back cannot set them all back.
    fs::remove_file(d.join("link")).unwrap();
    tokio::time::sleep(SETTLED).await;
    assert_eq!(names(&store, "d").await, ["real"]);
    fs::write(d.join("new"), "").unwrap();
    fs::File::open(&d).unwrap().set_modified(before).unwrap();
    assert_eq!(names(&store, "d").await, ["new", "real"]);
}

#[tokio::test]
async fn a_directory_that_nobody_changes_is_read_once() {
    let root = tempfile::tempdir().unwrap();
    // What is below is on the same file system as what is tested elsewhere: a local one.
    let disk = Counting::default();
    let store = FileStore::on(disk.clone(), root.path()).unwrap();
    fs::create_dir(root.path().join("d")).unwrap();
    let kind = RealDisk.stat(&root.path().join("d")).unwrap().kind;
    assert_eq!(kind, Kind::Directory);
    tokio::time::sleep(SETTLED).await;
    for _ in 0..10 {
        assert_eq!(names(&store, "d").await, [""; 0]);
    }
    assert_eq!(disk.lists(), 1);
    let none = FileStore::on(disk.clone(), root.path()).unwrap().keeping(0);
    for _ in 0..10 {
        names(&none, "d").await;
    }
    assert_eq!(disk.lists(), 11);
}

/// Several writers, and a reader that after each list asks what must have been in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn listings_hold_under_changes_from_all_sides() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let directory = root.path().join("d");
    fs::create_dir(&directory).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..2)
        .map(|writer| {
            let (stop, directory) = (Arc::clone(&stop), directory.clone());
            std::thread::spawn(move || {
                let mut round = 0_u32;
                while !stop.load(Ordering::Relaxed) {
                    let name = directory.join(format!("{writer}-{}", round % 40));
                    if fs::remove_file(&name).is_err() {
                        fs::write(&name, "").unwrap();
                    }
                    round = round.wrapping_mul(1_103_515_245).wrapping_add(12_345);
                    // Now and then long enough for a listing to be kept.
                    let pause = if round.is_multiple_of(50) { 70 } else { 0 };
                    std::thread::sleep(Duration::from_millis(pause));
                }
            })
        })
        .collect();
    let mut own = BTreeSet::new();
    for round in 0..3000_u32 {
        let name = format!("own-{}", round % 30);
        let path = at(&format!("d/{name}"));
        if own.remove(&name) {
            store.remove(&path).await.unwrap();
        } else {
            let put = store.put(&path, "".into(), Durability::Lazy);
            put.await.unwrap();
            own.insert(name);
        }
        let listed: BTreeSet<_> = names(&store, "d").await.into_iter().collect();
        let listed_own: BTreeSet<_> = listed
            .into_iter()
            .filter(|name| name.starts_with("own"))
            .collect();
        assert_eq!(listed_own, own, "round {round}");
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.join().unwrap();
    }
    for _ in 0..2 {
        assert_eq!(names(&store, "d").await, read(&directory));
        tokio::time::sleep(SETTLED).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done by whomever, with pauses in which listings are kept.
    #[test]
    fn listings_are_those_of_the_directory(steps in prop::collection::vec((0..8_u8, 0..6_u8), 1..60)) {
        let root = tempfile::tempdir().unwrap();
        let store = FileStore::new(root.path()).unwrap();
        let directory = root.path().join("d");
        fs::create_dir(&directory).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for (what, which) in steps {
            let (name, path) = (directory.join(which.to_string()), at(&format!("d/{which}")));
            match what {
                0 => _ = fs::write(&name, ""),
                1 => _ = fs::remove_file(&name),
                2 => _ = fs::rename(&name, directory.join("renamed")),
                3 => _ = fs::create_dir(directory.join(format!("directory-{which}"))),
                4 => _ = runtime.block_on(store.put(&path, "".into(), Durability::Lazy)),
                5 => _ = runtime.block_on(store.remove(&path)),
                6 => { _ = fs::remove_dir_all(&directory); fs::create_dir(&directory).unwrap(); }
                _ => std::thread::sleep(SETTLED),
            }
            prop_assert_eq!(runtime.block_on(names(&store, "d")), read(&directory));
        }
    }
}
