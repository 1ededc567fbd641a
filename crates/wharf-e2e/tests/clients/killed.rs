//! `kill -9` at store calls of a deletion, a restoration, a collection and a scrub: both
//! registries serve afterwards what is needed, and the same done again comes to its end.

use std::fs;
use std::path::{Path, PathBuf};

use wharf_e2e::command::Run;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup};

/// What is deleted.
const APP: &str = "team/app";
/// What has some of the same layers, and stays.
const OTHER: &str = "team/app/other";
/// More calls than any of them makes; reaching it means that it never ends.
const MOST_CALLS: usize = 1000;

/// A storage, and a directory for copies of it that both registries serve.
struct Estate {
    scratch: Scratch,
    ours: Server,
    theirs: Server,
    orphan: String,
}

/// Every so many calls there is a kill: the tests of `wharf-registry` let every single one fail,
/// or be the last.
const EVERY: usize = 3;

/// How many calls a task made before it was done, about.
type Calls = usize;

impl Estate {
    fn new() -> Self {
        let scratch = Scratch::new();
        let (whole, now) = (scratch.join("whole"), scratch.join("now"));
        let server = Setup::of(Kind::Wharf).data(&whole).start();
        let image = server.push_image(APP, "1", "amd64");
        for blob in image.blobs() {
            let mount = format!(
                "/v2/{OTHER}/blobs/uploads/?mount={}&from={APP}",
                blob.digest
            );
            server.http().post(&mount).expect(201);
        }
        server.push_manifest(OTHER, "1", &image.json());
        let _ = server.push_index(APP, "2");
        let orphan = server.push_blob(OTHER, "nobody needs it");
        server.stop();
        fs::create_dir(&now).unwrap();
        let (ours, theirs) = (
            Setup::of(Kind::Wharf).data(&now).start(),
            Setup::of(Kind::V3).data(&now).start(),
        );
        Self {
            scratch,
            ours,
            theirs,
            orphan,
        }
    }

    fn whole(&self) -> PathBuf {
        self.scratch.join("whole")
    }

    fn now(&self) -> PathBuf {
        self.scratch.join("now")
    }

    /// Does the task on a copy of the storage, killed at each call in turn, and looks at what is
    /// left.
    fn every_call(&self, task: &str, check: impl Fn(&Self, bool)) -> Calls {
        for call in (1..MOST_CALLS).step_by(EVERY) {
            for name in ["docker", "wharfinger"] {
                let old = self.now().join(name);
                if old.exists() {
                    fs::remove_dir_all(old).unwrap();
                }
                let from = self.whole().join(name);
                if from.exists() {
                    Run::tool("cp").arg("-a").arg(from).arg(self.now()).ok();
                }
            }
            let when = if (call / EVERY).is_multiple_of(2) {
                "before"
            } else {
                "after"
            };
            let done = run(task, &self.now(), call, when);
            told(task, when, call);
            self.is_whole(OTHER, "1");
            check(self, done);
            if done {
                return call;
            }
        }
        panic!("{task} makes more than {MOST_CALLS} store calls");
    }

    /// To both registries.
    fn is_whole(&self, repository: &str, tag: &str) {
        for server in [&self.ours, &self.theirs] {
            let _ = server.whole_image(repository, tag);
        }
    }

    /// Gone or whole, and the same to both.
    fn is_gone(&self, tag: &str) -> bool {
        let gone = [&self.ours, &self.theirs].map(|server| !server.has_manifest(APP, tag));
        assert_eq!(gone[0], gone[1], "they do not agree about {tag}");
        if !gone[0] {
            self.is_whole(APP, tag);
        }
        gone[0]
    }
}

/// Whether it was done.
fn run(task: &str, data: &Path, call: usize, when: &str) -> bool {
    let run = Run::program(env!("CARGO_BIN_EXE_wharf-dies"));
    let call = call.to_string();
    run.arg(task)
        .arg(data)
        .args([call.as_str(), when])
        .succeeds()
}

fn again(task: &str, estate: &Estate) {
    assert!(
        run(task, &estate.now(), 0, "before"),
        "{task} fails after a kill"
    );
}

#[test]
fn a_deletion_that_is_killed_takes_nothing_else_and_can_be_undone() {
    let estate = Estate::new();
    let calls = estate.every_call("delete", |estate, done| {
        let gone = ["1", "2"].map(|tag| estate.is_gone(tag));
        assert!(!done || gone == [true; 2], "it was done, and is there");
        again("delete", estate);
        assert!(estate.is_gone("1") && estate.is_gone("2"));
        again("collect", estate);
        again("restore", estate);
        estate.is_whole(APP, "1");
        estate.is_whole(APP, "2");
    });
    assert!(calls > 30, "only {calls} calls");
}

#[test]
fn a_restoration_that_is_killed_can_be_begun_again() {
    let estate = Estate::new();
    assert!(run("delete", &estate.whole(), 0, "before"));
    assert!(run("collect", &estate.whole(), 0, "before"));
    let calls = estate.every_call("restore", |estate, done| {
        let gone = ["1", "2"].map(|tag| estate.is_gone(tag));
        assert!(!done || gone == [false; 2], "it was done, and is not there");
        again("collect", estate);
        again("restore", estate);
        estate.is_whole(APP, "1");
        estate.is_whole(APP, "2");
    });
    assert!(calls > 30, "only {calls} calls");
}

#[test]
fn a_collection_that_is_killed_has_removed_nothing_that_is_needed() {
    let estate = Estate::new();
    let calls = estate.every_call("collect", |estate, done| {
        estate.is_whole(APP, "1");
        estate.is_whole(APP, "2");
        let is_there = |server: &Server| server.has_blob(OTHER, &estate.orphan);
        assert_eq!(is_there(&estate.ours), is_there(&estate.theirs));
        assert!(
            !done || !is_there(&estate.ours),
            "it was done, and frees nothing"
        );
        again("collect", estate);
        assert!(!is_there(&estate.ours));
        estate.is_whole(APP, "2");
    });
    assert!(calls > 30, "only {calls} calls");
}

#[test]
fn a_scrub_that_is_killed_has_removed_nothing_that_is_right() {
    let estate = Estate::new();
    let hex = estate.orphan.strip_prefix("sha256:").unwrap();
    let data = format!("docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2]);
    fs::write(estate.whole().join(data), "rotten").unwrap();
    let links = "docker/registry/v2/repositories/team/app/_layers/sha256";
    let dangling = estate.whole().join(links).join("0".repeat(64));
    fs::create_dir(&dangling).unwrap();
    fs::write(dangling.join("link"), format!("sha256:{}", "0".repeat(64))).unwrap();
    let calls = estate.every_call("scrub", |estate, done| {
        let is_there = estate.ours.has_blob(OTHER, &estate.orphan);
        assert!(!done || !is_there, "it was done, and serves damage");
        again("scrub", estate);
        assert!(!estate.ours.has_blob(OTHER, &estate.orphan));
        let healed = estate.ours.push_blob(OTHER, "nobody needs it");
        assert_eq!(estate.theirs.blob(OTHER, &healed), "nobody needs it");
        estate.is_whole(APP, "1");
        estate.is_whole(APP, "2");
    });
    assert!(calls > 30, "only {calls} calls");
}

#[expect(clippy::print_stdout, reason = "shown when it fails")]
fn told(task: &str, when: &str, call: usize) {
    println!("{task}: killed {when} call {call}");
}
