//! Behind nginx, which ends TLS and has another host and port.

use std::fs;

use wharf_e2e::command::Run;
use wharf_e2e::nginx::{Forwarding, Nginx};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup};
use wharf_e2e::{noise, rootfs};

use crate::fixture::server;

/// Pushes, copies and pulls by clients that follow `Location` in different ways.
fn push_and_pull(server: &Server, nginx: &Nginx, repository: &str) {
    let scratch = Scratch::new();
    let root = scratch.join("root");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("noise"), noise::bytes(42, 3_000_000)).unwrap();
    let layer = scratch.join("layer.tar");
    fs::write(&layer, rootfs::archive(&root)).unwrap();
    let name = |tag: &str| format!("{}/{repository}:{tag}", nginx.host());
    let crane = |words: &str| {
        Run::tool("crane")
            .env("SSL_CERT_FILE", nginx.certificate())
            .words(words)
    };
    crane("append --new_layer")
        .arg(&layer)
        .args(["--new_tag", &name("crane")])
        .ok();
    let pushed = server.whole_image(repository, "crane");
    assert_eq!(
        crane("digest").arg(name("crane")).ok().text(),
        pushed.digest
    );
    crane("validate --remote").arg(name("crane")).ok();

    let layout = format!("dir:{}", scratch.join("dir").display());
    let skopeo = |side: &str| {
        Run::tool("skopeo")
            .words("copy --preserve-digests")
            .arg(format!(
                "--{side}-cert-dir={}",
                nginx.certificates().display()
            ))
    };
    let url = |name: &str| format!("docker://{name}");
    skopeo("src").args([&url(&name("crane")), &layout]).ok();
    let copy = url(&format!("{}/{repository}/skopeo:1", nginx.host()));
    skopeo("dest").args([&layout, &copy]).ok();
    assert_eq!(
        server.whole_image(&format!("{repository}/skopeo"), "1"),
        pushed
    );

    let oras_copy = format!("{}/{repository}/oras:1", nginx.host());
    Run::tool("oras")
        .words("copy --from-plain-http=false --to-plain-http=false")
        .arg("--from-ca-file")
        .arg(nginx.certificate())
        .arg("--to-ca-file")
        .arg(nginx.certificate())
        .args([&name("crane"), &oras_copy])
        .ok();
    assert_eq!(
        server.whole_image(&format!("{repository}/oras"), "1"),
        pushed
    );
}

/// The value of `Location` in the answer to the start of an upload.
fn location(nginx: &Nginx, repository: &str) -> String {
    let head = nginx.head_of("POST", &format!("/v2/{repository}/blobs/uploads/"));
    head.lines()
        .find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("location")
                .then(|| value.to_owned())
        })
        .unwrap_or_else(|| panic!("no Location in {head}"))
}

#[test]
fn location_carries_the_outer_scheme_and_host() {
    let server = server();
    let nginx = Nginx::start(&server, Forwarding::HostAndScheme);
    let expected = format!("https://{}/v2/nginx/forwarded/blobs/uploads/", nginx.host());
    let location = location(&nginx, "nginx/forwarded");
    assert!(location.starts_with(&expected), "{location}");
    push_and_pull(&server, &nginx, "nginx/forwarded");
}

#[test]
fn relative_urls_need_no_forwarding() {
    let server = Setup::of(Kind::under_test()).relative_urls().start();
    let nginx = Nginx::start(&server, Forwarding::Nothing);
    let location = location(&nginx, "nginx/relative");
    assert!(
        location.starts_with("/v2/nginx/relative/blobs/uploads/"),
        "{location}"
    );
    push_and_pull(&server, &nginx, "nginx/relative");
}
