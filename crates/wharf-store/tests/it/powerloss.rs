//! What `FileStore` has promised holds after power loss at any moment; and these tests
//! would notice if a sync were missing.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::runtime::Handle;
use wharf_store::fs::powerloss::{self, Covered, Options};
use wharf_store::fs::{Disk, Op};
use wharf_store::{FileStore, Removal, Store};

use crate::script::{Script, at};

#[tokio::test]
async fn promises_survive_power_loss() {
    let base = tempfile::tempdir().unwrap();
    let script = registry_session(&base).await;
    let states = script.check(&Options::default()).unwrap();
    assert!(states > 100, "only {states} states");
}

#[tokio::test]
async fn every_sync_is_needed() {
    let base = tempfile::tempdir().unwrap();
    let script = registry_session(&base).await;
    let log = script.disk.log();
    let syncs = powerloss::syncs(&log);
    for sync in syncs.iter().filter(|sync| !sync.covers.is_empty()) {
        let number = sync.number;
        let options = Options::ignoring(move |sync| sync.number == number);
        let found = script.check_log(&log, &options);
        assert!(found.is_err(), "nobody misses {sync:?}");
    }
    let useless = syncs.iter().filter(|sync| sync.covers.is_empty()).count();
    assert!(
        useless <= 1,
        "{useless} of {} syncs made nothing durable: {syncs:#?}",
        syncs.len()
    );
}

#[tokio::test]
async fn every_kind_of_sync_is_needed() {
    let base = tempfile::tempdir().unwrap();
    let script = registry_session(&base).await;
    for kind in [
        Covered::Content,
        Covered::Create,
        Covered::MakeDirectory,
        Covered::Rename,
        Covered::Remove,
    ] {
        let options = Options::ignoring(move |sync| sync.covers.contains(&kind));
        assert!(
            script.check(&options).is_err(),
            "nobody misses syncs of {kind:?}"
        );
    }
}

/// What a registry does: a push, a replaced tag, a deletion, a second push.
async fn registry_session(base: &tempfile::TempDir) -> Script {
    let script = Script::new(base);
    script.put("r/_uploads/1/startedat", "now").await;
    let mut upload = script.open("r/_uploads/1/data").await;
    script.append(&mut upload, "first ").await;
    script.append(&mut upload, "second ").await;
    let mut upload = script.open("r/_uploads/1/data").await;
    script.write(upload.1.as_mut(), "third").await;
    script.publish("r/_uploads/1/data", "blobs/aa/1/data").await;
    script
        .remove(
            "r/_uploads/1",
            &["r/_uploads/1/startedat", "r/_uploads/1/data"],
        )
        .await;
    script.put("r/_layers/1/link", "1").await;
    script
        .remove("r/_layers/1/link", &["r/_layers/1/link"])
        .await;
    script.put("r/tags/x/current/link", "1").await;
    script.put("r/tags/x/current/link", "2").await;
    script.put("r/tags/x/index/2/link", "2").await;
    let tag = ["r/tags/x/current/link", "r/tags/x/index/2/link"];
    script.remove("r/tags/x", &tag).await;
    script.put("r/tags/x/current/link", "3").await;
    let mut upload = script.open("r/_uploads/2/data").await;
    script.write(upload.1.as_mut(), "other").await;
    script.publish("r/_uploads/2/data", "blobs/aa/1/data").await;
    script
}

#[tokio::test]
async fn directories_that_others_left_are_made_durable() {
    let base = tempfile::tempdir().unwrap();
    let mut script = Script::new(&base);
    let root = base.path().join("new/root");
    // Someone was killed between `mkdir` and `fsync`; and again while we run.
    script.disk.make_directory(&root.join("a")).unwrap();
    script.disk.make_directory(&root.join("a/b")).unwrap();
    script.put("a/b/one", "1").await;
    script.disk.make_directory(&root.join("a/c")).unwrap();
    script.put("a/c/two", "2").await;
    script.put_lazily("lazy/new/file", "?").await;
    script.put("lazy/new/durable", "3").await;
    // A second process knows nothing of what the first one synced.
    script.store = FileStore::on(script.disk.clone(), root).unwrap();
    script.put("a/b/three", "4").await;
    let mut upload = script.open("lazy/data").await;
    script.append(&mut upload, "5").await;
    // What was there before is only opened.
    let made = base.path().join("new/root/made");
    script.expect_anything("made/data");
    script.disk.make_directory(&made).unwrap();
    script.disk.create(&made.join("data")).unwrap();
    let mut upload = script.open("made/data").await;
    script.append(&mut upload, "6").await;
    script.check(&Options::default()).unwrap();
}

#[tokio::test]
async fn removed_directories_are_known_no_more() {
    let base = tempfile::tempdir().unwrap();
    let script = Script::new(&base);
    for round in 0..2 {
        script.put("a/b/c/file", "x").await;
        script.remove("a/b", &["a/b/c/file"]).await;
        script.put_lazily("a/b/c/lazy", "?").await;
        script
            .put("a/b/c/file", if round == 0 { "y" } else { "z" })
            .await;
        script.remove("a/b", &["a/b/c/file", "a/b/c/lazy"]).await;
    }
    // Another process makes again what we removed, or removes what we made.
    let elsewhere = base.path().join("new/root/elsewhere");
    script.put_and_forget("elsewhere/old", "?").await;
    script.remove("elsewhere", &["elsewhere/old"]).await;
    script.disk.make_directory(&elsewhere).unwrap();
    script.put("elsewhere/first", "x").await;
    script.remove("elsewhere", &["elsewhere/first"]).await;
    script.put_and_forget("elsewhere/old", "?").await;
    script.expect_anything("elsewhere/old");
    script.disk.unlink(&elsewhere.join("old")).unwrap();
    script.disk.remove_directory(&elsewhere).unwrap();
    script.put("elsewhere/second", "x").await;
    script.check(&Options::default()).unwrap();
}

