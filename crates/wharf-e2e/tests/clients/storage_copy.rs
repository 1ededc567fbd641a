//! `wharf storage copy` between directories: beside a server that is pushed to, killed, and to
//! the end, where the copy takes the server's place.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wharf_e2e::bucket::Bucket;
use wharf_e2e::command::Run;
use wharf_e2e::configured::Configuration;
use wharf_e2e::daemon::Daemon;
use wharf_e2e::noise;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup, wharf};

use crate::golden::tree::Tree;

const APP: &str = "library/app";
const LIMIT: Duration = Duration::from_secs(60);

/// A configuration of a storage in this directory.
fn configuration(scratch: &Scratch, directory: &str) -> PathBuf {
    let file = scratch.join(format!("{directory}.yml"));
    let config = json!({
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": scratch.join(directory)}},
    });
    fs::write(&file, config.to_string()).unwrap();
    file
}

fn command(from: &Path, to: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(wharf());
    // It would be said of both.
    command.env("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY", "/nowhere");
    command.args(["storage", "copy", "--from"]).arg(from);
    command.arg("--to").arg(to).args(words);
    command
}

fn run(from: &Path, to: &Path, words: &[&str]) -> Output {
    command(from, to, words).output().unwrap()
}

/// Its exit code and what it says as JSON.
fn copy(from: &Path, to: &Path, words: &[&str]) -> (i32, Value) {
    let output = run(from, to, &[&["--json"], words].concat());
    let told = serde_json::from_slice(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let told = told.unwrap_or_else(|error| panic!("{error}: {errors}"));
    (output.status.code().unwrap(), told)
}

/// Lines for what is not the same in both. Uploads do not go along, not even empty directories;
/// what a killed write has left under a name of its own is purged when it is old.
fn differences(one: &Path, other: &Path) -> Vec<String> {
    let read = |root: &Path| Tree::read(root, &BTreeMap::new());
    let mut lines = read(one).differences(&read(other));
    let is_left = |line: &str| {
        line.split(": ")
            .next()
            .is_some_and(|path| path.ends_with(".tmp"))
    };
    lines.retain(|line| !line.ends_with("/_uploads: empty directory") && !is_left(line));
    lines
}

#[test]
fn a_registry_moves_while_clients_push() {
    let scratch = Scratch::new();
    let (old, new) = (
        configuration(&scratch, "old"),
        configuration(&scratch, "new"),
    );
    let server = Setup::of(Kind::Wharf).data(&scratch.join("old")).start();
    let _ = server.push_image(APP, "1", "amd64");
    let doomed = server.push_image(APP, "doomed", "arm64");
    let _ = server.push_index("library/multi", "latest");
    server.push_blob("library/large", noise::bytes(3, 20_000_000));

    let (stop, pushed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut passes = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let number = pushed.fetch_add(1, Ordering::Relaxed);
                let _ = server.push_image(&format!("team/app{}", number % 3), "moving", "amd64");
                let _ = server.push_image(APP, &format!("new-{number}"), "amd64");
            }
        });
        while pushed.load(Ordering::Relaxed) < 6 || passes < 3 {
            let (code, told) = copy(&old, &new, &["--at-once", "2"]);
            passes += 1;
            if code != 0 {
                stop.store(true, Ordering::Relaxed);
                panic!("{told:#}");
            }
            check_whole(&new);
        }
        stop.store(true, Ordering::Relaxed);
    });
    server
        .http()
        .delete(&format!("/v2/{APP}/manifests/{}", doomed.digest))
        .expect(202);
    assert!(server.stop().success());

    // The switch: nothing is pushed any more, and the last pass brings what is missing.
    let reading = Configuration::default()
        .set(
            "storage.filesystem.rootdirectory",
            json!(scratch.join("old")),
        )
        .set("storage.maintenance.readonly.enabled", json!(true))
        .start();
    let kept = copy(&old, &new, &[]).1;
    assert_eq!(kept["summary"]["left"]["tags"], 1, "{kept:#}");
    let (code, told) = copy(&old, &new, &["--delete", "--verify"]);
    assert_eq!(
        (code, &told["summary"]["behind"]),
        (0, &json!(0)),
        "{told:#}"
    );
    assert_eq!(told["summary"]["removed"]["tags"], 1, "{told:#}");
    let (code, told) = copy(&old, &new, &["--delete"]);
    assert_eq!(
        (code, &told["summary"]["changed"]),
        (0, &json!(0)),
        "{told:#}"
    );
    assert!(reading.stop().success());

    let tags = check_served(&scratch, Kind::Wharf);
    assert!(!tags.contains(&"doomed".to_owned()), "{tags:?}");
    assert!(tags.contains(&"new-0".to_owned()), "{tags:?}");
    // What was removed has left an empty directory in one of them, or none.
    let mut differ = differences(&scratch.join("old"), &scratch.join("new"));
    differ.retain(|line| !line.ends_with(": empty directory"));
    assert_eq!(differ, [] as [String; 0]);
}

