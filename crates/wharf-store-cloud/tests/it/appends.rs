//! Appending to what others may append to as well.

use wharf_store::{Store, StorePath};

use crate::provider::Provider;

/// The library sends a write again that was answered 5xx, and the condition of the second does
/// not hold if the first was carried out.
#[tokio::test]
async fn an_append_whose_answer_was_lost_is_no_conflict() {
    let store = Provider::losing(2).store("root", 5 << 20);
    let path = StorePath::new("upload").unwrap();
    let mut upload = store.appender(&path).await.unwrap();
    for (bytes, length) in [("begun, ", 7), ("gone on, ", 16), ("ended", 21)] {
        upload.write(&[bytes.into()]).await.unwrap();
        upload.sync().await.unwrap();
        assert_eq!(upload.len(), length);
    }
    drop(upload);
    assert_eq!(store.appender(&path).await.unwrap().len(), 21);
}

#[tokio::test]
async fn an_append_that_another_was_faster_with_is_one() {
    let store = Provider::default().store("root", 5 << 20);
    let path = StorePath::new("upload").unwrap();
    let mut one = store.appender(&path).await.unwrap();
    one.write(&["begun, ".into()]).await.unwrap();
    one.sync().await.unwrap();
    let mut other = store.appender(&path).await.unwrap();
    // As many bytes, and not the same.
    other.write(&["other".into()]).await.unwrap();
    other.sync().await.unwrap();
    one.write(&["ended".into()]).await.unwrap();
    assert!(one.sync().await.is_err());
    assert_eq!(store.appender(&path).await.unwrap().len(), 12);
}
