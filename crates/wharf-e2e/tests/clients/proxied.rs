//! What clients do behind somebody else's proxy, which ends TLS and has another host and port.

use std::fs;

use wharf_e2e::command::Run;
use wharf_e2e::docker::BASE_IMAGE;
use wharf_e2e::proxy::{PASSWORD, Proxy, USER};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Server, wharf};
use wharf_e2e::{noise, rootfs};

use crate::docker::docker;

/// Pushes, copies and pulls by clients that follow `Location` in different ways.
pub(crate) fn push_and_pull(server: &Server, proxy: &Proxy, repository: &str) {
    let scratch = Scratch::new();
    let root = scratch.join("root");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("noise"), noise::bytes(42, 3_000_000)).unwrap();
    let layer = scratch.join("layer.tar");
    fs::write(&layer, rootfs::archive(&root)).unwrap();
    let name = |tag: &str| format!("{}/{repository}:{tag}", proxy.host());
    let configuration = proxy.client_configuration();
    let tool = |name: &str| {
        Run::tool(name)
            .env("DOCKER_CONFIG", &configuration)
            .env("REGISTRY_AUTH_FILE", configuration.join("config.json"))
            .env("SSL_CERT_FILE", proxy.certificate().file())
    };
    let crane = |words: &str| tool("crane").words(words);
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
        let certificates = proxy.certificate().directory();
        tool("skopeo")
            .words("copy --preserve-digests")
            .arg(format!("--{side}-cert-dir={}", certificates.display()))
    };
    let url = |name: &str| format!("docker://{name}");
    skopeo("src").args([&url(&name("crane")), &layout]).ok();
    let copy = url(&format!("{}/{repository}/skopeo:1", proxy.host()));
    skopeo("dest").args([&layout, &copy]).ok();
    assert_eq!(
        server.whole_image(&format!("{repository}/skopeo"), "1"),
        pushed
    );

    let oras_copy = format!("{}/{repository}/oras:1", proxy.host());
    tool("oras")
        .words("copy --from-plain-http=false --to-plain-http=false")
        .arg("--from-ca-file")
        .arg(proxy.certificate().file())
        .arg("--to-ca-file")
        .arg(proxy.certificate().file())
        .args([&name("crane"), &oras_copy])
        .ok();
    assert_eq!(
        server.whole_image(&format!("{repository}/oras"), "1"),
        pushed
    );

    let layout = format!("oci:{}:1", scratch.join("layout").display());
    let copy = format!("{}/{repository}/wharf:1", proxy.host());
    for places in [[&name("crane"), &layout], [&layout, &copy]] {
        Run::program(wharf())
            .env("DOCKER_CONFIG", &configuration)
            .words("copy --quiet --https --ca")
            .arg(proxy.certificate().file())
            .args(places)
            .ok();
    }
    assert_eq!(
        server.whole_image(&format!("{repository}/wharf"), "1"),
        pushed
    );
}

/// By Docker's engine, which takes any certificate of `localhost`.
pub(crate) fn push_and_pull_by_docker(server: &Server, proxy: &Proxy, repository: &str) {
    let docker = docker();
    let login = docker.run("login --password-stdin --username").arg(USER);
    let told = login.arg(proxy.host()).input(PASSWORD).ok();
    assert!(told.mentions("Login Succeeded"), "{told:#?}");
    let image = format!("{}/{repository}/docker:1", proxy.host());
    let id = docker.image_id(BASE_IMAGE);
    docker.run("tag").args([BASE_IMAGE, &image]).ok();
    docker.run("push").arg(&image).ok();
    let stored = server.whole_image(&format!("{repository}/docker"), "1");
    assert!(stored.blobs().iter().any(|blob| blob.digest == id));
    docker.run("rmi").arg(&image).ok();
    docker.run("pull").arg(&image).ok();
    assert_eq!(docker.image_id(&image), id);
    docker.run("rmi").arg(&image).ok();
}

/// The value of `Location` in the answer to the start of an upload.
pub(crate) fn location(proxy: &Proxy, repository: &str) -> String {
    let head = proxy.head_of("POST", &format!("/v2/{repository}/blobs/uploads/"));
    match values(&head, "location").as_slice() {
        [location] => location.clone(),
        _ => panic!("not one Location in {head}"),
    }
}

/// The values of a header, one for each time it is there.
pub(crate) fn values(head: &str, wanted: &str) -> Vec<String> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| value.to_owned())
        .collect()
}
