//! Directories that distribution wrote and that have suffered since: what is whole is served
//! byte for byte, what is broken is a 404 that the log explains, and a push repairs it.

use std::path::Path;

use wharf_e2e::command::Run;
use wharf_e2e::contents::Manifest;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup};

mod damage;
mod estate;
mod strays;
mod uploads;

use damage::{DAMAGES, Damage, Victim};
use estate::Estate;

#[test]
fn a_damaged_directory_of_2_8_is_served() {
    inherit(Kind::Debian);
}

#[test]
fn a_damaged_directory_of_v3_is_served() {
    inherit(Kind::V3);
}

fn inherit(from: Kind) {
    let root = Scratch::new();
    let old = Setup::of(from).data(root.path()).schema1().start();
    let mut estate = Estate::write(&old);
    let images: Vec<Manifest> = DAMAGES
        .iter()
        .map(|damage| old.push_image(&damage.repository(), "1", "amd64"))
        .collect();
    let open = uploads::begin(&old);
    old.stop();
    estate.add_schema1(root.path());
    strays::scatter(root.path());
    let victims: Vec<Victim<'_>> = std::iter::zip(DAMAGES, &images)
        .map(|(damage, image)| damage.inflict(root.path(), image))
        .collect();

    for upload in &open {
        upload.suffer(root.path());
    }

    let server = Setup::of(Kind::Wharf).data(root.path()).start();
    let repositories = DAMAGES.iter().map(Damage::repository);
    estate.check(&server, repositories.collect());
    for victim in &victims {
        refuses(&server, victim);
        never_fails(&server, victim);
    }
    for (damage, victim) in std::iter::zip(DAMAGES, &victims) {
        let again = server.push_image(&damage.repository(), "1", "amd64");
        assert_eq!(&again, victim.image, "{}", damage.name);
        let whole = server.whole_image(&damage.repository(), "1");
        assert_eq!(&whole, victim.image, "{}", damage.name);
    }
    for upload in &open {
        upload.go_on(&server);
    }
}

/// 404, and a line that names the file.
fn refuses(server: &Server, victim: &Victim<'_>) {
    assert!(!victim.asked.is_empty());
    for target in &victim.asked {
        let before = server.log().len();
        server.http().get(target).expect(404);
        server.warns_of(before, &victim.broken);
        server.http().head(target).expect(404);
    }
}

/// Whatever is asked of the repository, the server has an answer.
fn never_fails(server: &Server, victim: &Victim<'_>) {
    let Victim {
        repository, image, ..
    } = victim;
    let mut targets = vec![
        format!("/v2/{repository}/tags/list"),
        format!("/v2/{repository}/referrers/{}", image.digest),
        format!("/v2/{repository}/manifests/1"),
        format!("/v2/{repository}/manifests/{}", image.digest),
    ];
    for blob in image.blobs() {
        targets.push(format!("/v2/{repository}/blobs/{}", blob.digest));
    }
    for target in targets {
        for call in [server.http().get(&target), server.http().head(&target)] {
            let status = call.send().status;
            assert!(status < 500, "{target}: {status}");
        }
    }
}

/// Whatever is left of them goes.
#[test]
fn broken_images_can_be_deleted() {
    let root = Scratch::new();
    let server = Setup::of(Kind::Wharf).data(root.path()).start();
    for damage in DAMAGES {
        let repository = damage.repository();
        let image = server.push_image(&repository, "1", "amd64");
        damage.inflict(root.path(), &image);
        let mut targets = vec![
            format!("/v2/{repository}/manifests/1"),
            format!("/v2/{repository}/manifests/{}", image.digest),
        ];
        for blob in image.blobs() {
            targets.push(format!("/v2/{repository}/blobs/{}", blob.digest));
        }
        for target in targets {
            let status = server.http().delete(&target).send().status;
            assert!([202, 404].contains(&status), "{target}: {status}");
            server.http().get(&target).expect(404);
        }
        assert_eq!(server.tags(&repository), [""; 0], "{repository}");
    }
}

/// What clients do: they ask for each blob and send those that are missing.
#[test]
fn skopeo_repairs_an_image_whose_layer_has_no_data() {
    let root = Scratch::new();
    let old = Setup::of(Kind::V3).data(root.path()).start();
    let image = old.push_image("inherited/skopeo", "1", "amd64");
    let layout = format!("dir:{}", root.join("layout").display());
    let url = |server: &Server| format!("docker://{}/inherited/skopeo:1", server.host());
    let copy = |side: &str| {
        Run::tool("skopeo")
            .words("copy --preserve-digests")
            .arg(format!("--{side}-tls-verify=false"))
    };
    copy("src").args([&url(&old), &layout]).ok();
    old.stop();
    std::fs::remove_file(damage::data(root.path(), &image.blobs()[0].digest)).unwrap();

    let server = Setup::of(Kind::Wharf).data(root.path()).start();
    copy("src")
        .args([&url(&server), &layout_beside(&root)])
        .fails();
    copy("dest").args([&layout, &url(&server)]).ok();
    assert_eq!(server.whole_image("inherited/skopeo", "1"), image);
}

fn layout_beside(root: impl AsRef<Path>) -> String {
    format!("dir:{}", root.as_ref().join("nothing").display())
}
