//! `wharf garbage-collect` in place of distribution's: the same trees are left, and the same
//! lines written, where distribution's own neither breaks off nor breaks images.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use wharf_e2e::command::{Output, Run};
use wharf_e2e::contents::Manifest;
use wharf_e2e::publish::{OCI_INDEX, descriptor};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup, wharf};

const APP: &str = "team/app";

/// Images with and without tags, an index in an index, and garbage, as v3 stores them.
fn estate(root: &Path) {
    let server = Setup::of(Kind::V3).data(root).start();
    _ = server.push_image(APP, "1", "amd64");
    let old = server.push_image(APP, "old", "amd64");
    let new = server.push_image(APP, "new", "amd64");
    server.push_manifest(APP, "moved", &old.json());
    server.push_manifest(APP, "moved", &new.json());
    let index = server.push_index(APP, "multi");
    let entry = descriptor(OCI_INDEX, &index.digest, index.body.len());
    let outer = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]});
    server.push_manifest(APP, "nested", &outer);
    for tag in ["old", "multi", "multi-amd64", "multi-arm64"] {
        delete(&server, "team/app", tag);
    }
    let gone = server.push_image(APP, "gone", "amd64");
    delete(&server, APP, &gone.digest);
    server.push_blob(APP, "of no image");
    let other = server.push_image("team/app/other", "1", "amd64");
    server.push_blob("team/app/other", "of no image");
    delete(&server, "team/app/other", &other.digest);
    _ = server.push_image("team/app/other", "2", "arm64");
    server.stop();
}

fn delete(server: &Server, repository: &str, reference: &str) {
    let target = format!("/v2/{repository}/manifests/{reference}");
    server.http().delete(&target).expect(202);
}

/// A configuration that both understand.
fn configuration(scratch: &Scratch, data: &Path) -> PathBuf {
    let config = json!({
        "version": 0.1,
        "log": {"level": "error"},
        "storage": {
            "filesystem": {"rootdirectory": data.display().to_string()},
            "delete": {"enabled": true},
        },
        "http": {"addr": "127.0.0.1:0"},
    });
    let path = scratch.join(format!("{}.yml", data.file_name().unwrap().display()));
    fs::write(&path, config.to_string()).unwrap();
    path
}

fn copy(from: &Path, to: &Path) {
    Run::tool("cp").arg("-a").args([from, to]).ok();
}

/// Files with their content; directories without any are left out, since distribution
/// leaves that of every layer link.
fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut next = vec![root.join("docker")];
    while let Some(directory) = next.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                next.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Each line, as often as it stands there.
fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn assert_same(flags: &[&str]) -> BTreeSet<PathBuf> {
    let scratch = Scratch::new();
    let roots = ["ours", "theirs"].map(|name| scratch.join(name));
    estate(&roots[0]);
    copy(&roots[0], &roots[1]);
    let before = tree(&roots[0]);
    let run = |program: Run, data: &Path| {
        let config = configuration(&scratch, data);
        program.arg("garbage-collect").args(flags).arg(config).ok()
    };
    let ours = run(Run::program(wharf()), &roots[0]);
    let theirs = run(Run::tool("registry"), &roots[1]);
    assert_eq!(lines(&ours), lines(&theirs), "{flags:?}: {}", ours.stderr);
    let (left, expected) = (tree(&roots[0]), tree(&roots[1]));
    let names = |tree: &BTreeMap<PathBuf, Vec<u8>>| tree.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&left), names(&expected), "{flags:?}");
    assert_eq!(left, expected, "{flags:?}");
    names(&before).difference(&names(&left)).cloned().collect()
}

#[test]
fn it_leaves_what_distribution_leaves_and_says_what_it_says() {
    let gone = assert_same(&[]);
    let data = gone.iter().filter(|path| path.ends_with("data")).count();
    // Config, two layers and manifest of each of two images, and one blob.
    assert_eq!(data, 9, "{gone:#?}");
}

#[test]
fn a_dry_run_says_what_distributions_says_and_removes_nothing() {
    assert_eq!(assert_same(&["-d"]).len(), 0);
    assert_eq!(assert_same(&["--dry-run", "-m"]).len(), 0);
}

#[test]
fn manifests_without_a_tag_go_as_with_distribution() {
    let gone = assert_same(&["-m"]);
    let is_revision = |path: &&PathBuf| path.to_string_lossy().contains("/revisions/");
    assert_eq!(gone.iter().filter(is_revision).count(), 1, "{gone:#?}");
}

#[test]
fn quiet_is_quiet() {
    assert_same(&["-q"]);
}

