//! On a unix socket (`http.net: unix`), behind nginx.

use std::fs;

use serde_json::json;
use wharf_e2e::command::Run;
use wharf_e2e::configured::Configuration;
use wharf_e2e::digest::sha256;
use wharf_e2e::proxy::{Proxy, Site};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::{noise, rootfs};

use crate::proxied::location;

#[test]
fn crane_and_skopeo_reach_a_unix_socket() {
    let server = Configuration::default()
        .set("http.net", json!("unix"))
        .variable("REGISTRY_HTTP_ADDR", "{scratch}/socket")
        .start();
    let socket = server.directory().join("socket");
    let inner = format!("unix:{}", socket.display());
    let nginx = Proxy::nginx_before(&inner, Site::Forwarding);
    let location = location(&nginx, "unix/app");
    let expected = format!("https://{}/v2/unix/app/blobs/uploads/", nginx.host());
    assert!(location.starts_with(&expected), "{location}");

    let scratch = Scratch::new();
    let root = scratch.join("root");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("noise"), noise::bytes(5, 1_000_000)).unwrap();
    let layer = scratch.join("layer.tar");
    fs::write(&layer, rootfs::archive(&root)).unwrap();
    let name = |repository: &str| format!("{}/unix/{repository}:1", nginx.host());
    let crane = |words: &str| {
        let crane = Run::tool("crane").words(words);
        crane.env("SSL_CERT_FILE", nginx.certificate().file())
    };
    crane("append --new_layer")
        .arg(&layer)
        .args(["--new_tag", &name("app")])
        .ok();
    crane("validate --remote").arg(name("app")).ok();
    let digest = crane("digest").arg(name("app")).ok().text();

    let certificates = nginx.certificate().directory();
    let certificates = certificates.display();
    let layout = format!("dir:{}", scratch.join("dir").display());
    let url = |repository: &str| format!("docker://{}", name(repository));
    let skopeo = || Run::tool("skopeo").words("copy --preserve-digests");
    skopeo()
        .arg(format!("--src-cert-dir={certificates}"))
        .args([&url("app"), &layout])
        .ok();
    let pulled = fs::read(scratch.join("dir/manifest.json")).unwrap();
    assert_eq!(sha256(&pulled), digest);
    skopeo()
        .arg(format!("--dest-cert-dir={certificates}"))
        .args([&layout, &url("copy")])
        .ok();
    assert_eq!(crane("digest").arg(name("copy")).ok().text(), digest);

    let told = format!("listening on {}", socket.display());
    assert!(server.log().contains(&told), "{}", server.log());
    assert!(server.stop().success());
}
