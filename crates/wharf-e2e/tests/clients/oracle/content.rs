//! What every server has when the requests come: one tree, written by distribution 2.8.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::publish::{OCI_IMAGE, OCI_INDEX, descriptor, with_digest};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup};
use wharf_e2e::{digest, noise};

pub(super) const DOCKER_IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(super) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub(super) const SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// The repository with everything in it.
pub(super) const APP: &str = "app";

/// The tree, and the digests in it.
pub(super) struct Content {
    root: Scratch,
    /// Digests by their names in the requests: `{layer}` stands for `digests["layer"]`.
    pub(super) digests: BTreeMap<&'static str, String>,
    /// Bytes that requests send.
    pub(super) bodies: BTreeMap<&'static str, Vec<u8>>,
}

struct Writer {
    server: Server,
    digests: BTreeMap<&'static str, String>,
    bodies: BTreeMap<&'static str, Vec<u8>>,
}

// === impl Content ===

impl Content {
    /// Has 2.8 write it.
    pub(super) fn write() -> Self {
        let root = Scratch::new();
        let server = Setup::of(Kind::Debian).data(root.path()).schema1().start();
        let mut writer = Writer {
            server,
            digests: BTreeMap::new(),
            bodies: BTreeMap::new(),
        };
        writer.blobs();
        writer.images();
        writer.indexes();
        writer.schema1();
        writer.other_repositories();
        writer.unknown_digests();
        let Writer {
            server,
            digests,
            bodies,
        } = writer;
        server.stop();
        Self {
            root,
            digests,
            bodies,
        }
    }

    /// A copy of the tree for one server.
    pub(super) fn copy_to(&self, data: &Path) {
        Run::tool("cp")
            .arg("-rT")
            .arg(self.root.path())
            .arg(data)
            .ok();
    }
}

// === impl Writer ===

impl Writer {
    fn blobs(&mut self) {
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [digest::sha256(b"a layer")]},
            "history": [{"created": "2020-01-01T00:00:00Z", "created_by": "nobody"}],
        });
        self.blob("layer", &noise::bytes(1, 5000));
        self.blob("config", config.to_string().as_bytes());
        self.blob("empty", b"");
        self.blob("hello", b"hello");
    }

    fn images(&mut self) {
        let oci = self.image(OCI_IMAGE, OCI_CONFIG, OCI_LAYER);
        self.manifest("oci", APP, "oci", OCI_IMAGE, &oci);
        for tag in ["1.0", "1.1", "1.10", "latest", "UPPER_case-9"] {
            self.manifest("oci", APP, tag, OCI_IMAGE, &oci);
        }
        let docker = self.image(DOCKER_IMAGE, DOCKER_CONFIG, DOCKER_LAYER);
        self.manifest("docker", APP, "docker", DOCKER_IMAGE, &docker);
        let mut artifact = self.image(OCI_IMAGE, "application/vnd.example.sbom", OCI_LAYER);
        artifact["subject"] = self.child(OCI_IMAGE, "oci");
        self.manifest("artifact", APP, "artifact", OCI_IMAGE, &artifact);
    }

    fn indexes(&mut self) {
        let mut child = self.child(DOCKER_IMAGE, "docker");
        child["platform"] = json!({"architecture": "amd64", "os": "linux"});
        let list = json!({
            "schemaVersion": 2,
            "mediaType": DOCKER_LIST,
            "manifests": [child],
        });
        self.manifest("list", APP, "list", DOCKER_LIST, &list);
        let mut child = self.child(DOCKER_IMAGE, "docker");
        child["platform"] = json!({"architecture": "s390x", "os": "linux"});
        let foreign = json!({
            "schemaVersion": 2,
            "mediaType": DOCKER_LIST,
            "manifests": [child],
        });
        self.manifest("foreign list", APP, "foreign-list", DOCKER_LIST, &foreign);
        let index = json!({
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [self.child(OCI_IMAGE, "oci")],
        });
        self.manifest("index", APP, "index", OCI_INDEX, &index);
    }

    /// An image of schema 1 as 2.8 itself makes it for old clients, pushed as they would.
    fn schema1(&mut self) {
        let made = self
            .server
            .http()
            .get("/v2/app/manifests/docker")
            .expect(200);
        assert_eq!(made.header("content-type"), SCHEMA1);
        let put = self
            .server
            .put_manifest(APP, "schema1", SCHEMA1, made.body.clone());
        let digest = put.header("docker-content-digest").to_owned();
        self.digests.insert("schema1", digest);
        self.bodies.insert("schema1", made.body.to_vec());
    }

    fn other_repositories(&mut self) {
        let config = self.bodies["config"].clone();
        let layer = self.bodies["layer"].clone();
        let oci: Value = serde_json::from_slice(&self.bodies["oci"]).unwrap();
        for repository in ["a", "a/b", "a-b", "emptied", "zzz/last"] {
            self.server.push_blob(repository, config.clone());
            self.server.push_blob(repository, layer.clone());
            self.server.push_manifest(repository, "1", &oci);
        }
        let doomed = format!("/v2/emptied/manifests/{}", self.digests["oci"]);
        self.server.http().delete(&doomed).expect(202);
        self.server.push_blob("only/blobs", config);
    }

    /// Digests of content that nobody has, and of content that requests bring.
    fn unknown_digests(&mut self) {
        self.digests
            .insert("unknown", digest::sha256(b"nobody has this"));
        for (name, bytes) in [
            ("new", noise::bytes(2, 2000)),
            ("hello world", b"hello world".to_vec()),
        ] {
            self.digests.insert(name, digest::sha256(&bytes));
            self.bodies.insert(name, bytes);
        }
        let hello = digest::sha512(b"hello");
        self.digests.insert("sha512 of hello", hello);
        let oci = digest::sha512(&self.bodies["oci"]);
        self.digests.insert("sha512 of oci", oci);
    }

    fn blob(&mut self, name: &'static str, bytes: &[u8]) {
        let session = self
            .server
            .http()
            .post("/v2/app/blobs/uploads/")
            .expect(202);
        let digest = digest::sha256(bytes);
        let target = with_digest(session.header("location"), &digest);
        self.server
            .http()
            .put(&target)
            .body(bytes.to_vec())
            .expect(201);
        self.digests.insert(name, digest);
        self.bodies.insert(name, bytes.to_vec());
    }

    fn manifest(
        &mut self,
        name: &'static str,
        repository: &str,
        tag: &str,
        media_type: &str,
        manifest: &Value,
    ) {
        let bytes = manifest.to_string().into_bytes();
        self.server
            .put_manifest(repository, tag, media_type, bytes.clone());
        self.digests.insert(name, digest::sha256(&bytes));
        self.bodies.insert(name, bytes);
    }

    fn image(&self, media_type: &str, config_type: &str, layer_type: &str) -> Value {
        json!({
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": self.child(config_type, "config"),
            "layers": [self.child(layer_type, "layer")],
        })
    }

    /// A descriptor of something that is there.
    fn child(&self, media_type: &str, name: &str) -> Value {
        descriptor(media_type, &self.digests[name], self.bodies[name].len())
    }
}
