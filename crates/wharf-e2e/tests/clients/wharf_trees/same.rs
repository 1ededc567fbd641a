//! What `wharf unpack` makes is what others make of the same image, file by file.

use wharf_e2e::command::Run;
use wharf_e2e::scratch::Scratch;

use super::image::{Image, Packed};
use super::samples::{attributes, base, changes, links, many, names};
use super::snapshot::{Look, assert_same, snapshot};
use super::wharf;
use crate::docker::docker;
use crate::fixture::{server, with_storage};

fn unpacked(image: &str, scratch: &Scratch) -> std::path::PathBuf {
    let root = scratch.join("root");
    wharf("unpack --quiet").arg(image).arg(&root).ok();
    root
}

#[test]
fn as_docker_exports_it() {
    let (server, docker, scratch) = (server(), docker(), Scratch::new());
    let layers = [base(), names(), changes(), many()];
    Image::of(layers).push(&server, "trees/docker", "1");
    let image = format!("{}/trees/docker:1", server.host());
    let ours = unpacked(&image, &scratch);

    docker.run("pull --quiet").arg(&image).ok();
    let container = docker.run("create").args([&image, "/none"]).ok().text();
    let exported = docker.run("export").arg(&container).ok().stdout;
    docker.run("rm").arg(&container).ok();
    let theirs = scratch.join("theirs");
    std::fs::create_dir(&theirs).unwrap();
    Run::tool("tar")
        .words("-x -p --numeric-owner --same-owner -C")
        .arg(&theirs)
        .input(exported)
        .ok();
    // It makes these for containers, and its archives have whole seconds.
    let look = Look {
        nanoseconds: false,
        xattrs: "security.capability",
        without: &[".dockerenv", "dev", "etc", "proc", "sys"],
    };
    let (mut ours, mut theirs) = (snapshot(&ours, look), snapshot(&theirs, look));
    // So the time of the root, too, is that of the container.
    ours.remove("");
    theirs.remove("");
    assert!(ours.len() > 10_000);
    assert_same(&ours, &theirs, "docker");
}

#[test]
fn as_umoci_unpacks_it() {
    let (server, scratch) = (server(), Scratch::new());
    let layers = [base(), names(), changes(), links(), attributes(), many()];
    Image::of(layers).push(&server, "trees/umoci", "1");
    let image = format!("{}/trees/umoci:1", server.host());
    let ours = unpacked(&image, &scratch);

    let layout = format!("{}:1", scratch.join("layout").display());
    Run::tool("skopeo")
        .words("copy --src-tls-verify=false")
        .args([format!("docker://{image}"), format!("oci:{layout}")])
        .ok();
    let bundle = scratch.join("bundle");
    Run::tool("umoci")
        .args(["unpack", "--image", &layout])
        .arg(&bundle)
        .ok();
    let theirs = snapshot(&bundle.join("rootfs"), Look::CLOSE);
    assert_same(&snapshot(&ours, Look::CLOSE), &theirs, "umoci");
}

#[test]
fn as_buildah_mounts_it() {
    let (server, scratch, store) = (server(), Scratch::new(), Scratch::new());
    let layers = [base(), names(), changes(), links(), attributes()];
    Image::of(layers).push(&server, "trees/buildah", "1");
    let image = format!("{}/trees/buildah:1", server.host());
    let ours = unpacked(&image, &scratch);

    let buildah = |words: &str| with_storage("buildah", &store).words(words);
    let from = buildah("from --tls-verify=false");
    let container = from.arg(format!("docker://{image}")).ok().text();
    let mounted = buildah("mount").arg(&container).ok().text();
    let mut theirs = snapshot(mounted.as_ref(), Look::CLOSE);
    let mut ours = snapshot(&ours, Look::CLOSE);
    // The time of the root is that of its container.
    ours.remove("");
    theirs.remove("");
    assert_same(&ours, &theirs, "buildah");
}

#[test]
fn however_layers_are_packed() {
    let (server, scratch) = (server(), Scratch::new());
    let image = Image::of([base(), names(), changes(), links(), attributes()]);
    let snapshots = [Packed::Plain, Packed::Gzip, Packed::Zstd].map(|packed| {
        let name = format!("trees/{packed:?}").to_lowercase();
        image.clone().packed(packed).push(&server, &name, "1");
        let root = scratch.join(format!("{packed:?}"));
        wharf("unpack --quiet")
            .arg(format!("{}/{name}:1", server.host()))
            .arg(&root)
            .ok();
        snapshot(&root, Look::CLOSE)
    });
    assert!(snapshots[0].len() > 40);
    assert_same(&snapshots[0], &snapshots[1], "of gzip");
    assert_same(&snapshots[0], &snapshots[2], "of zstd");
}
