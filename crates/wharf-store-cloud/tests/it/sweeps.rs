//! Removers that die, and those who wait for them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use wharf_store::{Change, Durability, Removal, Store, StorePath, Sweep};

use crate::provider::Provider;

fn at(path: &str) -> StorePath {
    StorePath::new(path).unwrap()
}

/// Somebody has written down that this is being removed, and nobody knows more.
async fn begin_to_remove(provider: &Provider, path: &str) {
    let id = "01a20083-6fa9-76bd-ad09-f0e8873728c3";
    let clock = format!(
        r#"{{"asked":"{id}","sweeps":1,"recent":["{path}"],"sweep":{{"id":"{id}","path":"{path}"}}}}"#
    );
    let key = Path::from("root/wharfinger/state/clock");
    provider.put(&key, PutPayload::from(clock)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_writes_waits_for_a_remover_that_has_died_and_nobody_else_does() {
    let provider = Provider::default();
    let store = provider.store("root", 5 << 20);
    begin_to_remove(&provider, "a").await;
    let start = Instant::now();
    store
        .put(&at("b"), "x".into(), Durability::Durable)
        .await
        .unwrap();
    store.read(&at("b"), 9).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    store
        .put(&at("a"), "x".into(), Durability::Durable)
        .await
        .unwrap();
    let waited = start.elapsed().as_secs();
    assert!((60..65).contains(&waited), "{waited} s");
    assert_eq!(store.read(&at("a"), 9).await.unwrap(), "x");
    // Once is enough.
    let start = Instant::now();
    store
        .put(&at("a"), "x".into(), Durability::Durable)
        .await
        .unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn who_touches_what_goes_meanwhile_is_told() {
    let provider = Provider::default();
    let store = provider.store("root", 5 << 20);
    let other = provider.store("root", 5 << 20);
    store
        .put(&at("a"), "x".into(), Durability::Durable)
        .await
        .unwrap();
    begin_to_remove(&provider, "a").await;
    let touch = tokio::spawn(async move { other.touch(&at("a")).await });
    tokio::time::sleep(Duration::from_secs(10)).await;
    provider.delete(&Path::from("root/a")).await.unwrap();
    let touched = touch.await.unwrap();
    assert!(
        matches!(&touched, Err(error) if error.is_not_found()),
        "{touched:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_removes_waits_for_others_who_do() {
    let provider = Provider::default();
    let store = provider.store("root", 5 << 20);
    store
        .put(&at("a"), "x".into(), Durability::Durable)
        .await
        .unwrap();
    let since = store.now().await.unwrap() + Duration::from_secs(1);
    begin_to_remove(&provider, "b").await;
    let start = Instant::now();
    let removed = store.remove_untouched(&at("a"), since).await.unwrap();
    assert_eq!(removed, Removal::Removed(1));
    assert!(start.elapsed() >= Duration::from_secs(60));
}

/// Between a write and the question whether it is being swept, a sweep may begin and end.
#[tokio::test(start_paused = true)]
async fn a_sweep_that_is_over_already_is_seen() {
    let provider = Provider::default();
    let store = provider.store("root", 5 << 20);
    let gate = Arc::new(Semaphore::new(1));
    let slow = provider
        .slow_clock(Arc::clone(&gate))
        .store("root", 5 << 20);
    for path in ["put", "touched", "copied", "warm"] {
        store
            .put(&at(path), "old".into(), Durability::Durable)
            .await
            .unwrap();
    }
    let mut upload = slow.appender(&at("upload")).await.unwrap();
    upload.write(&["new".into()]).await.unwrap();
    upload.sync().await.unwrap();
    // It knows the clock.
    let known = slow.commit(vec![vec![Change::Remove { path: at("x") }]]);
    known.await.unwrap();

    let slow = Arc::new(slow);
    let begin = |change: Change| {
        let slow = Arc::clone(&slow);
        tokio::spawn(async move { slow.commit(vec![vec![change]]).await })
    };
    let put = begin(Change::Put {
        path: at("put"),
        content: "new".into(),
    });
    let touched = begin(Change::Touch {
        path: at("touched"),
    });
    let copied = begin(Change::Publish {
        from: at("upload"),
        to: at("copied"),
    });
    // All have come to the question.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let since = store.now().await.unwrap() + Duration::from_secs(1);
    for path in ["put", "touched", "copied"] {
        let removed = store.remove_untouched(&at(path), since).await.unwrap();
        assert_eq!(removed, Removal::Removed(3), "{path}");
    }
    gate.add_permits(1000);
    put.await.unwrap().unwrap();
    copied.await.unwrap().unwrap();
    for path in ["put", "copied"] {
        assert_eq!(store.read(&at(path), 9).await.unwrap(), "new", "{path}");
    }
    let touched = touched.await.unwrap();
    assert!(
        matches!(&touched, Err(error) if error.is_not_found()),
        "{touched:?}"
    );
}

/// Whoever writes is not held up by those who remove other things, as long as they can tell what.
#[tokio::test(start_paused = true)]
async fn sweeps_of_other_things_hold_up_nobody() {
    for (others, again) in [(0, ""), (30, ""), (40, "1 get, 1 head")] {
        let provider = Provider::default();
        let store = provider.store("root", 5 << 20);
        let gate = Arc::new(Semaphore::new(1));
        let own = provider.slow_clock(Arc::clone(&gate));
        let slow = own.store("root", 5 << 20);
        for number in 0..others {
            let path = at(&format!("other-{number}"));
            let put = store.put(&path, "x".into(), Durability::Durable);
            put.await.unwrap();
        }
        let since = store.next_moment().await.unwrap();
        slow.commit(vec![vec![Change::Remove { path: at("x") }]])
            .await
            .unwrap();
        provider.asked();
        let put = tokio::spawn(async move {
            let mine = at("mine");
            slow.put(&mine, "x".into(), Durability::Durable).await
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(provider.asked(), "1 get, 1 put", "it waits for the clock");
        for number in 0..others {
            let path = at(&format!("other-{number}"));
            let removed = store.remove_untouched(&path, since).await.unwrap();
            assert_eq!(removed, Removal::Removed(1));
        }
        provider.asked();
        gate.add_permits(1000);
        put.await.unwrap().unwrap();
        assert_eq!(provider.asked(), again, "{others}");
    }
}

/// Neither destroys what the other was told is kept.
#[tokio::test]
async fn of_two_who_append_to_one_object_the_first_to_sync_wins() {
    let provider = Provider::default();
    let store = provider.store("root", 5 << 20);
    for large in [false, true] {
        let path = at(&format!("upload-{large}"));
        let frame = |text: &str| match large {
            true => Bytes::from(text.repeat(6 << 20)),
            false => Bytes::from(text.to_owned()),
        };
        let mut one = store.appender(&path).await.unwrap();
        let mut other = store.appender(&path).await.unwrap();
        one.write(&[frame("a")]).await.unwrap();
        other.write(&[frame("b")]).await.unwrap();
        one.sync().await.unwrap();
        assert!(other.sync().await.is_err());
        // A reader ends it, and who still appends is told.
        one.write(&[frame("c")]).await.unwrap();
        one.sync().await.unwrap();
        let whole = store.read(&path, u64::MAX).await.unwrap();
        assert!(whole == [frame("a"), frame("c")].concat());
        one.write(&[frame("d")]).await.unwrap();
        assert_eq!(one.sync().await.is_err(), large);
        let again = store.appender(&path).await.unwrap();
        assert!(again.len() >= whole.len() as u64);
    }
}

/// What a publication brings is there when that is said, and its source until then.
#[tokio::test(start_paused = true)]
async fn what_is_published_under_a_remover_is_published_again() {
    let provider = Provider::default();
    let store = provider.store("root", 5 << 20);
    let mut upload = store.appender(&at("upload")).await.unwrap();
    upload.write(&["new".into()]).await.unwrap();
    upload.sync().await.unwrap();
    begin_to_remove(&provider, "blob").await;
    let publishing = tokio::spawn(async move {
        let publish = Change::Publish {
            from: at("upload"),
            to: at("blob"),
        };
        store.commit(vec![vec![publish]]).await
    });
    tokio::time::sleep(Duration::from_secs(10)).await;
    provider.delete(&Path::from("root/blob")).await.unwrap();
    publishing.await.unwrap().unwrap();
    let left = provider.get(&Path::from("root/blob")).await.unwrap();
    assert_eq!(left.bytes().await.unwrap(), "new");
    assert!(provider.head(&Path::from("root/upload")).await.is_err());
}

#[tokio::test]
async fn nothing_is_removed_where_conditions_are_not_kept() {
    let store = Provider::careless().store("root", 5 << 20);
    let blob = at("blob");
    store
        .put(&blob, "x".into(), Durability::Durable)
        .await
        .unwrap();
    let since = store.next_moment().await.unwrap();
    for _ in 0..2 {
        let refused = store.remove_untouched(&blob, since).await.unwrap_err();
        let why = std::error::Error::source(&refused).unwrap().to_string();
        assert!(why.contains("If-None-Match"), "{why}");
    }
    assert_eq!(store.read(&blob, 9).await.unwrap(), "x");
}

/// A conflict tells nothing of conditions: that is found out later.
#[tokio::test]
async fn what_is_in_the_way_of_a_condition_is_not_taken_for_its_neglect() {
    for (conflicts, failures) in [(1, 0), (12, 1)] {
        let store = Provider::contended(conflicts).store("root", 5 << 20);
        let blob = at("blob");
        let put = store.put(&blob, "x".into(), Durability::Durable);
        put.await.unwrap();
        let since = store.next_moment().await.unwrap();
        for _ in 0..failures {
            let failed = store.remove_untouched(&blob, since).await.unwrap_err();
            let why = std::error::Error::source(&failed).unwrap().to_string();
            assert!(why.contains("409 Conflict"), "{why}");
        }
        let removed = store.remove_untouched(&blob, since).await.unwrap();
        assert_eq!(removed, Removal::Removed(1));
    }
}

/// What is still gone on with stays.
#[tokio::test]
async fn parts_that_nobody_goes_on_with_are_given_up() {
    let provider = Provider::default();
    let store = provider.store("root", 5 << 20);
    let large = vec![Bytes::from(vec![7; 6 << 20])];
    for path in ["kept", "removed/data"] {
        let mut upload = store.appender(&at(path)).await.unwrap();
        upload.write(&large).await.unwrap();
        upload.sync().await.unwrap();
    }
    // Its process has no time to give up the parts.
    let mut killed = store.appender(&at("killed")).await.unwrap();
    killed.write(&large).await.unwrap();
    std::mem::forget(killed);
    let mut done = store.appender(&at("done")).await.unwrap();
    done.write(&large).await.unwrap();
    done.sync().await.unwrap();
    store.publish(&at("done"), &at("blob")).await.unwrap();
    store.remove(&at("removed")).await.unwrap();
    provider.asked();

    let now = SystemTime::now() + Duration::from_secs(60);
    let sweep = async |mode| {
        let swept = store.sweep(&at("wharfinger"), now, mode).await;
        assert!(swept.first_failure.is_none(), "{:?}", swept.first_failure);
        swept.found
    };
    assert_eq!(sweep(Sweep::Count).await, 2);
    assert!(!provider.asked().contains("abort"));
    assert_eq!(sweep(Sweep::Remove).await, 2);
    let asked = provider.asked();
    assert!(asked.contains("2 abort"), "{asked}");
    assert_eq!(sweep(Sweep::Remove).await, 0);
    // What was kept can be gone on with.
    let mut kept = store.appender(&at("kept")).await.unwrap();
    assert_eq!(kept.len(), 6 << 20);
    kept.write(&large).await.unwrap();
    kept.sync().await.unwrap();
    store.publish(&at("kept"), &at("other")).await.unwrap();
    assert_eq!(store.size(&at("other")).await.unwrap(), 12 << 20);
}

#[tokio::test]
async fn marks_of_what_has_gone_and_dead_holders_are_swept() {
    let store = Provider::default().store("root", 5 << 20);
    for path in ["here", "gone"] {
        store
            .put(&at(path), "x".into(), Durability::Durable)
            .await
            .unwrap();
        // Somebody else writes down that it is needed.
        let mark = at(&format!("wharfinger/state/touched/{path}/.touched"));
        store
            .put(&mark, Bytes::new(), Durability::Lazy)
            .await
            .unwrap();
    }
    store.remove(&at("gone")).await.unwrap();
    std::mem::forget(store.hold(&at("name")).await.unwrap());
    let now = SystemTime::now() + Duration::from_secs(60);
    let an_hour_ago = now - Duration::from_secs(3600);
    for (below, before, found) in [
        ("wharfinger", an_hour_ago, 0),
        ("docker", now, 0),
        ("wharfinger", now, 2),
    ] {
        let swept = store.sweep(&at(below), before, Sweep::Remove).await;
        assert_eq!(swept.found, found, "{below}");
    }
    assert!(!store.is_held(&at("name")).await.unwrap());
}
