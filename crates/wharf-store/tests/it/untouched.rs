//! Removing what is untouched: what the filesystem driver does at the very moment at which
//! somebody else relies on it, in other stores and processes and after power loss.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, SystemTime};

use wharf_store::fs::RealDisk;
use wharf_store::fs::powerloss::{self, Options, State};
use wharf_store::{Durability, FileStore, Removal, Result, Store};

use crate::hooked::HookedDisk;
use crate::script::{Script, at};

mod waiting;

/// Later than anything that a test writes.
fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(3600)
}

async fn put(store: &FileStore, path: &str, content: &'static str) {
    let path = at(path);
    let put = store.put(&path, content.into(), Durability::Lazy);
    put.await.unwrap();
}

/// What a second store on the same tree does while the first one is about to remove
/// `a/object`, and whether it had to wait for that. The first one then removes it.
async fn at_removal<T: Send + 'static>(
    root: &std::path::Path,
    act: impl AsyncFnOnce(FileStore) -> T + Send + 'static,
) -> (T, bool) {
    let other = FileStore::new(root).unwrap();
    let act = Arc::new(Mutex::new(Some(act)));
    let (ended, end) = mpsc::channel();
    let (waited, has_waited) = mpsc::channel();
    let end = Arc::new(Mutex::new(end));
    let in_hook = Arc::clone(&end);
    let disk = HookedDisk::new(RealDisk, move |call| {
        let act = (call == "unlink")
            .then(|| act.lock().unwrap().take())
            .flatten();
        if let Some(act) = act {
            let (other, ended) = (other.clone(), ended.clone());
            thread::spawn(move || {
                let mut runtime = tokio::runtime::Builder::new_current_thread();
                let runtime = runtime.enable_all().build().unwrap();
                ended.send(runtime.block_on(act(other))).unwrap();
            });
            let early = in_hook
                .lock()
                .unwrap()
                .recv_timeout(Duration::from_millis(100));
            waited.send(early).unwrap();
        }
        Ok(())
    });
    let store = FileStore::on(disk, root).unwrap();
    let removal = store.remove_untouched(&at("a/object"), later()).await;
    assert_eq!(removal.unwrap(), Removal::Removed(3));
    match has_waited.recv().unwrap() {
        Ok(early) => (early, false),
        Err(_) => (end.lock().unwrap().recv().unwrap(), true),
    }
}

#[tokio::test]
async fn who_touches_what_is_being_removed_waits_and_finds_nothing() {
    let root = tempfile::tempdir().unwrap();
    put(&FileStore::new(root.path()).unwrap(), "a/object", "old").await;
    let touch = async |other: FileStore| other.touch(&at("a/object")).await;
    let (touched, has_waited) = at_removal(root.path(), touch).await;
    assert!(has_waited);
    assert!(touched.unwrap_err().is_not_found());
}

#[tokio::test]
async fn who_replaces_what_is_being_removed_waits_and_puts_it_there() {
    for durability in [Durability::Lazy, Durability::Durable] {
        let root = tempfile::tempdir().unwrap();
        let store = FileStore::new(root.path()).unwrap();
        put(&store, "a/object", "old").await;
        let replace = async move |other: FileStore| {
            other.put(&at("a/object"), "new".into(), durability).await
        };
        let (replaced, has_waited) = at_removal(root.path(), replace).await;
        assert!(has_waited);
        replaced.unwrap();
        assert_eq!(store.read(&at("a/object"), 3).await.unwrap(), "new");
    }
}

#[tokio::test]
async fn who_publishes_over_what_is_being_removed_waits_and_puts_it_there() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    put(&store, "a/object", "old").await;
    put(&store, "upload", "new").await;
    let publish = async |other: FileStore| other.publish(&at("upload"), &at("a/object")).await;
    let (published, has_waited) = at_removal(root.path(), publish).await;
    assert!(has_waited);
    published.unwrap();
    assert_eq!(store.read(&at("a/object"), 3).await.unwrap(), "new");
}

#[tokio::test]
async fn two_removals_at_once_are_one() {
    let root = tempfile::tempdir().unwrap();
    put(&FileStore::new(root.path()).unwrap(), "a/object", "old").await;
    let remove = async |other: FileStore| other.remove_untouched(&at("a/object"), later()).await;
    let (removal, has_waited) = at_removal(root.path(), remove).await;
    assert!(has_waited);
    assert_eq!(removal.unwrap(), Removal::Absent);
}

#[tokio::test]
async fn readers_wait_for_no_removal() {
    let root = tempfile::tempdir().unwrap();
    put(&FileStore::new(root.path()).unwrap(), "a/object", "old").await;
    let read = async |other: FileStore| other.read(&at("a/object"), 3).await;
    let (read, has_waited) = at_removal(root.path(), read).await;
    assert!(!has_waited);
    assert_eq!(read.unwrap(), "old");
}

