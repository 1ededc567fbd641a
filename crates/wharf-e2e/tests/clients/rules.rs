//! `wharfinger.auth.rules` without an authorization server, as clients meet them: public pull,
//! private push.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wharf_e2e::command::{Output, Run};
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::docker::BASE_IMAGE;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::wharf;

use crate::containerd::containerd;
use crate::docker::docker;
use crate::fixture::with_storage;

/// Everybody's password is `secret`.
pub(crate) const HTPASSWD: &str = "\
ann:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a
bob:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a
carl:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a
admin:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a
";

const LIMIT: Duration = Duration::from_secs(30);

/// A registry of [`HTPASSWD`] with these groups and rules. Wrong passwords are not counted:
/// tests show many of them.
pub(crate) fn ruled(groups: Value, rules: Value) -> (Configured, Scratch) {
    let scratch = Scratch::new();
    let path = scratch.join("htpasswd");
    std::fs::write(&path, HTPASSWD).unwrap();
    let server = Configuration::default()
        .set("auth.htpasswd", json!({"realm": "Registry", "path": path}))
        .set("storage.delete.enabled", json!(true))
        .set("wharfinger.durability", json!("none"))
        .set("wharfinger.auth.groups", groups)
        .set("wharfinger.auth.rules", rules)
        .set("wharfinger.auth.limits.logins.failures", json!(0))
        .start();
    (server, scratch)
}

/// Everybody may pull what is public; ann may push there.
fn public_pull_private_push() -> (Configured, Scratch) {
    let rules = json!([
        {"accounts": ["ann"], "repositories": ["**"], "actions": ["pull", "push"]},
        {"name": "public", "anonymous": true, "repositories": ["public/**"], "actions": ["pull"]},
    ]);
    ruled(json!({}), rules)
}

fn mentions(told: &Output, text: &str) {
    assert!(told.mentions(text), "{text}: {told:#?}");
}

fn crane(home: &Scratch, words: &str) -> Run {
    Run::tool("crane")
        .words(words)
        .env("DOCKER_CONFIG", home.path())
}

/// crane with ann's password.
fn as_ann(server: &Configured) -> Scratch {
    let home = Scratch::new();
    let login = crane(&home, "auth login --username ann --password-stdin");
    login.arg(server.host()).input("secret").ok();
    home
}

/// An image of one small layer, pushed by ann.
fn push(server: &Configured, home: &Scratch, image: &str) {
    let layer = home.join("layer.tar");
    let root = Scratch::new();
    std::fs::write(root.join("file"), image).unwrap();
    std::fs::write(&layer, wharf_e2e::rootfs::archive(root.path())).unwrap();
    crane(home, "append --new_layer")
        .arg(&layer)
        .arg("--new_tag")
        .arg(format!("{}/{image}", server.host()))
        .ok();
}

#[test]
fn docker_pushes_and_pulls_what_the_rules_allow() {
    let ((server, _files), docker) = (public_pull_private_push(), docker());
    let image = |rest: &str| format!("{}/{rest}", server.host());
    let login = |user: &str| {
        let login = docker.run("login --password-stdin --username").arg(user);
        login.arg(server.host()).input("secret").ok();
    };
    for name in ["public/app:1", "private/app:1"] {
        docker.run("tag").args([BASE_IMAGE, &image(name)]).ok();
    }
    login("ann");
    docker.run("push").arg(image("public/app:1")).ok();
    docker.run("push").arg(image("private/app:1")).ok();
    docker.run("logout").arg(server.host()).ok();

    login("bob");
    docker.run("pull").arg(image("public/app:1")).ok();
    let told = docker.run("push").arg(image("public/app:1")).fails();
    mentions(&told, "denied: requested access to the resource is denied");
    let told = docker.run("pull").arg(image("private/app:1")).fails();
    mentions(&told, "denied");
    docker.run("logout").arg(server.host()).ok();
    for name in ["public/app:1", "private/app:1"] {
        docker.run("rmi").arg(image(name)).ok();
    }
    let log = server.log();
    assert!(
        log.contains("msg=denied") && log.contains("no rule fits"),
        "{log}"
    );
}

/// Docker's engine asks `/v2/` first, and gives up on a challenge by `Basic` when it has no
/// password, before it asks for the image.
#[test]
fn docker_without_a_login_does_not_get_as_far_as_the_rules() {
    let ((server, _files), docker) = (public_pull_private_push(), docker());
    push(&server, &as_ann(&server), "public/unseen:1");
    let image = format!("{}/public/unseen:1", server.host());
    let told = docker.run("pull").arg(&image).fails();
    mentions(&told, "no basic auth credentials");
}

#[test]
fn crane_pulls_without_a_login_and_pushes_with_one() {
    let (server, _files) = public_pull_private_push();
    let (ann, stranger) = (as_ann(&server), Scratch::new());
    push(&server, &ann, "public/app:1");
    push(&server, &ann, "private/app:1");
    let image = |rest: &str| format!("{}/{rest}", server.host());

    crane(&stranger, "validate --remote")
        .arg(image("public/app:1"))
        .ok();
    let told = crane(&stranger, "manifest").arg(image("private/app:1"));
    mentions(&told.fails(), "UNAUTHORIZED");
    let told = crane(&stranger, "tag").args([&image("public/app:1"), "2"]);
    mentions(&told.fails(), "UNAUTHORIZED");
    crane(&ann, "tag").args([&image("public/app:1"), "2"]).ok();
    mentions(&crane(&ann, "catalog").arg(server.host()).fails(), "DENIED");
}

