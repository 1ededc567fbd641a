//! What only `FileStore` can show: the tree that it leaves, and trees that it finds.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use wharf_store::{Durability, EntryKind, FileStore, Store, StoreError};

use crate::script::at;

#[tokio::test]
async fn objects_are_files_as_distribution_makes_them() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    store
        .put(&at("a/b/link"), "sha256:…".into(), Durability::Durable)
        .await
        .unwrap();
    assert_eq!(
        fs::read_to_string(root.path().join("a/b/link")).unwrap(),
        "sha256:…"
    );
    assert_eq!(fs::read_dir(root.path().join("a/b")).unwrap().count(), 1);
    // What the umask leaves of 0777 and 0666, as a plain file and directory show it.
    fs::write(root.path().join("file"), "").unwrap();
    fs::create_dir(root.path().join("directory")).unwrap();
    let mode = |path: &str| {
        fs::metadata(root.path().join(path))
            .unwrap()
            .permissions()
            .mode()
    };
    assert_eq!(
        (mode("a"), mode("a/b/link")),
        (mode("directory"), mode("file"))
    );
    // Emptied directories stay.
    store.remove(&at("a/b/link")).await.unwrap();
    assert!(store.list(&at("a/b")).await.unwrap().is_empty());
}

#[tokio::test]
async fn unfinished_writes_are_hidden_but_removed() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let uuid = "0190b5a8-7c1e-7cc5-8c3e-0123456789ab";
    fs::create_dir(root.path().join("a")).unwrap();
    for name in [
        format!("link.{uuid}.tmp"),
        format!(".{uuid}.tmp"),
        "link.tmp".into(),
        uuid.into(),
    ] {
        fs::write(root.path().join("a").join(name), "x").unwrap();
    }
    // A directory is nobody's unfinished write: it may be a repository.
    fs::create_dir(root.path().join(format!("a/repo.{uuid}.tmp"))).unwrap();
    let listing = store.list(&at("a")).await.unwrap();
    let names: Vec<_> = listing.iter().map(|entry| entry.name.to_owned()).collect();
    assert_eq!(
        names,
        [uuid.into(), "link.tmp".into(), format!("repo.{uuid}.tmp")]
    );
    store.remove(&at("a")).await.unwrap();
    assert!(!root.path().join("a").exists());
}

#[tokio::test]
async fn links_are_followed_but_removed_themselves() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = FileStore::new(root.path()).unwrap();
    symlink(other.path(), root.path().join("linked")).unwrap();
    symlink("missing", root.path().join("linked/dangling")).unwrap();
    store
        .put(&at("linked/a/b"), "x".into(), Durability::Durable)
        .await
        .unwrap();
    symlink("a/b", root.path().join("linked/to-b")).unwrap();
    assert_eq!(fs::read_to_string(other.path().join("a/b")).unwrap(), "x");
    assert_eq!(store.read(&at("linked/to-b"), 1).await.unwrap(), "x");
    let listing = store.list(&at("linked")).await.unwrap();
    let kinds: Vec<_> = listing
        .iter()
        .map(|entry| (entry.name, entry.kind))
        .collect();
    assert_eq!(
        kinds,
        [("a", EntryKind::Directory), ("to-b", EntryKind::Object)]
    );
    store.remove(&at("linked/to-b")).await.unwrap();
    store.remove(&at("linked")).await.unwrap();
    assert!(other.path().join("a/b").exists() && !root.path().join("linked").exists());
    // Known directories were below it.
    store
        .put(&at("linked/a/b"), "y".into(), Durability::Durable)
        .await
        .unwrap();
    assert_eq!(
        fs::read_to_string(root.path().join("linked/a/b")).unwrap(),
        "y"
    );
}

#[tokio::test]
async fn roots_must_be_directories() {
    let base = tempfile::tempdir().unwrap();
    fs::write(base.path().join("file"), "").unwrap();
    for root in ["file", "file/below"] {
        let error = FileStore::new(base.path().join(root)).unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&format!("/{root} as the storage root")),
            "{error}"
        );
        assert!(std::error::Error::source(&error).is_some());
    }
    FileStore::new(base.path().join("new/deep/root/")).unwrap();
    assert!(base.path().join("new/deep/root").is_dir());
}

#[tokio::test]
async fn a_root_that_vanishes_is_not_made_again() {
    let base = tempfile::tempdir().unwrap();
    let root = base.path().join("volume");
    let store = FileStore::new(&root).unwrap();
    store
        .put(&at("a/b"), "x".into(), Durability::Durable)
        .await
        .unwrap();
    fs::remove_dir_all(&root).unwrap();
    let appended = store.appender(&at("c/d")).await.map(|_| ());
    for answer in [
        store.put(&at("a/b"), "y".into(), Durability::Durable).await,
        store.put(&at("c/d"), "y".into(), Durability::Lazy).await,
        appended,
    ] {
        assert!(matches!(answer, Err(StoreError::Io { .. })), "{answer:?}");
    }
    assert!(!root.exists());
}

#[tokio::test]
async fn directories_that_others_remove_are_made_again() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    for _ in 0..2 {
        store
            .put(&at("a/b/c"), "x".into(), Durability::Durable)
            .await
            .unwrap();
        store
            .appender(&at("a/b/d"))
            .await
            .unwrap()
            .sync()
            .await
            .unwrap();
        store.publish(&at("a/b/d"), &at("a/e/f")).await.unwrap();
        fs::remove_dir_all(root.path().join("a")).unwrap();
    }
    let mut appender = store.appender(&at("a/b/d")).await.unwrap();
    appender.write(&["x".into()]).await.unwrap();
    fs::remove_dir_all(root.path().join("a")).unwrap();
    assert!(appender.sync().await.unwrap_err().is_not_found());
}

/// Docker makes one where it is to mount a file that is missing.
#[tokio::test]
async fn an_empty_directory_where_a_file_belongs_gives_way_to_it() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    for name in ["put", "publish", "append", "kept/by/what is in it"] {
        fs::create_dir_all(root.path().join("a").join(name)).unwrap();
    }
    let absent = store.read(&at("a/put"), 10).await;
    assert!(matches!(absent, Err(StoreError::NotFound(_))), "{absent:?}");

    store
        .put(&at("a/put"), "x".into(), Durability::Durable)
        .await
        .unwrap();
    store
        .put(&at("a/from"), "x".into(), Durability::Durable)
        .await
        .unwrap();
    store
        .publish(&at("a/from"), &at("a/publish"))
        .await
        .unwrap();
    let mut appender = store.appender(&at("a/append")).await.unwrap();
    appender.write(&["x".into()]).await.unwrap();
    for name in ["a/put", "a/publish", "a/append"] {
        assert_eq!(store.read(&at(name), 10).await.unwrap(), "x", "{name}");
    }

    let refused = store
        .put(&at("a/kept"), "x".into(), Durability::Durable)
        .await;
    assert!(matches!(refused, Err(StoreError::Io { .. })), "{refused:?}");
    assert!(root.path().join("a/kept/by").is_dir());
}

#[tokio::test]
async fn a_pipe_that_nobody_writes_to_holds_nobody_up() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let pipe = root.path().join("pipe");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, mode, 0).unwrap();
    let absent = store.read(&at("pipe"), 10).await;
    assert!(matches!(absent, Err(StoreError::NotFound(_))), "{absent:?}");
    let absent = store.open(&at("pipe")).await;
    assert!(matches!(absent, Err(StoreError::NotFound(_))), "{absent:?}");
}