/// Scrubs it: every link leads somewhere, and every blob is right.
fn check_whole(config: &Path) {
    let output = Command::new(wharf())
        .args(["scrub", "--rate", "0", "--json"])
        .arg(config)
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = told["findings"].as_array().unwrap().iter();
    // A killed copy leaves directories that have no data yet.
    let findings: Vec<_> = findings.filter(|it| it["kind"] != "strange").collect();
    assert!(findings.is_empty(), "{findings:#?}");
}

/// Every tag of the new storage can be pulled; the tags of one repository.
fn check_served(scratch: &Scratch, kind: Kind) -> Vec<String> {
    let server = Setup::of(kind).data(&scratch.join("new")).start();
    let mut images = 0;
    for name in server.repositories() {
        // One has a layer only.
        if name == "library/large" {
            continue;
        }
        for tag in server.tags(&name) {
            let _ = server.whole_image(&name, &tag);
            images += 1;
        }
    }
    assert!(images > 5, "{images} images");
    let tags = server.tags(APP);
    // The Go registry says that it was ended by a signal.
    server.stop();
    tags
}

fn estate(scratch: &Scratch, by: Kind) -> Server {
    let server = Setup::of(by).data(&scratch.join("old")).start();
    for tag in ["1", "2", "3"] {
        let _ = server.push_image(APP, tag, "amd64");
        let _ = server.push_image(APP, "latest", tag);
    }
    let _ = server.push_index("library/multi", "latest");
    server
}

/// Of either registry, to either registry.
#[test]
fn the_copy_is_the_tree_that_was_pushed() {
    for by in [Kind::Wharf, Kind::V3, Kind::Debian] {
        let scratch = Scratch::new();
        let (old, new) = (
            configuration(&scratch, "old"),
            configuration(&scratch, "new"),
        );
        estate(&scratch, by).stop();
        let (code, told) = copy(&old, &new, &[]);
        assert_eq!(code, 0, "{told:#}");
        let differ = differences(&scratch.join("old"), &scratch.join("new"));
        assert_eq!(differ, [] as [String; 0], "{by:?}");
        for kind in [Kind::Wharf, Kind::V3] {
            check_served(&scratch, kind);
        }
    }
}

/// Into a bucket and back, with a blob that is sent and copied in parts.
#[test]
fn what_goes_into_a_bucket_comes_back() {
    let (scratch, bucket) = (Scratch::new(), Bucket::shared());
    let server = estate(&scratch, Kind::Wharf);
    server.push_blob("library/large", noise::bytes(7, 40_000_000));
    let data = server.data().to_owned();
    assert!(server.stop().success());
    let section = bucket.section(&scratch.path().display().to_string());
    let files = [
        ("from", json!({"filesystem": {"rootdirectory": data}})),
        ("bucket", json!({"s3": section})),
        (
            "back",
            json!({"filesystem": {"rootdirectory": scratch.join("back")}}),
        ),
    ];
    let [from, through, back] = files.map(|(name, storage)| {
        let file = scratch.join(format!("{name}-config.yml"));
        let config = json!({"version": 0.1, "storage": storage});
        fs::write(&file, config.to_string()).unwrap();
        file
    });
    fs::create_dir_all(scratch.join("back")).unwrap();
    let (code, told) = copy(&from, &through, &[]);
    assert_eq!(code, 0, "{told:#}");
    let (code, told) = copy(&from, &through, &["--verify"]);
    assert_eq!(
        (code, &told["summary"]["blobs"]),
        (0, &json!(0)),
        "{told:#}"
    );
    let (code, told) = copy(&through, &back, &[]);
    assert_eq!(code, 0, "{told:#}");
    assert_eq!(
        differences(&data, &scratch.join("back")),
        Vec::<String>::new()
    );
}