/// The kernel keeps locks on files that have no name any more, where nobody meets.
#[tokio::test]
async fn locks_that_somebody_removes_are_made_again() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    put(&store, "a/object", "old").await;
    store.touch(&at("a/object")).await.unwrap();
    let (used, state) = (store.clone(), root.path().join("wharfinger/state"));
    std::fs::remove_dir_all(&state).unwrap();
    let touch = async move |_: FileStore| used.touch(&at("a/object")).await;
    let (touched, has_waited) = at_removal(root.path(), touch).await;
    assert!(has_waited);
    assert!(touched.unwrap_err().is_not_found());
    assert!(state.join("locks").exists());
}

#[tokio::test]
async fn without_locks_writes_go_on_and_nothing_is_removed() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("wharfinger/state")).unwrap();
    std::fs::write(root.path().join("wharfinger/state/locks"), "").unwrap();
    let store = FileStore::new(root.path()).unwrap();
    put(&store, "a/object", "x").await;
    store.touch(&at("a/object")).await.unwrap();
    let removal = store.remove_untouched(&at("a/object"), later()).await;
    let error = removal.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("wharfinger/state/locks"), "{cause}");
    assert!(!error.is_not_found());
    assert_eq!(store.size(&at("a/object")).await.unwrap(), 1);
    let long_ago = SystemTime::UNIX_EPOCH;
    let removal = store.remove_untouched(&at("a/object"), long_ago).await;
    assert_eq!(removal.unwrap(), Removal::Kept);
}

#[tokio::test]
async fn the_last_object_does_not_take_the_root_along() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path().join("root");
    let store = FileStore::new(&root).unwrap();
    put(&store, "object", "x").await;
    let removal = store.remove_untouched(&at("object"), later()).await;
    assert_eq!(removal.unwrap(), Removal::Removed(1));
    std::fs::remove_dir_all(root.join("wharfinger")).unwrap();
    put(&store, "object", "x").await;
    std::fs::remove_dir_all(root.join("wharfinger")).unwrap();
    store.prune(&at("nothing")).await.unwrap();
    assert!(root.exists());
}

