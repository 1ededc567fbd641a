//! Does things to a store on a recording disk, and checks what is left after power loss.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use wharf_store::fs::powerloss::{self, Options, State};
use wharf_store::fs::{Op, RecordingDisk};
use wharf_store::{Appender, Durability, FileStore, Store, StorePath};

use crate::hooked::HookedDisk;

/// A store whose every promise is written down, and marked in the log of its disk:
/// before it is asked for (from then on it may hold) and when it is given.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) disk: RecordingDisk,
    pub(crate) store: FileStore,
    promises: Arc<Mutex<Vec<Promise>>>,
}

struct Promise {
    path: String,
    holds: Holds,
}

/// What a file may look like.
#[derive(Clone, Debug)]
enum Holds {
    Exactly(Bytes),
    AtLeast(Bytes),
    Nothing,
    Anything,
}

/// Where the root is below the recording's base.
const ROOT: &str = "new/root/";

// === impl Script ===

impl Script {
    pub(crate) fn new(base: &tempfile::TempDir) -> Self {
        Self::hooked(base, |_| Ok(()))
    }

    /// With a hook before each change of the disk.
    pub(crate) fn hooked(
        base: &tempfile::TempDir,
        hook: impl Fn(&'static str) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let disk = RecordingDisk::new(base.path()).unwrap();
        let hooked = HookedDisk::new(disk.clone(), hook);
        let store = FileStore::on(hooked, base.path().join(ROOT)).unwrap();
        Self {
            disk,
            store,
            promises: Arc::default(),
        }
    }

    pub(crate) async fn put(&self, path: &str, content: &'static str) {
        self.put_as(
            path,
            content,
            Durability::Durable,
            Holds::Exactly(content.into()),
        )
        .await;
    }

    pub(crate) async fn put_lazily(&self, path: &str, content: &'static str) {
        self.put_as(path, content, Durability::Lazy, Holds::Anything)
            .await;
    }

    /// Durably, but someone may remove it at any time.
    pub(crate) async fn put_and_forget(&self, path: &str, content: &'static str) {
        self.put_as(path, content, Durability::Durable, Holds::Anything)
            .await;
    }

    /// As [`Script::put_and_forget`].
    pub(crate) async fn publish_and_forget(&self, from: &str, to: &str) {
        let gone = self.begin(from, Holds::Anything);
        self.expect_anything(to);
        self.store.publish(&at(from), &at(to)).await.unwrap();
        self.disk.mark(gone);
    }

    /// Someone who promises nothing may write there from now on.
    pub(crate) fn expect_anything(&self, path: &str) {
        _ = self.begin(path, Holds::Anything);
    }

    /// If it is there, it was promised to stay.
    pub(crate) async fn promise_what_is_there(&self, path: &str) {
        if let Ok(content) = self.store.read(&at(path), u64::MAX).await {
            let done = self.begin(path, Holds::Exactly(content));
            self.disk.mark(done);
        }
    }

    async fn put_as(
        &self,
        path: &str,
        content: &'static str,
        durability: Durability,
        holds: Holds,
    ) {
        let done = self.begin(path, holds);
        self.store
            .put(&at(path), content.into(), durability)
            .await
            .unwrap();
        self.disk.mark(done);
    }

    pub(crate) async fn open(&self, path: &str) -> (String, Box<dyn Appender>) {
        if self.store.size(&at(path)).await.is_err() {
            self.expect_anything(path);
        }
        let appender = self.store.appender(&at(path)).await.unwrap();
        (path.to_owned(), appender)
    }

    /// Of which nothing is promised.
    pub(crate) async fn write(&self, appender: &mut dyn Appender, content: &'static str) {
        appender.write(&[content.into()]).await.unwrap();
    }

    pub(crate) async fn append(
        &self,
        (path, appender): &mut (String, Box<dyn Appender>),
        content: &'static str,
    ) {
        self.write(appender.as_mut(), content).await;
        let whole = self.store.read(&at(path), u64::MAX).await.unwrap();
        let done = self.begin(path, Holds::AtLeast(whole));
        appender.sync().await.unwrap();
        self.disk.mark(done);
    }

    pub(crate) async fn publish(&self, from: &str, to: &str) {
        let content = self.store.read(&at(from), u64::MAX).await.unwrap();
        let gone = self.begin(from, Holds::Anything);
        let done = self.begin(to, Holds::Exactly(content));
        self.store.publish(&at(from), &at(to)).await.unwrap();
        self.disk.mark(gone);
        self.disk.mark(done);
    }

    /// Removes a file or a tree, of which all files are named.
    pub(crate) async fn remove(&self, path: &str, files: &[&str]) {
        let done: Vec<_> = files
            .iter()
            .map(|file| self.begin(file, Holds::Nothing))
            .collect();
        self.store.remove(&at(path)).await.unwrap();
        done.into_iter().for_each(|done| self.disk.mark(done));
    }

    /// The mark that says that it was done.
    fn begin(&self, path: &str, holds: Holds) -> String {
        let mut promises = self.promises.lock().unwrap();
        promises.push(Promise {
            path: path.to_owned(),
            holds,
        });
        let number = promises.len() - 1;
        self.disk.mark(format!("begin {number}"));
        format!("done {number}")
    }

    /// How many states were checked, or the first that breaks a promise.
    pub(crate) fn check(&self, options: &Options) -> Result<usize, String> {
        self.check_log(&self.disk.log(), options)
    }

    pub(crate) fn check_log(&self, log: &[Op], options: &Options) -> Result<usize, String> {
        let mut count = 0;
        for state in powerloss::states(log, options) {
            self.check_state(&state)?;
            count += 1;
        }
        Ok(count)
    }

    fn check_state(&self, state: &State) -> Result<(), String> {
        let promises = self.promises.lock().unwrap();
        let mut allowed: BTreeMap<&str, Vec<&Holds>> = BTreeMap::new();
        for mark in &state.acknowledged {
            let (word, number) = mark.split_once(' ').unwrap();
            let promise = &promises[number.parse::<usize>().unwrap()];
            let allowed = allowed
                .entry(&promise.path)
                .or_insert_with(|| vec![&Holds::Nothing]);
            if word == "done" {
                // What was begun earlier is over; what was begun since may be there.
                let at = allowed
                    .iter()
                    .position(|holds| std::ptr::eq(*holds, &promise.holds))
                    .unwrap();
                allowed.drain(..at);
            } else {
                allowed.push(&promise.holds);
            }
        }
        for (path, allowed) in &allowed {
            let content = state.files.get(&format!("{ROOT}{path}"));
            if !allowed.iter().any(|holds| holds.fits(content)) {
                let State {
                    moment,
                    lost,
                    acknowledged,
                    ..
                } = state;
                return Err(format!(
                    "{path} is {content:?}, not {allowed:?}, at {moment} after {acknowledged:?}, {lost:#?}"
                ));
            }
        }
        let is_known = |path: &str| {
            path.ends_with(".tmp")
                || path
                    .strip_prefix(ROOT)
                    .is_some_and(|path| allowed.contains_key(path))
        };
        match state.files.keys().find(|path| !is_known(path)) {
            Some(path) => Err(format!("{path} came from nowhere")),
            None => Ok(()),
        }
    }
}

// === impl Holds ===

impl Holds {
    fn fits(&self, content: Option<&Bytes>) -> bool {
        match self {
            Self::Exactly(bytes) => content == Some(bytes),
            Self::AtLeast(bytes) => content.is_some_and(|content| content.starts_with(bytes)),
            Self::Nothing => content.is_none(),
            Self::Anything => true,
        }
    }
}

pub(crate) fn at(path: &str) -> StorePath {
    StorePath::new(path).unwrap()
}