/// What distribution breaks off at, or takes away with what it belongs to. Differences that
/// are meant: each of these ends distribution's run with 1, or loses the referrer.
#[test]
fn it_goes_on_where_distribution_does_not() {
    let scratch = Scratch::new();
    let root = scratch.join("data");
    let config = configuration(&scratch, &root);
    let command = |flags: &str| {
        let run = Run::program(wharf()).words("garbage-collect");
        let run = if flags.is_empty() {
            run
        } else {
            run.words(flags)
        };
        run.arg(&config)
    };
    let collect = |flags: &str| command(flags).ok();
    // No store: somebody has mistyped it.
    let none = command("").fails();
    assert!(none.mentions("storage.filesystem.rootdirectory"));
    assert!(!root.exists());
    fs::create_dir(&root).unwrap();
    // An empty store: nothing is there, and that is fine.
    let empty = collect("");
    assert!(empty.mentions("0 blobs marked, 0 blobs and 0 manifests"));

    let server = Setup::of(Kind::V3).data(&root).start();
    let none = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []});
    server.push_manifest("indexes", "none", &none);
    let image = server.push_image(APP, "1", "amd64");
    let broken = server.push_image("broken", "1", "amd64");
    let garbage = server.push_blob(APP, "garbage");
    let mut signature = image.json();
    signature["subject"] = descriptor(&image.media_type, &image.digest, image.body.len());
    let signature = signed(&server, &signature);
    server.stop();
    let link = format!(
        "docker/registry/v2/repositories/broken/_manifests/revisions/{}/link",
        broken.digest.replace(':', "/")
    );
    fs::write(root.join(&link), "").unwrap();

    let output = collect("-m");
    assert!(output.stderr.contains(&link), "{}", output.stderr);
    assert!(output.mentions(&format!("blob eligible for deletion: {garbage}")));
    let server = Setup::of(Kind::Wharf).data(&root).start();
    assert_eq!(server.whole_image(APP, "1"), image);
    assert!(server.has_manifest(APP, &signature.digest));
    assert!(server.has_manifest("indexes", "none"));
    assert!(!server.has_blob(APP, &garbage));
    server.stop();
    fs::write(root.join(&link), &broken.digest).unwrap();
    let server = Setup::of(Kind::Wharf).data(&root).start();
    assert_eq!(server.whole_image("broken", "1"), broken);
}

fn signed(server: &Server, signature: &serde_json::Value) -> Manifest {
    let body = signature.to_string();
    let digest = wharf_e2e::digest::sha256(body.as_bytes());
    server.push_manifest(APP, &digest, signature);
    server.manifest(APP, &digest)
}

/// What clients were told not long ago stays for the grace, and everything can be asked while a
/// server runs.
#[test]
fn beside_a_server_garbage_goes_after_its_grace() {
    let scratch = Scratch::new();
    let root = scratch.join("data");
    let server = Setup::of(Kind::Wharf).data(&root).start();
    let config = configuration(&scratch, &root);
    let image = server.push_image(APP, "1", "amd64");
    let garbage = server.push_blob(APP, "garbage");
    let wharf_with = |words: &str| Run::program(wharf()).words(words).arg(&config);
    let output = wharf_with("garbage-collect --grace 1h").ok();
    assert!(
        output.stderr.contains("1 blobs (7 B) stay until"),
        "{}",
        output.stderr
    );
    assert!(server.has_blob(APP, &garbage));

    let explain = |digest: &str| {
        let run = Run::program(wharf()).words("gc explain --json").arg(digest);
        run.arg("--config").arg(&config)
    };
    let told = explain(&image.blobs()[0].digest).ok().json();
    assert_eq!(told["state"], "kept");
    assert!(
        told["holders"].to_string().contains(&image.digest),
        "{told}"
    );
    let told = explain(&garbage).fails().json();
    assert_eq!(told["state"], "waiting");

    let output = wharf_with("garbage-collect --json --grace 0s").ok().json();
    assert_eq!(output["collected"]["bytes"], 7);
    assert!(!server.has_blob(APP, &garbage));
    assert_eq!(server.whole_image(APP, "1"), image);
    assert_eq!(explain(&garbage).fails().json()["state"], "absent");
    let status = wharf_with("gc status --now --json").ok().json();
    assert_eq!(status["last"]["bytes"], 7);
    assert_eq!(status["now"]["bytes"], 0);

    server.push_blob(APP, "more garbage");
    server.kill();
    let output = wharf_with("garbage-collect").ok();
    assert!(
        output.stderr.contains("12 B were freed"),
        "{}",
        output.stderr
    );
}

/// Clients of a running server may rely on what they were told; the operator may say that
/// there are none.
#[test]
fn beside_a_server_there_is_a_grace_without_being_asked_for() {
    let scratch = Scratch::new();
    let root = scratch.join("data");
    let server = Setup::of(Kind::Wharf).data(&root).start();
    let config = configuration(&scratch, &root);
    let garbage = server.push_blob(APP, "garbage");
    let wharf_with = |words: &str| Run::program(wharf()).words(words).arg(&config);
    let output = wharf_with("garbage-collect").ok();
    assert!(
        output.stderr.contains("--grace 0s frees them now"),
        "{}",
        output.stderr
    );
    assert!(server.has_blob(APP, &garbage));
    let output = wharf_with("garbage-collect --json --grace 0s").ok().json();
    assert_eq!(
        (&output["server"], &output["collected"]["bytes"]),
        (&true.into(), &7.into())
    );
    server.push_blob(APP, "more garbage");
    server.kill();
    let output = wharf_with("garbage-collect").ok();
    assert!(
        output.stderr.contains("12 B were freed"),
        "{}",
        output.stderr
    );
}
