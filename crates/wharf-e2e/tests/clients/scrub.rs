//! `wharf scrub` on the files of a stored image that rot, beside a server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup, wharf};

const REPOSITORY: &str = "library/app";

/// The file of a blob.
fn data(server: &Server, digest: &str) -> PathBuf {
    let hex = digest.strip_prefix("sha256:").unwrap();
    let shard = &hex[..2];
    let blob = format!("docker/registry/v2/blobs/sha256/{shard}/{hex}/data");
    server.data().join(blob)
}

fn quarantined(server: &Server, digest: &str) -> PathBuf {
    let hex = digest.strip_prefix("sha256:").unwrap();
    let aside = format!("wharfinger/state/v1/quarantine/sha256/{hex}");
    server.data().join(aside)
}

/// A configuration for the command, of the same directory and without a grace.
fn configuration(scratch: &Scratch, directory: &Path) -> PathBuf {
    let file = scratch.join("config.yml");
    let config = json!({
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": directory}},
        "wharfinger": {"collection": {"grace": "1ms"}},
    });
    fs::write(&file, config.to_string()).unwrap();
    file
}

fn run(words: &[&str], config: &Path) -> Output {
    let mut command = Command::new(wharf());
    command.env_remove("REGISTRY_CONFIGURATION_PATH");
    command.arg("scrub").args(words).arg(config);
    command.output().unwrap()
}

/// Its exit code and what it says as JSON.
fn scrub(words: &[&str], config: &Path) -> (i32, Value) {
    let output = run(&[&["--json"], words].concat(), config);
    let told = serde_json::from_slice(&output.stdout);
    (output.status.code().unwrap(), told.unwrap())
}

fn kinds(told: &Value) -> Vec<&str> {
    let findings = told["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn what_rots_is_found_moved_aside_and_healed_by_the_next_push() {
    let scratch = Scratch::new();
    let server = Setup::of(Kind::Wharf).data(&scratch.join("data")).start();
    let config = configuration(&scratch, server.data());
    let image = server.push_image(REPOSITORY, "latest", "amd64");
    let (code, told) = scrub(&[], &config);
    assert_eq!((code, kinds(&told)), (0, vec![]), "{told:#}");
    assert_eq!(told["summary"]["blobs"], 4, "{told:#}");

    // A layer rots, and the manifest.
    let layer = &image.blobs()[0].digest;
    let mut bytes = fs::read(data(&server, layer)).unwrap();
    bytes[50_000] ^= 1;
    fs::write(data(&server, layer), bytes).unwrap();
    fs::write(data(&server, &image.digest), b"").unwrap();
    let (code, told) = scrub(&[], &config);
    assert_eq!(code, 1);
    let corrupt = kinds(&told);
    let corrupt = corrupt.iter().filter(|kind| **kind == "corrupt");
    assert_eq!(corrupt.count(), 2, "{told:#}");
    // Clients still get what is there.
    assert!(server.has_blob(REPOSITORY, layer));

    let output = run(&["--repair", "--rate", "0"], &config);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("; quarantined: push an image"), "{text}");
    for digest in [layer, &image.digest] {
        assert!(!data(&server, digest).exists() && quarantined(&server, digest).is_file());
    }
    assert!(!server.has_blob(REPOSITORY, layer));
    assert!(!server.has_manifest(REPOSITORY, "latest"));

    let again = server.push_image(REPOSITORY, "latest", "amd64");
    assert_eq!(again, image);
    assert_eq!(server.whole_image(REPOSITORY, "latest"), image);
    let (code, told) = scrub(&["--repair"], &config);
    assert_eq!((code, kinds(&told)), (0, vec!["healed"; 2]), "{told:#}");
    assert!(!quarantined(&server, layer).exists());
    let (code, told) = scrub(&[], &config);
    assert_eq!((code, kinds(&told)), (0, vec![]), "{told:#}");
    assert!(server.stop().success());
}

#[test]
fn links_that_lead_nowhere_go_and_nothing_else() {
    let scratch = Scratch::new();
    let server = Setup::of(Kind::Wharf).data(&scratch.join("data")).start();
    let config = configuration(&scratch, server.data());
    let _kept = server.push_image(REPOSITORY, "kept", "amd64");
    let lost = server.push_image(REPOSITORY, "lost", "arm64");
    fs::remove_file(data(&server, &lost.digest)).unwrap();
    let layers = "docker/registry/v2/repositories/library/app/_layers/sha256";
    let empty = server.data().join(layers).join("aa".repeat(32));
    fs::create_dir(&empty).unwrap();
    fs::write(empty.join("link"), b"").unwrap();
    // The clock of the filesystem goes on.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let (code, told) = scrub(&[], &config);
    assert_eq!(code, 1);
    // Once the blob's directory without its data was a finding, too: it stays.
    let expected = [
        "strange",
        "broken-link",
        "dangling-link",
        "dangling-tag",
        "stale-history",
    ];
    assert_eq!(kinds(&told), expected, "{told:#}");
    let (code, told) = scrub(&["--repair"], &config);
    assert_eq!(code, 1);
    let removed = told["findings"].as_array().unwrap().iter();
    let removed = removed.filter(|finding| finding["outcome"] == "removed");
    assert_eq!(removed.count(), 4, "{told:#}");
    assert_eq!(server.tags(REPOSITORY), ["kept"]);
    let _whole = server.whole_image(REPOSITORY, "kept");
    let again = server.push_image(REPOSITORY, "lost", "arm64");
    assert_eq!(again, lost);
    let _whole = server.whole_image(REPOSITORY, "lost");
    let (code, told) = scrub(&[], &config);
    assert_eq!(code, 0, "{told:#}");
}

#[test]
fn what_keeps_it_from_running_has_an_exit_code_of_its_own() {
    let scratch = Scratch::new();
    let config = configuration(&scratch, &scratch.join("nowhere"));
    let output = run(&[], &config);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("storage.filesystem.rootdirectory"), "{text}");
    assert!(!scratch.join("nowhere").exists());
    for (words, hint) in [
        (["--rate", "fast"], "such as 50MB/s"),
        (["--config", "other.yml"], "cannot be used with"),
    ] {
        let output = run(&words, &config);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(hint), "{text}");
    }
    let output = run(&[], &scratch.join("no.yml"));
    assert_eq!(output.status.code(), Some(2));
    let memory = scratch.join("memory.yml");
    fs::write(&memory, r#"{"version": 0.1, "storage": {"inmemory": {}}}"#).unwrap();
    let output = run(&[], &memory);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("storage.inmemory"), "{text}");
}
