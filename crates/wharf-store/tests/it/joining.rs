//! Commits that join those under way: nobody waits for the others to come to their end, each
//! keeps its own order and has its own outcome.

use std::num::NonZero;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::task::JoinSet;
use wharf_store::fs::powerloss::{self, Options};
use wharf_store::fs::{Op, RecordingDisk};
use wharf_store::{Change, FileStore, Result, Store};

use crate::hooked::HookedDisk;
use crate::script::at;

/// Whoever creates a file waits while it is closed, and panics where it has been broken.
#[derive(Default)]
struct Gate {
    state: Mutex<Closed>,
    moved: Condvar,
}

#[derive(Default)]
struct Closed {
    is_closed: bool,
    is_broken: bool,
    waiting: usize,
}

/// A store all of whose committers are held in the middle of a commit.
struct Held {
    disk: RecordingDisk,
    store: FileStore,
    gate: Arc<Gate>,
    tasks: JoinSet<(String, Result<()>)>,
}

type Commit = Pin<Box<dyn Future<Output = (String, Result<()>)> + Send>>;

// === impl Gate ===

impl Gate {
    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.waiting += 1;
        let mut state = self.moved.wait_while(state, |it| it.is_closed).unwrap();
        state.waiting -= 1;
        let is_broken = state.is_broken;
        drop(state);
        assert!(!is_broken, "as if there were a bug");
    }

    fn break_down(&self) {
        self.state.lock().unwrap().is_broken = true;
    }

    fn set(&self, is_closed: bool) {
        self.state.lock().unwrap().is_closed = is_closed;
        self.moved.notify_all();
    }

    fn waiting(&self) -> usize {
        self.state.lock().unwrap().waiting
    }
}

// === impl Held ===

