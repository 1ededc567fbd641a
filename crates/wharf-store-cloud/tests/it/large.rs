//! Uploads that no machine has room for.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use wharf_store::{Store as _, StorePath};

use crate::provider::Provider;

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

/// Appends so much, in frames that are all the same memory.
async fn upload(provider: &Provider, part: u64, size: u64) {
    let store = provider.store("root", part);
    let path = StorePath::new("upload").unwrap();
    let frame = Bytes::from(vec![7; MIB as usize]);
    let batch = vec![frame; 16];
    let mut appender = store.appender(&path).await.unwrap();
    while appender.len() < size {
        appender.write(&batch).await.unwrap();
    }
    appender.sync().await.unwrap();
    assert_eq!(store.size(&path).await.unwrap(), size);
    store
        .publish(&path, &StorePath::new("blob").unwrap())
        .await
        .unwrap();
    let parts = provider.parts();
    assert_eq!(parts.bytes.load(Ordering::Relaxed), size);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_gibibytes_are_never_in_memory() {
    let provider = Provider::forgetful();
    upload(&provider, 10 * MIB, 60 * GIB).await;
    let parts = provider.parts();
    // Those under way, where one that is larger than all of them may be alone; and one that
    // is being filled is not larger than that.
    let most = parts.most_sending.load(Ordering::Relaxed) / MIB;
    assert!((20..=80).contains(&most), "{most} MiB");
    let count = parts.count.load(Ordering::Relaxed);
    assert!((2000..3000).contains(&count), "{count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_be_twelve_thousand_small_parts_is_fewer_larger_ones() {
    let provider = Provider::forgetful();
    upload(
        &provider,
        5 * MIB,
        12_000 * 5 * MIB / (16 * MIB) * (16 * MIB),
    )
    .await;
    let count = provider.parts().count.load(Ordering::Relaxed);
    assert!((2000..10_000).contains(&count), "{count}");
}

/// What is kept after an error has no hole.
#[tokio::test]
async fn after_a_part_that_was_not_taken_nothing_is_kept() {
    let provider = Provider::default();
    let store = provider.store("root", 5 * MIB);
    let path = StorePath::new("upload").unwrap();
    let batch = vec![Bytes::from(vec![7; 6 * MIB as usize])];
    let mut appender = store.appender(&path).await.unwrap();
    appender.write(&batch).await.unwrap();
    appender.sync().await.unwrap();
    provider.parts().are_refused.store(true, Ordering::Relaxed);
    let written = appender.write(&batch).await;
    let synced = appender.sync().await;
    assert!(written.is_err() || synced.is_err());
    provider.parts().are_refused.store(false, Ordering::Relaxed);
    assert!(appender.sync().await.is_err());
    assert!(appender.write(&batch).await.is_err());
    drop(appender);
    assert_eq!(store.appender(&path).await.unwrap().len(), 6 * MIB);
    let whole = store.read(&path, u64::MAX).await.unwrap();
    assert_eq!(whole.len() as u64, 6 * MIB);
}