#[tokio::test]
async fn directories_replaced_under_a_put_are_made_durable() {
    for replace in REPLACE {
        let put = async |script: &Script| script.put_and_forget("a/b/new", "x").await;
        assert_eq!(replaced_under(put, replace).await, 6, "{replace:?}");
    }
}

#[tokio::test]
async fn directories_replaced_under_a_publication_are_made_durable() {
    for replace in REPLACE {
        let publish = async |script: &Script| script.publish_and_forget("upload", "a/b/new").await;
        assert_eq!(replaced_under(publish, replace).await, 4, "{replace:?}");
    }
}

#[tokio::test]
async fn directories_replaced_under_an_appender_are_made_durable() {
    for replace in REPLACE {
        let append = async |script: &Script| {
            let mut appender = script.store.appender(&at("a/b/new")).await.unwrap();
            // If the directory was replaced before, the name is gone, but not the appender.
            _ = appender.sync().await;
        };
        assert_eq!(replaced_under(append, replace).await, 3, "{replace:?}");
    }
}

/// How the directory goes in which somebody writes.
#[derive(Clone, Copy, Debug)]
enum Replace {
    /// It is removed with all that is in it.
    Removed,
    /// The object in it was untouched.
    Untouched,
}

const REPLACE: [Replace; 2] = [Replace::Removed, Replace::Untouched];

/// Before each of the system calls of a write to `a/b/new`, another task removes the
/// directory, and a third one makes it again without syncing anything. What the write
/// then leaves there must stay. Answers how many calls there were.
async fn replaced_under(write: impl AsyncFn(&Script), replace: Replace) -> usize {
    for nth in 0.. {
        let base = tempfile::tempdir().unwrap();
        let due: Arc<Mutex<Option<(usize, Script)>>> = Arc::default();
        let (shared, runtime) = (Arc::clone(&due), Handle::current());
        let script = Script::hooked(&base, move |_| {
            let mut due = shared.lock().unwrap();
            let now = due.take_if(|(left, _)| *left == 0);
            due.iter_mut().for_each(|(left, _)| *left -= 1);
            drop(due);
            if let Some((_, script)) = now {
                runtime.block_on(async {
                    match replace {
                        Replace::Removed => script.store.remove(&at("a")).await.unwrap(),
                        Replace::Untouched => {
                            let later = SystemTime::now() + Duration::from_secs(60);
                            let old = at("a/b/old");
                            let removal = script.store.remove_untouched(&old, later).await;
                            assert_eq!(removal.unwrap(), Removal::Removed(1));
                            script.store.prune(&at("a")).await.unwrap();
                        }
                    }
                    script.put_lazily("a/b/lazy", "?").await;
                });
            }
            Ok(())
        });
        script.put_and_forget("a/b/old", "1").await;
        script.put("upload", "content").await;
        script.expect_anything("a/b/new");
        *due.lock().unwrap() = Some((nth, script.clone()));
        write(&script).await;
        if due.lock().unwrap().take().is_some() {
            return nth;
        }
        script.promise_what_is_there("a/b/new").await;
        script.check(&Options::default()).unwrap();
    }
    unreachable!("all numbers have been tried");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn promises_to_many_survive_power_loss() {
    let base = tempfile::tempdir().unwrap();
    let script = Script::new(&base);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..4 {
        let script = script.clone();
        tasks.spawn(async move {
            let [upload, link, lazy] = ["u/N/data", "r/links/N", "u/N/lazy"]
                .map(|path| path.replace('N', &number.to_string()));
            let mut open = script.open(&upload).await;
            script.put_lazily(&lazy, "?").await;
            script.append(&mut open, "content").await;
            script
                .publish(&upload, &format!("blobs/{}/{number}", number % 2))
                .await;
            script.put(&link, "link").await;
            script
                .remove(&format!("u/{number}"), &[&upload, &lazy])
                .await;
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    script
        .check(&Options {
            exhaustive: 8,
            samples: 32,
            ..Options::default()
        })
        .unwrap();
}

#[tokio::test]
async fn settled_directories_cost_no_more_syncs() {
    let base = tempfile::tempdir().unwrap();
    let script = Script::new(&base);
    script.put("a/b/file", "1").await;
    let before = script.disk.log().len();
    script.put("a/b/file", "2").await;
    let log = script.disk.log();
    let syncs = |log: &[Op]| {
        log.iter()
            .filter(|op| matches!(op, Op::SyncFile(_) | Op::SyncDirectory(_)))
            .count()
    };
    assert_eq!(syncs(&log[before..]), 2, "the file and its directory");

    let (_, mut appender) = script.open("a/b/data").await;
    appender.write(&["x".into()]).await.unwrap();
    let before = script.disk.log().len();
    appender.sync().await.unwrap();
    assert_eq!(
        syncs(&script.disk.log()[before..]),
        2,
        "the file and its directory"
    );
    let before = script.disk.log().len();
    appender.sync().await.unwrap();
    assert_eq!(script.disk.log().len(), before, "nothing was written since");
    appender.write(&["y".into()]).await.unwrap();
    appender.sync().await.unwrap();
    assert_eq!(
        syncs(&script.disk.log()[before..]),
        1,
        "the file: its name is durable"
    );
}