#[test]
fn skopeo_and_podman_pull_without_a_login() {
    let (server, _files) = public_pull_private_push();
    let (ann, store) = (as_ann(&server), Scratch::new());
    push(&server, &ann, "public/app:1");
    push(&server, &ann, "private/app:1");
    let (none, some) = (store.join("none.json"), ann.join("config.json"));
    std::fs::write(&none, "{}").unwrap();
    let image = |rest: &str| format!("docker://{}/{rest}", server.host());
    let skopeo = |words: &str, file: &std::path::Path| {
        let skopeo = Run::tool("skopeo").words(words);
        skopeo.arg("--authfile").arg(file)
    };
    let to = format!("dir:{}", store.join("copy").display());
    let copy = |name: &str, file| {
        let copy = skopeo("copy --src-tls-verify=false", file);
        copy.args([&image(name), &to])
    };
    copy("public/app:1", &none).ok();
    copy("private/app:1", &none).fails();
    copy("private/app:1", &some).ok();
    let back = |file| {
        let copy = skopeo("copy --dest-tls-verify=false", file);
        copy.args([&to, &image("public/app:2")])
    };
    back(&none).fails();
    back(&some).ok();

    let pull = |name: &str| {
        let pull = with_storage("podman", &store);
        pull.words("pull --tls-verify=false --authfile")
            .arg(&none)
            .arg(format!("{}/{name}", server.host()))
    };
    pull("public/app:1").ok();
    pull("private/app:1").fails();
}

/// It asks for the image at once, and for a password only when that is refused; so does Docker's
/// engine with containerd's store.
#[test]
fn containerd_pulls_without_a_login_and_pushes_with_one() {
    let ((server, _files), containerd) = (public_pull_private_push(), containerd());
    let ann = as_ann(&server);
    push(&server, &ann, "public/app:1");
    push(&server, &ann, "private/app:1");
    let image = |rest: &str| format!("{}/{rest}", server.host());
    let pull = |words: &str, name: &str| {
        let pull = containerd.ctr("images pull --plain-http").words(words);
        pull.arg(image(name))
    };
    pull("", "public/app:1").ok();
    pull("", "private/app:1").fails();
    pull("--user bob:secret", "private/app:1").fails();
    pull("--user ann:secret", "private/app:1").ok();
    let copy = image("public/copy:1");
    let tag = containerd.ctr("images tag");
    tag.args([&image("public/app:1"), &copy]).ok();
    let push = |words: &str| {
        let push = containerd.ctr("images push --plain-http").words(words);
        push.arg(&copy)
    };
    push("").fails();
    push("--user bob:secret").fails();
    push("--user ann:secret").ok();
}

#[test]
fn a_signal_makes_other_rules_hold_and_a_mistake_does_not() {
    let (server, _files) = public_pull_private_push();
    let config = server.directory().join("config.yml");
    let first = std::fs::read_to_string(&config).unwrap();
    let http = server.http();
    let status = || http.get("/v2/public/app/tags/list").send().status;
    let wait = |line: &str, before: usize| {
        let start = Instant::now();
        while !server.log()[before..].contains(line) {
            assert!(start.elapsed() < LIMIT, "{line}\n{}", server.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let hang_up = |text: &str, line: &str| {
        std::fs::write(&config, text).unwrap();
        let before = server.log().len();
        server.hang_up();
        wait(line, before);
    };
    assert_eq!(status(), 404);
    hang_up(
        &first.replace("public/**", "other/**"),
        "the rules were read again: 2 hold now",
    );
    assert_eq!(status(), 401);
    for broken in ["other/${user}", "other**"] {
        let text = first.replace("public/**", broken);
        hang_up(&text, "the rules stay as they are: ");
        assert_eq!(status(), 401);
    }
    hang_up(
        &first.replace("repositories", "repository"),
        "log level and rules stay as they are: ",
    );
    assert_eq!(status(), 401);
    hang_up(&first, "the rules were read again: 2 hold now");
    assert_eq!(status(), 404);
}

#[test]
fn can_i_says_what_the_server_does() {
    let (server, _files) = public_pull_private_push();
    let config = server.directory().join("config.yml");
    let can_i = |words: &str| {
        let can_i = Run::program(wharf()).words("auth can-i").words(words);
        can_i.arg("--config").arg(&config)
    };
    for (words, told) in [
        ("- pull public/app", "allow: rule 2 (public)"),
        ("bob pull public/app", "allow: rule 2 (public)"),
        ("ann push public/app", "allow: rule 1"),
    ] {
        assert_eq!(can_i(words).ok().text(), told, "{words}");
    }
    for (words, told) in [
        ("- push public/app", "deny: no rule fits"),
        ("bob pull private/app", "deny: no rule fits"),
        ("ann delete private/app", "deny: no rule fits"),
        ("ann list _catalog", "deny: no rule fits"),
    ] {
        assert_eq!(can_i(words).fails().text(), told, "{words}");
    }
    let json = can_i("--json bob pull public/app").ok().json();
    assert_eq!(json["allowed"], true);
    assert_eq!(json["because"], "rule 2 (public)");
}
