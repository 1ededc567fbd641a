//! What a registry leaves behind: every kind of content, and a record of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_e2e::contents::Manifest;
use wharf_e2e::publish::{OCI_IMAGE, OCI_INDEX, descriptor};
use wharf_e2e::server::{Kind, Server, Setup};
use wharf_e2e::{digest, noise};

use super::damage::{data, nested, repositories};

/// The repository with almost everything.
pub(super) const APP: &str = "team/app";
const DOCKER_IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
const SBOM: &str = "application/vnd.example.sbom.v1";

/// What has to be served.
pub(super) struct Estate {
    /// Repository, reference, manifest.
    manifests: Vec<(String, String, Manifest)>,
    tags: BTreeMap<String, Vec<String>>,
    /// Requests for what was deleted.
    gone: Vec<String>,
    subject: String,
    artifact: String,
    schema1: Bytes,
}

// === impl Estate ===

impl Estate {
    /// Has the server write it.
    pub(super) fn write(server: &Server) -> Self {
        let mut estate = Self {
            manifests: Vec::new(),
            tags: BTreeMap::new(),
            gone: Vec::new(),
            subject: String::new(),
            artifact: String::new(),
            schema1: Bytes::new(),
        };
        estate.images(server);
        estate.artifacts(server);
        estate.deleted(server);
        estate.schema1 = schema1();
        estate
    }

    fn images(&mut self, server: &Server) {
        let oci = server.push_image(APP, "oci", "amd64");
        self.keep(APP, "oci", oci.clone());
        let index = server.push_index(APP, "index");
        for child in index.children() {
            let child = server.manifest(APP, &child.digest);
            self.keep(APP, &child.digest.clone(), child);
        }
        self.keep(APP, "index", index);
        let mut children = Vec::new();
        for architecture in ["amd64", "arm64"] {
            let tag = format!("docker-{architecture}");
            let docker = docker_image(server, &tag, architecture);
            let mut child = descriptor(DOCKER_IMAGE, &docker.digest, docker.body.len());
            child["platform"] = json!({"architecture": architecture, "os": "linux"});
            children.push(child);
            self.keep(APP, &tag, docker);
        }
        let list = json!({"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": children});
        server.push_manifest(APP, "list", &list);
        self.keep(APP, "list", server.manifest(APP, "list"));
        let nested = server.push_image("team/app/nested", "1", "amd64");
        self.keep("team/app/nested", "1", nested);
        // A repository without blobs.
        let none = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []});
        server.push_manifest("indexes", "none", &none);
        self.keep("indexes", "none", server.manifest("indexes", "none"));
        self.tag("indexes", &["none"]);
        self.tag("team/app/nested", &["1"]);
        self.subject = oci.digest;
    }

    /// An artifact, as clients push it to registries that have no referrers.
    fn artifacts(&mut self, server: &Server) {
        let subject = server.manifest(APP, "oci");
        let config = server.push_blob(APP, "{}");
        let artifact = json!({
            "schemaVersion": 2,
            "mediaType": OCI_IMAGE,
            "artifactType": SBOM,
            "config": descriptor("application/vnd.oci.empty.v1+json", &config, 2),
            "layers": [descriptor("application/vnd.oci.empty.v1+json", &config, 2)],
            "subject": descriptor(OCI_IMAGE, &subject.digest, subject.body.len()),
        });
        let digest = digest::sha256(artifact.to_string().as_bytes());
        self.artifact = server.push_manifest(APP, &digest, &artifact);
        let mut listed = descriptor(OCI_IMAGE, &digest, artifact.to_string().len());
        listed["artifactType"] = json!(SBOM);
        let list = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [listed]});
        let tag = subject.digest.replacen(':', "-", 1);
        server.push_manifest(APP, &tag, &list);
        self.keep(APP, &tag, server.manifest(APP, &tag));
        self.keep(APP, &digest, server.manifest(APP, &digest));
        let mut tags = [
            "docker-amd64",
            "docker-arm64",
            "index",
            "index-amd64",
            "index-arm64",
            "list",
            "oci",
        ]
        .to_vec();
        tags.push(&tag);
        self.tag(APP, &tags);
    }

    /// A tag where that can be deleted, else its image; and the only image of a repository.
    fn deleted(&mut self, server: &Server) {
        let doomed = server.push_image(APP, "doomed", "amd64");
        let reference = match server.kind() {
            Kind::V3 | Kind::Wharf => "doomed",
            Kind::Debian => &doomed.digest,
        };
        let path = format!("/v2/{APP}/manifests/{reference}");
        server.http().delete(&path).expect(202);
        self.gone.push(format!("/v2/{APP}/manifests/doomed"));
        let only = server.push_image("emptied", "1", "amd64");
        let path = format!("/v2/emptied/manifests/{}", only.digest);
        server.http().delete(&path).expect(202);
        self.gone.push(path);
        self.tag("emptied", &[]);
    }

    /// An image of schema 1 as 2.8 stores it.
    pub(super) fn add_schema1(&mut self, root: &Path) {
        let digest = digest::sha256(&self.schema1);
        let file = data(root, &digest);
        let repository = repositories(root).join("legacy/_manifests");
        let link = nested(&digest);
        write(&file, &self.schema1);
        for path in [
            format!("revisions/{link}/link"),
            format!("tags/old/index/{link}/link"),
            "tags/old/current/link".to_owned(),
        ] {
            write(&repository.join(path), digest.as_bytes());
        }
        self.tag("legacy", &["old"]);
    }

    /// Serves all of it, and nothing more than it and these repositories.
    pub(super) fn check(&self, server: &Server, others: Vec<String>) {
        for (repository, reference, manifest) in &self.manifests {
            let found = server.whole_image(repository, reference);
            assert_eq!(&found, manifest, "{repository} {reference}");
        }
        for (repository, tags) in &self.tags {
            assert_eq!(&server.tags(repository), tags, "{repository}");
        }
        for path in &self.gone {
            server.http().get(path).expect(404);
        }
        let mut repositories: Vec<String> = self.tags.keys().cloned().chain(others).collect();
        repositories.sort();
        assert_eq!(server.repositories(), repositories);

        let target = format!("/v2/{APP}/referrers/{}", self.subject);
        let referrers = server.http().get(&target).expect(200).json();
        let listed = referrers["manifests"].as_array().unwrap();
        assert_eq!(listed.len(), 1, "{referrers}");
        assert_eq!(listed[0]["digest"], Value::from(self.artifact.clone()));
        assert_eq!(listed[0]["artifactType"], SBOM);
        self.check_schema1(server);
    }

    fn check_schema1(&self, server: &Server) {
        let digest = digest::sha256(&self.schema1);
        let file = data(Path::new(""), &digest).display().to_string();
        for reference in ["old", &digest] {
            let before = server.log().len();
            let target = format!("/v2/legacy/manifests/{reference}");
            server.http().get(&target).expect(404);
            server.warns_of(before, &file);
        }
    }

    fn keep(&mut self, repository: &str, reference: &str, manifest: Manifest) {
        let kept = (repository.to_owned(), reference.to_owned(), manifest);
        self.manifests.push(kept);
    }

    fn tag(&mut self, repository: &str, tags: &[&str]) {
        let mut tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        tags.sort();
        self.tags.insert(repository.to_owned(), tags);
    }
}