impl Held {
    async fn new(base: &Path) -> Self {
        let disk = RecordingDisk::new(base).unwrap();
        let gate = Arc::new(Gate::default());
        let hook = {
            let gate = Arc::clone(&gate);
            move |call| {
                if call == "create" {
                    gate.pass();
                }
                Ok(())
            }
        };
        let unwritten = Arc::new(Mutex::new(Some(0)));
        let hooked = HookedDisk::new(disk.clone(), hook).that_syncs_everything(&unwritten);
        let store = FileStore::on(hooked, base).unwrap();
        // From then on waiting together is known to be quick, and nothing is inherited.
        for _ in 0..2 {
            store.commit(steps("file", 1)).await.unwrap();
        }
        gate.set(true);
        let mut tasks = JoinSet::new();
        let committers = std::thread::available_parallelism().map_or(2, NonZero::get);
        for number in 0..committers.max(2) {
            let (store, name) = (store.clone(), format!("long{number}"));
            tasks.spawn(async move {
                let done = store.commit(steps(&name, LONG)).await;
                (name, done)
            });
            // Otherwise the same one might take the next as well.
            while gate.waiting() <= number {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        Self {
            disk,
            store,
            gate,
            tasks,
        }
    }

    /// Begins a commit, which nobody has time for.
    fn begin(&mut self, name: &str, steps: Vec<Vec<Change>>) {
        let (store, name) = (self.store.clone(), name.to_owned());
        let mut commit: Commit = Box::pin(async move { (name, store.commit(steps).await) });
        let begun = commit
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(begun.is_pending());
        self.tasks.spawn(commit);
    }

    /// What became of each; from when that is known, it is in the log.
    async fn let_go(&mut self) -> Vec<(String, Result<()>)> {
        self.gate.set(false);
        let mut done = Vec::new();
        while let Some(ended) = self.tasks.join_next().await {
            let (name, outcome) = ended.unwrap();
            if outcome.is_ok() {
                self.disk.mark(&*name);
            }
            done.push((name, outcome));
        }
        done
    }
}

/// In each step so many names that it is made durable together with others'.
fn steps(name: &str, count: usize) -> Vec<Vec<Change>> {
    let put = |path: String| Change::Put {
        path: at(&path),
        content: "content".into(),
    };
    let step = |step| ["x", "y", "z"].map(|file| put(format!("{name}/{file}/{step}")));
    (0..count).map(|number| step(number).to_vec()).collect()
}

/// Where in the log a file of that name is first made, and last gets its place.
fn first_and_last(log: &[Op], name: &str) -> (usize, usize) {
    let below = format!("{name}/");
    let named = |op: &Op| matches!(op, Op::Rename { to, .. } if to.starts_with(&below));
    let made = |op: &Op| matches!(op, Op::MakeDirectory(path) if path.starts_with(&below));
    (
        log.iter().position(made).unwrap(),
        log.iter().rposition(named).unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_joins_those_under_way_and_keeps_its_order() {
    let mut has_joined = false;
    // Where a machine is so slow that waiting together is not quick, nobody joins.
    for _ in 0..20 {
        let base = tempfile::tempdir().unwrap();
        let mut held = Held::new(base.path()).await;
        for number in 0..4 {
            let name = format!("short{number}");
            held.begin(&name, steps(&name, 2));
        }
        // Nothing can stand below a file.
        held.begin("below", steps("file/x/0/below", 2));
        for (name, outcome) in held.let_go().await {
            assert_eq!(outcome.is_err(), name == "below", "{name}: {outcome:?}");
        }
        let log = held.disk.log();
        let (begun, _) = first_and_last(&log, "short0");
        let longs = ["long0", "long1"].map(|name| first_and_last(&log, name).1);
        check(&log);
        has_joined = longs.iter().all(|end| begun < *end);
        if has_joined {
            break;
        }
    }
    assert!(has_joined);
}

/// No step without those before it, and all of what is acknowledged.
fn check(log: &[Op]) {
    let options = Options {
        exhaustive: 6,
        pairs: 0,
        samples: 10,
        ..Options::default()
    };
    let mut states = 0;
    for state in powerloss::states(log, &options) {
        states += 1;
        for (name, count) in [("long0", LONG), ("short0", 2), ("short3", 2)] {
            let is_there = |step: usize| {
                ["x", "y", "z"].map(|file| {
                    let content = state.files.get(&format!("{name}/{file}/{step}"));
                    content.is_some_and(|content| *content == "content")
                })
            };
            let there: Vec<_> = (0..count).map(is_there).collect();
            let is_acknowledged = state.acknowledged.iter().any(|it| it == name);
            let begun = there.iter().rposition(|step| step.contains(&true));
            let whole = if is_acknowledged {
                count
            } else {
                begun.unwrap_or(0)
            };
            let missing = there
                .iter()
                .take(whole)
                .position(|step| step.contains(&false));
            assert_eq!(
                missing, None,
                "{name}: {:?}, lost {:?}",
                state.files, state.lost
            );
        }
    }
    assert!(states > 200, "only {states} states");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_gone_since_it_was_found_is_put_and_what_another_has_put_stays() {
    let base = tempfile::tempdir().unwrap();
    let mut held = Held::new(base.path()).await;
    let (gone, other) = ("file/x/0", "file/y/0");
    held.begin("same", steps("file", 1));
    // By another process, while nobody has come to the commit yet.
    std::fs::remove_file(base.path().join(gone)).unwrap();
    std::fs::write(base.path().join(other), "another").unwrap();
    for (name, outcome) in held.let_go().await {
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
    }
    let read = async |path| held.store.read(&at(path), 9).await.unwrap();
    assert_eq!(read(gone).await, "content");
    assert_eq!(read(other).await, "another");
}

#[tokio::test(flavor = "multi_thread")]
async fn committers_that_panic_leave_nobody_waiting() {
    let base = tempfile::tempdir().unwrap();
    let mut held = Held::new(base.path()).await;
    for number in 0..4 {
        let name = format!("short{number}");
        held.begin(&name, steps(&name, 2));
    }
    held.gate.break_down();
    let ended = tokio::time::timeout(Duration::from_secs(60), held.let_go()).await;
    for (name, outcome) in ended.expect("somebody waits for ever") {
        assert!(outcome.is_err(), "{name}");
    }
}

/// Steps of a commit that is long.
const LONG: usize = 12;
