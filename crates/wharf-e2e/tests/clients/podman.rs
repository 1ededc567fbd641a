//! Podman.

use wharf_e2e::command::Run;
use wharf_e2e::rootfs;
use wharf_e2e::scratch::Scratch;

use crate::fixture::{digest_in, platforms, server, with_storage};

/// No systemd, no network of its own; runc, because crun refuses hybrid control groups.
fn podman(store: &Scratch) -> Run {
    with_storage("podman", store)
        .words("--cgroup-manager cgroupfs --events-backend file --runtime runc --tmpdir")
        .arg(store.join("tmp"))
}

fn import(store: &Scratch, image: &str) {
    let root = Scratch::new();
    rootfs::create(root.path());
    let archive = rootfs::archive(root.path());
    podman(store)
        .words("import -")
        .arg(image)
        .input(archive)
        .ok();
}

#[test]
fn push_pull_run() {
    let (server, store) = (server(), Scratch::new());
    let image = format!("{}/podman/image:1", server.host());
    import(&store, &image);
    let file = store.join("digest");
    let push = podman(&store).words("push --tls-verify=false --digestfile");
    push.arg(&file).arg(&image).ok();
    let stored = server.whole_image("podman/image", "1");
    assert_eq!(stored.digest, digest_in(file));

    podman(&store).words("rmi --all --force").ok();
    podman(&store)
        .words("pull --tls-verify=false")
        .arg(&image)
        .ok();
    // Without CAP_SYS_RESOURCE podman cannot raise limits to its defaults.
    let printed = podman(&store)
        .words("run --rm --network host --ulimit nofile=1024:1024 --ulimit nproc=1024:1024")
        .arg(&image)
        .args(["/bin/echo", "hello from podman"])
        .ok();
    assert_eq!(printed.text(), "hello from podman");
}

#[test]
fn manifest_list() {
    let (server, store) = (server(), Scratch::new());
    let list = "localhost/podman-list";
    podman(&store).words("manifest create").arg(list).ok();
    for architecture in ["amd64", "arm64"] {
        let part = format!("localhost/podman-part:{architecture}");
        import(&store, &part);
        podman(&store)
            .args([
                "manifest",
                "add",
                "--os",
                "linux",
                "--arch",
                architecture,
                list,
            ])
            .arg(format!("containers-storage:{part}"))
            .ok();
    }
    for (format, tag) in [("oci", "oci"), ("v2s2", "docker")] {
        let target = format!("docker://{}/podman/list:{tag}", server.host());
        podman(&store)
            .words("manifest push --all --tls-verify=false --format")
            .args([format, list, &target])
            .ok();
        let stored = server.whole_image("podman/list", tag);
        assert_eq!(platforms(&stored), ["linux/amd64", "linux/arm64"]);
    }
}
