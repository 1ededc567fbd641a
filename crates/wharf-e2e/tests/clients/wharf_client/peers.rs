//! Every verb at registries of other families.

use serde_json::json;
use wharf_e2e::digest;
use wharf_e2e::peer::{Family, Peer};
use wharf_e2e::publish::OCI_IMAGE;
use wharf_e2e::server::Server;

use super::{Client, copied};

#[test]
fn olareg() {
    all(Family::Olareg);
}

#[test]
fn zot() {
    all(Family::Zot);
}

/// All verbs, in the order in which they need each other.
fn all(family: Family) {
    let (ours, peer, client) = (Server::wharf(), Peer::start(family), Client::new());
    let index = ours.push_index("team/app", "1");
    let signature = refer(&client, &ours, &index.digest, index.body.len());
    let (from, to) = (ours.host(), peer.host());

    let along = match family {
        Family::Olareg => "--referrers ",
        // It answers 500 to manifests that refer to others.
        Family::Zot => "",
    };
    let copy = format!("copy --json {along}{from}/team/app:1 {to}/team/app:1");
    let told = client.told(&copy);
    assert_eq!(copied(&told)["digest"], index.digest);
    let again = client.told(&copy);
    assert_eq!(copied(&again)["stored"], 0, "{again:#?}");
    let digest = client.ok(&format!("digest {to}/team/app:1"));
    assert_eq!(digest.trim(), index.digest);
    let manifest = client.ok(&format!("manifest get {to}/team/app:1"));
    assert_eq!(manifest.as_bytes(), index.body);
    let config = client.ok(&format!("config --platform linux/arm64 {to}/team/app:1"));
    assert!(config.contains("arm64"), "{config}");
    assert_eq!(client.ok(&format!("ls {to}/team/app")), "1\n");
    let referrers = client.ok(&format!("referrers --json {to}/team/app:1"));
    let has_signature = referrers.contains(&signature);
    assert_eq!(has_signature, family == Family::Olareg, "{referrers}");
    client.ok(&format!("inspect {to}/team/app:1"));
    catalog(family, &client, to);

    client.ok(&format!("pull {to}/team/app:1 oci:layout:1"));
    client.ok(&format!("push {to}/other/app:2 oci:layout:1"));
    client.ok(&format!(
        "copy {to}/team/app@{} {to}/mounted/app:3",
        index.digest
    ));
    client.ok(&format!(
        "save -o app.tar --platform linux/amd64 {to}/other/app:2"
    ));
    client.ok(&format!("load -i app.tar --to {to}/loaded"));
    client.ok(&format!(
        "unpack --platform linux/amd64 {to}/other/app:2 root"
    ));
    client.ok(&format!("copy {to}/mounted/app:3 {from}/back/app:3"));
    assert_eq!(ours.whole_image("back/app", "3"), index);

    let one = format!("--platform linux/amd64 {to}/other/app:2");
    client.ok(&format!("export -o root.tar {one}"));
    client.ok(&format!("diff {one} {to}/loaded/other/app:2"));

    let blob = client.ok(&format!("blob put {to}/team/app empty"));
    let blob = format!("{to}/team/app@{}", blob.trim());
    assert_eq!(client.ok(&format!("blob head {blob}")), "2 bytes (2 B)\n");
    assert_eq!(client.ok(&format!("blob get {blob}")), "{}");
    client.ok(&format!("blob delete --yes {blob}"));
    assert_eq!(client.run(&format!("blob head {blob}")).code, Some(3));

    client.ok(&format!("tag {to}/team/app:1 2"));
    client.ok(&format!("rm --yes {to}/team/app:2"));
    assert_eq!(client.run(&format!("digest {to}/team/app:2")).code, Some(3));
    client.ok(&format!("rm --yes {to}/team/app@{}", index.digest));
    assert_eq!(client.run(&format!("digest {to}/team/app:1")).code, Some(3));
}

/// Something that refers to an image; its digest.
fn refer(client: &Client, registry: &Server, subject: &str, size: usize) -> String {
    let file =
        |name: &str, content: &str| std::fs::write(client.path().join(name), content).unwrap();
    file("empty", "{}");
    let repository = format!("{}/team/app", registry.host());
    client.ok(&format!("blob put {repository} empty"));
    let empty = json!({
        "mediaType": "application/vnd.oci.empty.v1+json", "digest": digest::sha256(b"{}"),
        "size": 2,
    });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_IMAGE, "artifactType": "application/x",
        "config": empty, "layers": [empty],
        "subject": {
            "mediaType": "application/vnd.oci.image.index.v1+json", "digest": subject,
            "size": size,
        },
    });
    let manifest = manifest.to_string();
    file("referrer", &manifest);
    let digest = digest::sha256(manifest.as_bytes());
    client.ok(&format!("manifest put {repository}@{digest} referrer"));
    digest
}

fn catalog(family: Family, client: &Client, host: &str) {
    let listed = client.run(&format!("ls {host}"));
    match family {
        Family::Zot => assert_eq!(listed.stdout, "team/app\n", "{listed:#?}"),
        // It has no such list.
        Family::Olareg => assert_eq!(listed.code, Some(3), "{listed:#?}"),
    }
}