#[test]
fn a_copy_that_is_killed_is_made_again() {
    let scratch = Scratch::new();
    let new = configuration(&scratch, "new");
    assert!(estate(&scratch, Kind::Wharf).stop().success());
    let dies = |call: usize, when: &str| {
        let run = Run::program(env!("CARGO_BIN_EXE_wharf-dies"));
        let call = call.to_string();
        run.arg("copy")
            .arg(scratch.path())
            .args([call.as_str(), when])
            .succeeds()
    };
    let mut calls = 1_usize;
    while calls < 10_000 {
        if scratch.join("new").exists() {
            fs::remove_dir_all(scratch.join("new")).unwrap();
        }
        let when = if calls.is_multiple_of(2) {
            "before"
        } else {
            "after"
        };
        let done = dies(calls, when);
        check_whole(&new);
        assert!(dies(0, when), "it fails after call {calls}");
        let differ = differences(&scratch.join("old"), &scratch.join("new"));
        assert_eq!(differ, [] as [String; 0], "call {calls}");
        let state = scratch.join("new/wharfinger/state/v1/copying");
        assert!(!state.exists(), "call {calls}");
        if done {
            break;
        }
        calls += 11;
    }
    assert!((50..10_000).contains(&calls), "{calls} calls");
}

/// In the middle of a large blob, by the clock and not by the call.
#[test]
fn a_process_that_is_killed_in_a_large_blob_leaves_nothing_to_be_found() {
    let scratch = Scratch::new();
    let (old, new) = (
        configuration(&scratch, "old"),
        configuration(&scratch, "new"),
    );
    let server = Setup::of(Kind::Wharf).data(&scratch.join("old")).start();
    let digest = server.push_blob(APP, noise::bytes(5, 30_000_000));
    let words = ["storage", "copy", "--rate", "3MB/s", "--from"].map(str::to_owned);
    let files = [&old, &new].map(|file| file.display().to_string());
    let [from, to] = files;
    let words = words.into_iter().chain([from, "--to".to_owned(), to]);
    let mut copying = Daemon::start(&wharf(), words, &[], &scratch.join("log"));
    let staged = scratch.join("new/wharfinger/state/v1/copying/0");
    let has_begun = || fs::metadata(&staged).is_ok_and(|file| file.len() > 1_000_000);
    copying.wait_until(LIMIT, has_begun).unwrap();
    // Nobody else may copy there meanwhile.
    let refused = run(&old, &new, &[]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("another copy"), "{said}");
    copying.kill();
    let data = data(&scratch.join("new"), &digest);
    assert!(staged.exists() && !data.exists());
    let began = Instant::now();
    let (code, told) = copy(&old, &new, &[]);
    assert_eq!(
        (code, &told["summary"]["blobs"]),
        (0, &json!(1)),
        "{told:#}"
    );
    assert!(began.elapsed() < LIMIT && data.exists() && !staged.exists());
}

fn data(root: &Path, digest: &str) -> PathBuf {
    let hex = digest.strip_prefix("sha256:").unwrap();
    root.join(format!(
        "docker/registry/v2/blobs/sha256/{}/{hex}/data",
        &hex[..2]
    ))
}

#[test]
fn exit_codes_say_what_became_of_it() {
    let scratch = Scratch::new();
    let (old, new) = (
        configuration(&scratch, "old"),
        configuration(&scratch, "new"),
    );
    let server = estate(&scratch, Kind::Wharf);
    let lost = server.push_image(APP, "lost", "amd64");
    let layer = &lost.blobs()[0].digest;
    let rotten = data(&scratch.join("old"), layer);
    let mut bytes = fs::read(&rotten).unwrap();
    bytes[50_000] ^= 1;
    fs::write(&rotten, bytes).unwrap();
    let (code, told) = copy(&old, &new, &[]);
    assert_eq!(
        (code, &told["summary"]["problems"]),
        (1, &json!(3)),
        "{told:#}"
    );
    let problems = told["problems"].as_array().unwrap();
    assert_eq!(problems[0]["kind"], "corrupt", "{told:#}");
    assert_eq!(problems[0]["digest"], json!(layer), "{told:#}");
    assert!(problems.iter().any(|it| it["tag"] == "lost"), "{told:#}");
    let text = String::from_utf8(run(&old, &new, &[]).stdout).unwrap();
    assert!(
        text.contains("withheld: ") && text.contains("3 things could not be copied"),
        "{text}"
    );
    check_whole(&new);

    for (from, to, hint) in [
        (&old, &old, "the same storage"),
        (&new, &old, "a server is running on the target"),
        (&configuration(&scratch, "nowhere"), &new, "is no directory"),
        (&scratch.join("no.yml"), &new, "cannot be read"),
    ] {
        let output = run(from, to, &[]);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(hint), "{hint} is missing: {errors}");
    }
    fs::create_dir(scratch.join("empty")).unwrap();
    let output = run(&configuration(&scratch, "empty"), &new, &["--delete"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("holds no repository"), "{errors}");
    assert!(!scratch.join("nowhere").exists());
    assert!(server.stop().success());
}
