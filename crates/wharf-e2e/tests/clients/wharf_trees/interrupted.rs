//! Ctrl-C in the middle of a layer.

use std::fs;

use wharf_e2e::between::{Between, Fate};
use wharf_e2e::command::{Run, Running};
use wharf_e2e::noise;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::Server;

use super::archive::Archive;
use super::image::{Image, Packed};
use super::wharf;

/// A registry that does not send the second layer to its end.
fn held(server: &Server) -> Between {
    let second = Archive::new().file("large", noise::bytes(5, 4_000_000));
    let image = Image::of([Archive::new().file("small", "1"), second]).packed(Packed::Plain);
    image.push(server, "app", "1");
    let manifest = server.manifest("app", "1").json();
    let second = manifest["layers"][1]["digest"].as_str().unwrap().to_owned();
    let between = Between::start(server.host());
    between.decide(move |head, _| match head.contains(&second) {
        true => Fate::AnswerHeld(3_000_000),
        false => Fate::Answered,
    });
    between
}

/// Sends SIGINT when something has come about; what was said.
fn interrupt(running: Running, is_time: impl Fn() -> bool) -> String {
    let (status, output) = running.interrupted_when(is_time);
    assert_eq!(status.code(), Some(130), "{output:?}");
    assert_eq!(output.stdout, b"");
    output.stderr
}

#[test]
fn an_unpacking_leaves_what_is_marked_and_begins_anew() {
    let (server, scratch) = (Server::wharf(), Scratch::new());
    let between = held(&server);
    let root = scratch.join("root");
    let name = format!("{}/app:1", between.address());
    let unpack = || -> Run {
        let run = wharf("unpack").arg(&name).arg(&root);
        run.env("TMPDIR", scratch.path())
    };
    let said = interrupt(unpack().start(), || root.join("large").exists());
    assert!(said.contains("is marked so"), "{said}");
    assert!(root.join(".wh..wh.wharf-incomplete").exists());

    between.decide(|_, _| Fate::Answered);
    let _ = unpack().ok();
    assert_eq!(root.join("large").metadata().unwrap().len(), 4_000_000);
    assert!(!root.join(".wh..wh.wharf-incomplete").exists());
}

#[test]
fn an_export_leaves_nothing() {
    let (server, scratch) = (Server::wharf(), Scratch::new());
    let between = held(&server);
    let (temporary, file) = (scratch.join("t"), scratch.join("archive.tar"));
    fs::create_dir(&temporary).unwrap();
    let name = format!("{}/app:1", between.address());
    let export = wharf("export").arg(&name).arg("-o").arg(&file);
    let export = export.env("TMPDIR", &temporary).start();
    let is_there = || {
        let mut made = fs::read_dir(&temporary).unwrap();
        made.any(|entry| entry.unwrap().path().join("large").exists())
    };
    interrupt(export, is_there);
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
}
