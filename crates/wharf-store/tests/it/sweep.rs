//! What is left of killed writes, and what must not be taken for it.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use wharf_store::fs::RealDisk;
use wharf_store::{Durability, FileStore, Store, StoreError, Sweep};

use crate::hooked::HookedDisk;
use crate::script::at;

const UUID: &str = "0190b5a8-7c1e-7cc5-8c3e-0123456789ab";
const HOUR: Duration = Duration::from_secs(3600);

/// Later than anything that a test writes.
fn later() -> SystemTime {
    SystemTime::now() + HOUR
}

fn write(root: &Path, path: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "x").unwrap();
}

/// Every file and link below a directory, sorted; not the locks.
fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("wharfinger/state/locks") {
                continue;
            }
            if path.is_dir() && !path.is_symlink() {
                pending.push(path);
            } else {
                let path = path.strip_prefix(root).unwrap();
                found.push(path.to_str().unwrap().replace(UUID, "<uuid>"));
            }
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn only_old_files_of_unfinished_writes_go() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let path = at("docker/a/link");
    let put = store.put(&path, "x".into(), Durability::Durable);
    put.await.unwrap();
    for path in [
        "docker/a/link.<uuid>.tmp",
        "docker/a/.<uuid>.tmp",
        "docker/b/c/d/data.<uuid>.tmp",
        // Repositories, tags and uploads may be called so, and hold objects.
        "docker/repo.<uuid>.tmp/_manifests/tags/tag.<uuid>.tmp/current/link",
        "docker/a/link.tmp",
        "docker/a/<uuid>",
        "docker/a/link.<uuid>.tmp.old",
        "elsewhere/link.<uuid>.tmp",
    ] {
        write(root.path(), &path.replace("<uuid>", UUID));
    }
    symlink("../../elsewhere", root.path().join("docker/linked")).unwrap();
    let dangling = root.path().join(format!("docker/b/link.{UUID}.tmp"));
    symlink("missing", dangling).unwrap();
    let all = files(root.path());
    let docker = at("docker");

    let swept = store
        .sweep(&docker, SystemTime::now() - HOUR, Sweep::Remove)
        .await;
    assert_eq!((swept.found, swept.failed), (0, 0), "they are young");
    let swept = store.sweep(&docker, later(), Sweep::Count).await;
    assert_eq!((swept.found, swept.failed), (3, 0));
    assert_eq!(files(root.path()), all, "they were counted only");

    let swept = store.sweep(&docker, later(), Sweep::Remove).await;
    assert_eq!((swept.found, swept.failed), (3, 0));
    assert_eq!(
        files(root.path()),
        [
            "docker/a/<uuid>",
            "docker/a/link",
            "docker/a/link.<uuid>.tmp.old",
            "docker/a/link.tmp",
            "docker/b/link.<uuid>.tmp",
            "docker/linked",
            "docker/repo.<uuid>.tmp/_manifests/tags/tag.<uuid>.tmp/current/link",
            "elsewhere/link.<uuid>.tmp",
        ]
    );
    let swept = store.sweep(&docker, later(), Sweep::Remove).await;
    assert_eq!(swept.found, 0);
}

#[tokio::test]
async fn nothing_to_sweep_is_no_failure() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let swept = store.sweep(&at("missing"), later(), Sweep::Remove).await;
    assert_eq!((swept.found, swept.failed), (0, 0));
}

#[tokio::test]
async fn what_cannot_be_removed_is_told_and_the_rest_goes() {
    let root = tempfile::tempdir().unwrap();
    for path in ["a/one", "a/two", "b/three"] {
        write(root.path(), &format!("{path}.{UUID}.tmp"));
    }
    let first = Arc::new(Mutex::new(true));
    let disk = HookedDisk::new(RealDisk, move |call| {
        let refuse = call == "unlink" && std::mem::take(&mut *first.lock().unwrap());
        if refuse {
            Err(io::ErrorKind::ReadOnlyFilesystem.into())
        } else {
            Ok(())
        }
    });
    let store = FileStore::on(disk, root.path()).unwrap();
    let mut found = 0;
    for directory in ["a", "b"] {
        let swept = store.sweep(&at(directory), later(), Sweep::Remove).await;
        found += swept.found;
        if directory == "a" {
            assert_eq!(swept.failed, 1);
            let failure = swept.first_failure.unwrap();
            assert!(matches!(
                failure,
                StoreError::Io {
                    operation: "remove",
                    ..
                }
            ));
        }
    }
    assert_eq!(found, 2);
    assert_eq!(files(root.path()).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_under_way_is_left_alone_whatever_its_age() {
    let root = tempfile::tempdir().unwrap();
    let (arrived, at_rename) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let disk = HookedDisk::new(RealDisk, move |call| {
        if call == "rename" {
            arrived.send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
        }
        Ok(())
    });
    let store = FileStore::on(disk, root.path()).unwrap();
    let writer = store.clone();
    let put = tokio::spawn(async move {
        let path = at("a/link");
        writer.put(&path, "x".into(), Durability::Durable).await
    });
    tokio::task::spawn_blocking(move || {
        at_rename.recv().unwrap();
        at_rename
    })
    .await
    .unwrap();
    assert_eq!(files(root.path()).len(), 1, "it is there, unfinished");
    let swept = store.sweep(&at("a"), later(), Sweep::Remove).await;
    assert_eq!((swept.found, swept.failed), (0, 0));
    go_on.send(()).unwrap();
    put.await.unwrap().unwrap();
    assert_eq!(files(root.path()), ["a/link"]);
}

#[tokio::test]
async fn a_write_that_another_process_swept_is_done_again() {
    let root = tempfile::tempdir().unwrap();
    let other = FileStore::new(root.path()).unwrap();
    let swept = Arc::new(Mutex::new(0));
    let (counted, directory) = (Arc::clone(&swept), root.path().to_owned());
    let disk = HookedDisk::new(RealDisk, move |call| {
        if call == "rename" && *counted.lock().unwrap() == 0 {
            for file in files(&directory) {
                fs::remove_file(directory.join(file)).unwrap();
                *counted.lock().unwrap() += 1;
            }
        }
        Ok(())
    });
    let store = FileStore::on(disk, root.path()).unwrap();
    let path = at("a/link");
    let put = store.put(&path, "x".into(), Durability::Durable);
    put.await.unwrap();
    assert_eq!(*swept.lock().unwrap(), 1);
    assert_eq!(other.read(&path, 1).await.unwrap(), "x");
}