/// An image in Docker's own media types.
fn docker_image(server: &Server, tag: &str, architecture: &str) -> Manifest {
    let layer = noise::bytes(tag.len() as u64, 20_000);
    let config = json!({
        "architecture": architecture,
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [digest::sha256(&layer)]},
        "history": [{"created": "2020-01-01T00:00:00Z", "created_by": "nobody"}],
    })
    .to_string();
    let size = layer.len();
    let layer = server.push_blob(APP, layer);
    let config_digest = server.push_blob(APP, config.clone());
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": DOCKER_IMAGE,
        "config": descriptor(
            "application/vnd.docker.container.image.v1+json",
            &config_digest,
            config.len(),
        ),
        "layers": [descriptor(
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
            &layer,
            size,
        )],
    });
    server.push_manifest(APP, tag, &manifest);
    server.manifest(APP, tag)
}

/// 2.8 makes, and signs, images of schema 1 for clients that know nothing newer.
fn schema1() -> Bytes {
    let server = Setup::of(Kind::Debian).schema1().start();
    docker_image(&server, "old", "amd64");
    let target = format!("/v2/{APP}/manifests/old");
    let made = server.http().get(&target).expect(200);
    assert_eq!(made.header("content-type"), SCHEMA1);
    // It takes it back, so it is as old clients pushed it.
    server.put_manifest(APP, "old", SCHEMA1, made.body.clone());
    made.body
}

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}