/// The test is its own child: it touches what the parent removes.
#[tokio::test]
async fn processes_agree_on_what_was_touched() {
    const COUNT: usize = 1000;
    let path = |number| at(&format!("t/{number}/data"));
    if let Some(root) = std::env::var_os("WHARF_TEST_TOUCH") {
        let store = FileStore::new(root).unwrap();
        say("ready");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        for number in 0..COUNT {
            match store.touch(&path(number)).await {
                Ok(()) => say(&format!("touched {number}")),
                Err(error) => assert!(error.is_not_found(), "{error:?}"),
            }
        }
        return say("done");
    }
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    for number in 0..COUNT {
        put(&store, path(number).as_str(), "x").await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let since = store.now().await.unwrap();
    let name = "untouched::processes_agree_on_what_was_touched";
    let (mut child, mut said) = child(name, "WHARF_TEST_TOUCH", root.path());
    said.until("ready");
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let mut removed = 0;
    for number in 0..COUNT {
        let removal = store.remove_untouched(&path(number), since).await.unwrap();
        removed += usize::from(matches!(removal, Removal::Removed(_)));
    }
    let mut touched = 0;
    for line in said.until("done") {
        if let Some(number) = line.strip_prefix("touched ") {
            let path = path(number.parse().unwrap());
            assert!(store.size(&path).await.is_ok(), "{path} was touched");
            touched += 1;
        }
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(touched + removed, COUNT, "each was touched, or removed");
}

/// The test is its own child: it holds a name until it is killed.
#[tokio::test]
async fn who_is_killed_holds_nothing() {
    let name = at("serving/somebody");
    if let Some(root) = std::env::var_os("WHARF_TEST_HOLD") {
        let store = FileStore::new(root).unwrap();
        let _held = store.hold(&name).await.unwrap();
        say("held");
        std::future::pending::<()>().await;
    }
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    assert!(!store.is_held(&name).await.unwrap());
    let test = "untouched::who_is_killed_holds_nothing";
    let (mut child, mut said) = child(test, "WHARF_TEST_HOLD", root.path());
    said.until("held");
    assert!(store.is_held(&name).await.unwrap());
    let also = store.hold(&name).await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(store.is_held(&name).await.unwrap(), "by us");
    drop(also);
    assert!(!store.is_held(&name).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_looks_takes_nobody_for_a_holder() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    drop(store.hold(&at("serving/a")).await.unwrap());
    let mut looks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = store.clone();
        looks.spawn(async move {
            for _ in 0..50 {
                assert!(!store.is_held(&at("serving/a")).await.unwrap());
            }
        });
    }
    while let Some(looked) = looks.join_next().await {
        looked.unwrap();
    }
}

/// A link goes, and then the data that it led to.
async fn collected(script: &Script) -> Result<()> {
    let [link, data] = ["r/links/1/link", "blobs/aa/1/data"].map(at);
    script.put_and_forget(data.as_str(), "data").await;
    script.put_and_forget(link.as_str(), "1").await;
    script.disk.mark("pushed");
    script.store.remove_untouched(&link, later()).await?;
    script.store.settle_all(&at("r")).await?;
    script.disk.mark("settled");
    script.store.remove_untouched(&data, later()).await?;
    Ok(())
}

#[tokio::test]
async fn no_link_comes_back_without_its_data() {
    let base = tempfile::tempdir().unwrap();
    let script = Script::new(&base);
    collected(&script).await.unwrap();
    let log = script.disk.log();
    let has = |state: &State, path: &str| state.files.contains_key(&format!("new/root/{path}"));
    let link = |state: &State| has(state, "r/links/1/link");
    let dangles = |state: &State| link(state) && !has(state, "blobs/aa/1/data");
    let says = |state: &State, mark| state.acknowledged.iter().any(|said| said == mark);
    let wrong = |state: &State| dangles(state) || says(state, "settled") && link(state);
    let (mut states, mut gone) = (0, 0);
    for state in powerloss::states(&log, &Options::default()) {
        assert!(!wrong(&state), "{state:#?}");
        states += 1;
        gone += usize::from(says(&state, "settled") && !has(&state, "blobs/aa/1/data"));
    }
    assert!(states > 10 && gone > 0, "{states} states, {gone}");
    let unsettled = Options::ignoring(|sync| sync.path == "everything");
    assert!(powerloss::states(&log, &unsettled).any(|state| dangles(&state)));
}

#[tokio::test]
async fn what_was_moved_is_there_after_power_loss() {
    let base = tempfile::tempdir().unwrap();
    let script = Script::new(&base);
    script.put_and_forget("blobs/aa/1/data", "data").await;
    let to = at("quarantine/new/1");
    let moved = script
        .store
        .move_untouched(&at("blobs/aa/1/data"), &to, later())
        .await;
    assert_eq!(moved.unwrap(), Removal::Removed(4));
    script.disk.mark("moved");
    let log = script.disk.log();
    let is_lost = |state: &State| {
        let stands = state.files.get("new/root/quarantine/new/1");
        state.acknowledged.iter().any(|said| said == "moved")
            && stands.is_none_or(|content| content != "data")
    };
    assert!(!powerloss::states(&log, &Options::default()).any(|state| is_lost(&state)));
    let last = powerloss::syncs(&log).len() - 1;
    let without = Options::ignoring(move |sync| sync.number == last);
    assert!(powerloss::states(&log, &without).any(|state| is_lost(&state)));
}

/// What a child says, line by line.
struct Said(BufReader<std::process::ChildStdout>);

// === impl Said ===

impl Said {
    /// Its lines until this one. The harness puts its own before some.
    fn until(&mut self, last: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "it ended");
            if line.trim().ends_with(last) {
                return lines;
            }
            lines.push(line.trim().to_owned());
        }
    }
}

fn say(line: &str) {
    // The harness keeps what is printed.
    let mut out = std::io::stdout();
    writeln!(out, "{line}").unwrap();
}

fn child(test: &str, variable: &str, root: &std::path::Path) -> (Child, Said) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(variable, root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = Said(BufReader::new(child.stdout.take().unwrap()));
    (child, said)
}

/// Touching what somebody touched a moment ago would make the disk write for nothing.
#[tokio::test]
async fn what_was_touched_since_anybody_asked_for_the_time_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let object = at("a/object");
    let touched = async || {
        store.touch(&object).await.unwrap();
        store.stat(&object).await.unwrap().touched
    };
    store
        .put(&object, "x".into(), Durability::Durable)
        .await
        .unwrap();
    // Nobody knows when somebody asked, but from the first touch on.
    let clock = root.path().join("wharfinger/state/clock");
    assert!(!clock.exists());
    let put = store.stat(&object).await.unwrap().touched;
    assert!(touched().await > put);
    assert!(clock.exists());
    store.now().await.unwrap();
    // Longer than from one moment of a filesystem's clock to the next.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let after = touched().await;
    for _ in 0..10 {
        assert_eq!(touched().await, after);
    }
    // A removal may be about to come.
    let asked = store.now().await.unwrap();
    assert!(touched().await >= asked);
    // What is old is touched for its own sake: it may be waited for.
    let old = SystemTime::now() - Duration::from_secs(120);
    for path in ["a/object", "wharfinger/state/clock"] {
        let file = std::fs::File::open(root.path().join(path)).unwrap();
        file.set_modified(old - Duration::from_secs(u64::from(path != "a/object")))
            .unwrap();
    }
    assert!(touched().await > old + Duration::from_secs(60));
}
