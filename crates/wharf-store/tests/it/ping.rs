//! Whether a store answers.

use wharf_store::{FileStore, Store};

#[tokio::test]
async fn a_root_that_is_gone_or_no_directory_is_noticed() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("root");
    let store = FileStore::new(&root).unwrap();
    assert!(store.ping().await.is_ok());
    std::fs::remove_dir(&root).unwrap();
    let gone = store.ping().await.unwrap_err();
    assert_eq!(gone.kind(), std::io::ErrorKind::NotFound);
    std::fs::write(&root, "").unwrap();
    let file = store.ping().await.unwrap_err();
    assert_eq!(file.kind(), std::io::ErrorKind::NotADirectory);
}
