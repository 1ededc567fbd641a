//! regctl, of regclient.

use std::fs;

use wharf_e2e::command::Run;
use wharf_e2e::digest;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::Server;

use crate::fixture::server;

const SIGNATURE: &str = "application/vnd.example.signature";

struct Regctl<'a> {
    server: &'a Server,
    scratch: Scratch,
}

impl<'a> Regctl<'a> {
    fn new(server: &'a Server) -> Self {
        let scratch = Scratch::new();
        let regctl = Self { server, scratch };
        regctl
            .run("registry set --tls disabled --skip-check")
            .arg(server.host())
            .ok();
        regctl
    }

    fn run(&self, words: &str) -> Run {
        Run::tool("regctl")
            .env("REGCTL_CONFIG", self.scratch.join("config.json"))
            .words(words)
    }

    fn name(&self, rest: &str) -> String {
        format!("{}/regctl/{rest}", self.server.host())
    }

    /// Attaches an artifact to an image and returns the digest of its manifest.
    fn attach(&self, subject: &str) -> String {
        let file = self.scratch.join("signature");
        fs::write(&file, format!("signed {subject}")).unwrap();
        self.run("artifact put --format {{.Manifest.GetDescriptor.Digest}} --artifact-type")
            .arg(SIGNATURE)
            .arg("--file")
            .arg(file)
            .args(["--subject", subject])
            .ok()
            .text()
    }
}

#[test]
fn image_copy_and_tags() {
    let server = server();
    let regctl = Regctl::new(&server);
    let pushed = server.push_index("regctl/image", "1");
    for tag in ["1", "2"] {
        let copy = regctl.name(&format!("image-copy:{tag}"));
        regctl
            .run("image copy")
            .args([regctl.name("image:1"), copy])
            .ok();
    }
    assert_eq!(server.whole_image("regctl/image-copy", "2"), pushed);
    let tags = |name: &str| regctl.run("tag ls").arg(regctl.name(name)).ok().lines();
    assert_eq!(tags("image-copy"), ["1", "2"]);

    // Where a registry cannot delete a tag alone, regctl points it at a dummy and deletes that.
    regctl.run("tag rm").arg(regctl.name("image-copy:1")).ok();
    assert_eq!(tags("image-copy"), ["2"]);
    assert_eq!(server.whole_image("regctl/image-copy", "2"), pushed);
    regctl
        .run("manifest delete")
        .arg(regctl.name(&format!("image-copy@{}", pushed.digest)))
        .ok();
    assert!(!server.has_manifest("regctl/image-copy", "2"));
}

#[test]
fn artifacts_and_referrers() {
    let server = server();
    let regctl = Regctl::new(&server);
    let pushed = server.push_image("regctl/subject", "1", "amd64");
    let subject = regctl.name("subject:1");
    let signature = regctl.attach(&subject);
    let referrers = |subject: &str| {
        let list = regctl
            .run("artifact list --format")
            .arg("{{json .}}")
            .arg(subject)
            .ok()
            .json();
        let list = list["descriptors"].as_array().unwrap().clone();
        list.iter()
            .map(|one| one["digest"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(referrers(&subject), std::slice::from_ref(&signature));
    let fallback = pushed.digest.replace(':', "-");
    if server.kind().is_complete() {
        assert!(!server.has_manifest("regctl/subject", &fallback));
    }

    let copy = regctl.name("subject-copy:1");
    regctl
        .run("image copy --referrers --digest-tags")
        .args([&subject, &copy])
        .ok();
    assert_eq!(server.whole_image("regctl/subject-copy", "1"), pushed);
    assert_eq!(referrers(&copy), std::slice::from_ref(&signature));

    let file = regctl.scratch.join("file");
    fs::write(&file, "an artifact without a subject").unwrap();
    let artifact = regctl.name("artifact:1");
    regctl
        .run("artifact put --artifact-type application/vnd.example.thing --file")
        .arg(&file)
        .arg(&artifact)
        .ok();
    let got = regctl.run("artifact get").arg(&artifact).ok();
    assert_eq!(got.text(), "an artifact without a subject");
}

#[test]
fn blobs() {
    let server = server();
    let regctl = Regctl::new(&server);
    let content = b"a blob by regctl";
    let name = regctl.name("blobs");
    let put = regctl
        .run("blob put")
        .arg(&name)
        .input(*content)
        .ok()
        .text();
    assert_eq!(put, digest::sha256(content));
    assert_eq!(
        regctl.run("blob get").args([&name, &put]).ok().stdout,
        content
    );
    regctl
        .run("blob copy")
        .args([&name, &regctl.name("blobs-copy"), &put])
        .ok();
    assert_eq!(server.blob("regctl/blobs-copy", &put), content.as_slice());
    regctl.run("blob delete").args([&name, &put]).ok();
    assert!(!server.has_blob("regctl/blobs", &put));
    assert!(server.has_blob("regctl/blobs-copy", &put));
}

#[test]
fn index() {
    let server = server();
    let regctl = Regctl::new(&server);
    let amd64 = server.push_image("regctl/parts", "amd64", "amd64");
    let arm64 = server.push_image("regctl/parts", "arm64", "arm64");
    regctl
        .run("index create")
        .args([
            "--ref",
            &regctl.name("parts:amd64"),
            "--ref",
            &regctl.name("parts:arm64"),
        ])
        .arg(regctl.name("index:1"))
        .ok();
    let index = server.whole_image("regctl/index", "1");
    let children: Vec<String> = index
        .children()
        .into_iter()
        .map(|child| child.digest)
        .collect();
    assert_eq!(children, [amd64.digest, arm64.digest]);
}

/// distribution verifies sha512 and then goes on with sha256: only ours keeps it.
#[test]
fn sha512() {
    let server = server();
    if !server.kind().is_complete() {
        return;
    }
    let regctl = Regctl::new(&server);
    let content = b"a blob with a long digest";
    let digest = digest::sha512(content);
    let name = regctl.name("sha512");
    let put = regctl
        .run("blob put --digest")
        .args([&digest, &name])
        .input(*content);
    assert_eq!(put.ok().text(), digest);
    assert_eq!(server.blob("regctl/sha512", &digest), content.as_slice());

    let _ = server.push_image("regctl/sha512", "1", "amd64");
    regctl
        .run("image mod --digest-algo sha512 --create")
        .args([regctl.name("sha512:2"), regctl.name("sha512:1")])
        .ok();
    let stored = server.whole_image("regctl/sha512", "2");
    assert!(stored.digest.starts_with("sha512:"), "{}", stored.digest);
    let copied = regctl.name("sha512-copy:2");
    regctl
        .run("image copy")
        .args([&regctl.name("sha512:2"), &copied])
        .ok();
    assert_eq!(
        server.whole_image("regctl/sha512-copy", "2").body,
        stored.body
    );
}
