//! Skopeo.

use wharf_e2e::command::Run;
use wharf_e2e::digest;
use wharf_e2e::scratch::Scratch;

use crate::fixture::server;

const PLAIN: &str = "--src-tls-verify=false --dest-tls-verify=false";

fn copy(options: &str) -> Run {
    Run::tool("skopeo")
        .words("copy")
        .words(options)
        .words(PLAIN)
}

#[test]
fn copy_between_repositories() {
    let server = server();
    let pushed = server.push_index("skopeo/source", "1");
    let url = |name: &str| format!("docker://{}/skopeo/{name}", server.host());
    copy("--all").args([url("source:1"), url("copy:all")]).ok();
    assert_eq!(server.whole_image("skopeo/copy", "all"), pushed);

    copy("").args([url("source:1"), url("copy:one")]).ok();
    let one = server.whole_image("skopeo/copy", "one");
    assert_eq!(one.digest, pushed.children()[0].digest);
}

#[test]
fn copy_by_way_of_layouts() {
    let (server, scratch) = (server(), Scratch::new());
    let pushed = server.push_index("skopeo/layouts", "1");
    let url = |name: &str| format!("docker://{}/skopeo/layouts{name}", server.host());
    for kind in ["dir", "oci"] {
        let layout = format!("{kind}:{}", scratch.join(kind).display());
        copy("--all").arg(url(":1")).arg(&layout).ok();
        copy("--all")
            .arg(&layout)
            .arg(url(&format!("-{kind}:1")))
            .ok();
        let back = server.whole_image(&format!("skopeo/layouts-{kind}"), "1");
        assert_eq!(back, pushed, "{kind}");
    }
}

#[test]
fn inspect_list_delete() {
    let server = server();
    let pushed = server.push_image("skopeo/inspected", "1", "amd64");
    let other = server.push_image("skopeo/inspected", "2", "amd64");
    let skopeo = |words: &str, tag: &str| {
        let url = format!("docker://{}/skopeo/inspected{tag}", server.host());
        Run::tool("skopeo")
            .words(words)
            .args(["--tls-verify=false", &url])
    };
    let inspected = skopeo("inspect", ":1").ok().json();
    assert_eq!(inspected["Digest"], pushed.digest);
    assert_eq!(inspected["RepoTags"], serde_json::json!(["1", "2"]));
    let raw = skopeo("inspect --raw", ":1").ok();
    assert_eq!(digest::sha256(&raw.stdout), pushed.digest);
    skopeo("inspect --config", ":1").ok();

    // By digest: skopeo resolves the tag first.
    skopeo("delete", ":1").ok();
    let gone = skopeo("inspect", ":1").fails();
    assert!(gone.mentions("manifest unknown"), "{gone:#?}");
    let listed = skopeo("list-tags", "").ok().json();
    assert_eq!(listed["Tags"], serde_json::json!(["2"]));
    assert_eq!(server.whole_image("skopeo/inspected", "2"), other);
}

#[test]
fn sync() {
    let (server, scratch) = (server(), Scratch::new());
    let tags = ["1", "2", "3"];
    let pushed = tags.map(|tag| server.push_image("skopeo/synced", tag, "amd64"));
    let sync = |from: &str, to: &str| {
        Run::tool("skopeo")
            .words("sync --all --src")
            .args([from, "--dest", to])
            .words(PLAIN)
    };
    let source = format!("{}/skopeo/synced", server.host());
    sync("docker", "dir").arg(&source).arg(scratch.path()).ok();
    let destination = format!("{}/skopeo/mirror", server.host());
    sync("docker", "docker").args([&source, &destination]).ok();
    assert_eq!(server.tags("skopeo/mirror/synced"), tags);
    for (tag, pushed) in std::iter::zip(tags, pushed) {
        assert_eq!(server.whole_image("skopeo/mirror/synced", tag), pushed);
        let file = scratch.join(format!("synced:{tag}/manifest.json"));
        assert_eq!(std::fs::read(file).unwrap(), pushed.body);
    }
}
