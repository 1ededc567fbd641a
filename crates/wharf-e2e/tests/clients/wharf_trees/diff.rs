//! `wharf diff`.

use serde_json::json;

use super::archive::{Archive, Item, MTIME};
use super::image::{Image, Packed};
use super::samples::base;
use super::wharf;
use crate::fixture::server;

#[test]
fn every_kind_of_difference_is_told() {
    let server = server();
    let own = Archive::new()
        .file("missing", "1")
        .file("content", "1")
        .file("size", "1")
        .item(Item::new(b'0', "mode").mode(0o644))
        .item(Item::new(b'0', "owner").owner(1, 1))
        .item(Item::new(b'0', "time").mtime(MTIME))
        .symlink("target", "a")
        .file("type", "1");
    let other = Archive::new()
        .file("added", "22")
        .file("content", "2")
        .file("size", "22")
        .item(Item::new(b'0', "mode").mode(0o755))
        .item(Item::new(b'0', "owner").owner(1, 2))
        .item(Item::new(b'0', "time").mtime(MTIME + 1))
        .symlink("target", "b")
        .dir("type")
        .empty("was-there");
    let same = |archive: Archive| archive.file("same", "same");
    let run = |env: &str| json!({"Env": ["SAME=1", env], "Labels": {"a": "b"}, "Cmd": ["x"]});
    let before = Image::of([base(), same(own)]).run(run("PATH=/bin"));
    let after = Image::of([base(), same(other)]).run(run("PATH=/usr/bin"));
    before.push(&server, "trees/diff", "1");
    after.push(&server, "trees/diff", "2");
    before
        .clone()
        .packed(Packed::Zstd)
        .push(&server, "trees/diff", "zstd");
    let name = |tag: &str| format!("{}/trees/diff:{tag}", server.host());
    let diff = |words: &str, to: &str| wharf("diff").args([name("1"), name(to)]).words(words);

    let found = diff("--json", "2").exits(1).json();
    assert_eq!(found["same"], false);
    let files = found["files"].as_array().unwrap().iter();
    let files: Vec<_> = files
        .map(|file| {
            let what: Vec<_> = file["what"].as_array().into_iter().flatten().collect();
            let what: Vec<_> = what.iter().filter_map(|it| it.as_str()).collect();
            let text = |key: &str| file[key].as_str().unwrap().to_owned();
            format!("{} {} {}", text("change"), text("path"), what.join(","))
        })
        .collect();
    assert_eq!(
        files.iter().map(|line| line.trim_end()).collect::<Vec<_>>(),
        [
            "added added",
            "changed content content",
            "removed missing",
            "changed mode mode",
            "changed owner owner",
            "changed size size,content",
            "changed target target",
            "changed time time",
            "changed type type,mode",
            "added was-there",
        ]
    );
    let settings = &found["configuration"];
    let expected = json!([{"key": "config.Env.PATH", "before": "/bin", "after": "/usr/bin"}]);
    assert_eq!(*settings, expected);
    let layers = found["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 3);
    assert_eq!(layers[0]["before"], layers[0]["after"]);
    assert!(layers[1]["after"].is_null() && layers[2]["before"].is_null());

    let text = diff("--ignore-times", "2").exits(1);
    for line in [
        "  ~ /mode: mode 0644 → 0755",
        "  ~ /owner: owner 1:1 → 1:2",
        "  ~ /size: size 1 B → 2 B, content",
        "  ~ /target: target a → b",
        "  - /missing: file 0644 0:0 1 B",
        "  + /added: file 0644 0:0 2 B",
        "  ~ config.Env.PATH: \"/bin\" → \"/usr/bin\"",
    ] {
        assert!(
            text.lines().iter().any(|it| it == line),
            "{line}\n{}",
            text.text()
        );
    }
    assert!(!text.text().contains("/time:"), "{}", text.text());
    let fewer = diff("--no-files", "2").exits(1).text();
    assert!(
        !fewer.contains("files") && fewer.contains("config.Env.PATH"),
        "{fewer}"
    );

    assert_eq!(
        diff("", "1").exits(0).text(),
        "nothing differs: it is the same image"
    );
    assert_eq!(diff("--json", "1").exits(0).json()["files"], json!([]));
    let zstd = diff("", "zstd").exits(1).text();
    assert!(
        zstd.contains("with the same in it") && !zstd.contains("files"),
        "{zstd}"
    );
    diff("", "missing").exits(3);
}
