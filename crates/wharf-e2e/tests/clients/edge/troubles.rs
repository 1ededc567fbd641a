//! Kills, full disks, and buckets that break.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use wharf_e2e::between::Fate;
use wharf_e2e::noise;

use super::{Scene, fetch, gets};

fn is_read(head: &str) -> bool {
    head.starts_with("get ") && head.contains("/data ")
}

#[test]
fn what_a_killed_edge_had_begun_is_begun_anew() {
    let mut scene = Scene::start("edge/killed");
    let content = noise::bytes(1, 6_000_000);
    let url = scene.push(&content);
    scene.between.decide(|head, _| match is_read(head) {
        true => Fate::AnswerHeld(3_000_000),
        false => Fate::Answered,
    });
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut client = TcpStream::connect(host).unwrap();
    write!(client, "GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    client.read_exact(&mut vec![0; 1_000_000]).unwrap();
    assert_eq!(scene.files("filling").len(), 1);
    scene.edge.take().unwrap().kill();
    assert_eq!(
        (scene.files("filling").len(), scene.files("blobs").len()),
        (1, 0)
    );
    scene.between.decide(|_, _| Fate::Answered);
    scene.start_edge(|edge| edge);
    assert_eq!(scene.files("filling").len(), 0);
    gets(&url, &content);
    scene.keeps(1);
    // And what was whole is used after the next kill.
    scene.edge.take().unwrap().kill();
    scene.start_edge(|edge| edge);
    scene.between.forget();
    gets(&url, &content);
    assert_eq!(scene.reads(), 0);
}

#[test]
fn a_bucket_that_breaks_in_the_middle_never_yields_wrong_bytes() {
    let scene = Scene::start("edge/breaks");
    let contents: Vec<_> = (0..6).map(|seed| noise::bytes(seed, 2_000_000)).collect();
    let urls: Vec<_> = contents.iter().map(|it| scene.push(it)).collect();
    let number = AtomicUsize::new(0);
    scene.between.decide(move |head, _| {
        let fates = [
            Fate::AnswerCut(500_000),
            Fate::Lost,
            Fate::AnswerCut(10),
            Fate::AnswerLost,
            Fate::Refused,
            Fate::AnswerCut(1_999_000),
            Fate::Answered,
        ];
        match is_read(head) {
            true => fates[number.fetch_add(1, Ordering::SeqCst) % fates.len()],
            false => Fate::Answered,
        }
    });
    std::thread::scope(|scope| {
        for (url, content) in urls.iter().zip(&contents) {
            for _ in 0..3 {
                scope.spawn(move || {
                    let answer = fetch(url);
                    if answer.status == 200 && answer.whole {
                        assert!(answer.body == *content, "wrong bytes");
                    } else if answer.status == 200 {
                        assert!(content.starts_with(&answer.body), "wrong bytes");
                    }
                });
            }
        }
    });
    scene.between.decide(|_, _| Fate::Answered);
    for (url, content) in urls.iter().zip(&contents) {
        gets(url, content);
    }
}

#[test]
fn a_blob_that_is_damaged_in_the_bucket_is_not_given_to_its_end() {
    let scene = Scene::start("edge/damaged");
    let content = noise::bytes(1, 300_000);
    let url = scene.push(&content);
    scene.between.decide(|head, _| match is_read(head) {
        true => Fate::AnswerDamaged(100_000),
        false => Fate::Answered,
    });
    let answer = fetch(&url);
    assert_eq!((answer.status, answer.whole), (200, false));
    assert!(answer.body.len() < content.len());
    scene.comes(|| scene.edge().log().contains("damaged: it is not kept"));
    assert_eq!(scene.files("blobs").len(), 0);
}

/// A file system of so many bytes, until it is dropped.
struct Small<'a>(&'a Path);

impl Drop for Small<'_> {
    fn drop(&mut self) {
        _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_keeps_nobody_from_a_blob() {
    let mut scene = Scene::start("edge/full");
    scene.edge.take().unwrap().kill();
    let place = scene.cache.join("cache");
    std::fs::remove_dir_all(&place).unwrap();
    std::fs::create_dir(&place).unwrap();
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
        .arg(&place)
        .output()
        .unwrap();
    if !mount.status.success() {
        eprintln!("NOT RUN: a full disk: no file system can be mounted here");
        return;
    }
    let _small = Small(&place);
    scene.start_edge(|edge| edge.set("wharfinger.cache.size", json!(1 << 30)));
    let small = noise::bytes(1, 1_000_000);
    gets(&scene.push(&small), &small);
    scene.keeps(1);
    let large = noise::bytes(2, 8_000_000);
    let url = scene.push(&large);
    for _ in 0..3 {
        gets(&url, &large);
    }
    assert!(scene.edge().log().contains("the disk did not take it"));
    assert_eq!(scene.files("filling").len(), 0);
    // What is there is still there.
    scene.between.forget();
    gets(&scene.sent(&small), &small);
    assert_eq!(scene.reads(), 0);
}

#[test]
fn what_is_on_the_disk_can_be_had_while_the_bucket_cannot() {
    let scene = Scene::start("edge/away");
    let content = noise::bytes(1, 500_000);
    let url = scene.push(&content);
    gets(&url, &content);
    scene.keeps(1);
    scene.between.decide(|_, _| Fate::Lost);
    gets(&url, &content);
}

#[test]
fn a_transfer_ends_well_although_the_edge_is_told_to_stop() {
    let mut scene = Scene::start("edge/stopped");
    let content = noise::bytes(1, 30_000_000);
    let url = scene.push(&content);
    gets(&url, &content);
    scene.keeps(1);
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut client = TcpStream::connect(host).unwrap();
    write!(
        client,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = vec![0; 100_000];
    client.read_exact(&mut answer).unwrap();
    let edge = scene.edge.take().unwrap();
    let stopping = std::thread::spawn(move || edge.stop());
    std::thread::sleep(std::time::Duration::from_millis(300));
    client.read_to_end(&mut answer).unwrap();
    assert!(answer.ends_with(&content));
    assert!(stopping.join().unwrap().success());
}
