//! `wharf unpack` and the directory it is given.

use std::fs;

use wharf_e2e::scratch::Scratch;

use super::archive::Archive;
use super::image::Image;
use super::samples::base;
use super::wharf;
use crate::fixture::server;

const MARK: &str = ".wh..wh.wharf-incomplete";

#[test]
fn what_is_needed_to_run_it_is_told() {
    let (server, scratch) = (server(), Scratch::new());
    let run = serde_json::json!({
        "Entrypoint": ["/bin/sh", "-c"], "Cmd": ["echo it's $HOME"], "User": "1000",
        "WorkingDir": "/home",
    });
    let image = Image::of([base()]).run(run);
    let digest = image.push(&server, "trees/run", "1");
    let name = format!("{}/trees/run:1", server.host());
    let (root, config) = (scratch.join("root"), scratch.join("config.json"));
    let told = wharf("unpack")
        .arg(&name)
        .arg(&root)
        .arg("--config")
        .arg(&config)
        .ok();
    for line in [
        format!("manifest  {digest}"),
        r"runs      /bin/sh -c 'echo it'\''s $HOME'".to_owned(),
        "in        /home".to_owned(),
        "as        1000".to_owned(),
    ] {
        assert!(told.lines().contains(&line), "{line}: {told:#?}");
    }
    let stored = wharf("config").arg(&name).ok().stdout;
    assert_eq!(fs::read(&config).unwrap(), stored);

    let root = scratch.join("again");
    let told = wharf("unpack --json").arg(&name).arg(root).ok();
    assert_eq!(told.stderr, "");
    let told = told.json();
    assert_eq!(told["manifest"], digest);
    assert_eq!(told["notices"], serde_json::json!([]));
    assert_eq!(told["layers"][0]["diffId"], told["chainId"]);
    assert_eq!(told["platform"]["os"], "linux");
    assert!(told["layers"][0]["entries"].as_u64().unwrap() > 20);
}

#[test]
fn a_directory_that_is_incomplete_is_begun_anew_and_any_other_is_left_alone() {
    let (server, scratch) = (server(), Scratch::new());
    let bad = Image::of([base(), Archive::new().file("../x", "")]);
    bad.push(&server, "trees/again", "bad");
    Image::of([base()]).push(&server, "trees/again", "good");
    let name = |tag: &str| format!("{}/trees/again:{tag}", server.host());
    let root = scratch.join("root");
    let told = wharf("unpack").arg(name("bad")).arg(&root).exits(1);
    for text in [
        "layer 2 (sha256:",
        "entry \"../x\"",
        "is marked so",
        "the image is at fault",
    ] {
        assert!(told.stderr.contains(text), "{text}: {told:#?}");
    }
    assert!(root.join("bin/program").exists());

    wharf("unpack --quiet").arg(name("good")).arg(&root).ok();
    assert!(root.join("bin/program").exists() && !root.join(MARK).exists());
    let told = wharf("unpack").arg(name("good")).arg(&root).exits(1);
    assert!(told.stderr.contains("is not empty"), "{told:#?}");
    assert!(!told.stderr.contains("whole image"), "{told:#?}");
    assert!(root.join("bin/program").exists());
}

#[test]
fn a_platform_of_an_index_is_chosen() {
    let (server, scratch) = (server(), Scratch::new());
    let index = server.push_index("trees/index", "1");
    let name = format!("{}/trees/index:1", server.host());
    for (child, platform) in index.children().iter().zip(["linux/amd64", "linux/arm64"]) {
        let root = scratch.join(platform.replace('/', "-"));
        let unpack = wharf("unpack --json --platform").args([platform, &name]);
        let told = unpack.arg(&root).ok().json();
        assert_eq!(told["manifest"], child.digest.as_str());
        assert_eq!(root.join("noise").metadata().unwrap().len(), 100_000);
    }
    let told = wharf("unpack --platform linux/s390x")
        .arg(&name)
        .arg(scratch.join("none"))
        .exits(3);
    assert!(
        told.stderr.contains("there is linux/amd64, linux/arm64"),
        "{told:#?}"
    );
    assert!(!scratch.join("none").exists());
}

#[test]
fn what_somebody_else_cannot_make_is_told() {
    let (server, scratch) = (server(), Scratch::new());
    Image::of([base()]).push(&server, "trees/rootless", "1");
    let name = format!("{}/trees/rootless:1", server.host());
    let home = scratch.join("home");
    fs::create_dir(&home).unwrap();
    std::os::unix::fs::chown(&home, Some(1234), Some(1234)).unwrap();
    std::os::unix::fs::chown(scratch.path(), Some(1234), Some(1234)).unwrap();
    // Where it was built nobody else may look.
    let program = scratch.join("wharf");
    fs::copy(wharf_e2e::server::wharf(), &program).unwrap();
    let told = wharf_e2e::command::Run::tool("setpriv")
        .words("--reuid 1234 --regid 1234 --clear-groups")
        .arg(&program)
        .args(["unpack", &name])
        .arg(home.join("root"))
        .env("HOME", "/nowhere")
        .ok();
    for text in [
        "belong to you",
        "devices cannot be made",
        "setuid and setgid are left out",
    ] {
        assert!(told.stderr.contains(text), "{text}: {told:#?}");
    }
    let root = home.join("root");
    assert!(root.join("bin/program").exists() && !root.join("null").exists());
    assert!(!root.join(MARK).exists());
}
