//! The requests, and a record of what the answers promised.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_e2e::publish::{OCI_IMAGE, OCI_INDEX, descriptor, with_digest};
use wharf_e2e::server::Server;
use wharf_e2e::{digest, noise};

const APP: &str = "golden/app";
const MOUNTED: &str = "golden/nested/mounted";
const DOCKER_IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// Which requests to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Those that distribution 2.8 answers like v3.
    AllVersions,
    /// The deletion of tags too.
    Version3,
    /// The same, without uploads that wait for their rest: in a bucket each server keeps what
    /// has arrived of them in its own way.
    Finished,
}

/// What has to be served from now on, and what must not be.
#[derive(Default)]
pub(super) struct Record {
    /// Repository, digest and content of blobs.
    pub(super) blobs: Vec<(String, String, Bytes)>,
    /// Repository, tag or digest, and content of manifests.
    pub(super) manifests: Vec<(String, String, Bytes)>,
    /// The tags of each repository, sorted.
    pub(super) tags: BTreeMap<String, Vec<String>>,
    /// Paths that are gone.
    pub(super) gone: Vec<String>,
    /// Upload ids and what they stand for.
    pub(super) uploads: BTreeMap<String, &'static str>,
    /// Uploads that wait for the rest of their bytes.
    pub(super) open: Vec<OpenUpload>,
}

/// An upload of which only a part has arrived.
pub(super) struct OpenUpload {
    pub(super) path: String,
    pub(super) whole: Bytes,
    /// How much of it may be there.
    pub(super) arrived: RangeInclusive<usize>,
}

/// A session: where it goes on, and the path that names it.
struct Session {
    location: String,
    path: String,
}

struct Script<'a> {
    server: &'a Server,
    record: Record,
}

pub(super) fn run(server: &Server, extent: Extent) -> Record {
    let mut script = Script {
        server,
        record: Record::default(),
    };
    let layers = script.blobs();
    script.manifests(&layers);
    script.mounts(&layers);
    script.deletions(&layers, extent);
    script.cancelled_upload();
    if extent != Extent::Finished {
        script.unfinished_uploads();
    }
    script.record
}

impl Script<'_> {
    /// Every way to upload a blob. Returns the digests with their sizes.
    fn blobs(&mut self) -> Vec<(String, usize)> {
        let ways = [
            Self::monolithic,
            Self::chunked,
            Self::streamed,
            Self::patch_and_put,
            Self::twice,
            Self::monolithic,
        ];
        let mut layers = Vec::new();
        for (seed, upload) in std::iter::zip(1.., ways) {
            let bytes = Bytes::from(noise::bytes(seed, 100_000));
            upload(self, &bytes);
            layers.push((self.keep_blob(APP, &bytes), bytes.len()));
        }
        let empty = Bytes::new();
        self.monolithic(&empty);
        self.keep_blob(APP, &empty);
        layers
    }

    fn monolithic(&mut self, bytes: &Bytes) {
        let session = self.begin(APP, "monolithic");
        self.finish(&session.location, bytes, bytes.clone());
    }

    fn chunked(&mut self, bytes: &Bytes) {
        let session = self.begin(APP, "chunked");
        let next = self.chunk(&session.location, bytes, 0, 40_000);
        let next = self.chunk(&next, bytes, 40_000, bytes.len());
        self.finish(&next, bytes, Bytes::new());
    }

    fn streamed(&mut self, bytes: &Bytes) {
        let session = self.begin(APP, "streamed");
        let patch = self.server.http().patch(&session.location);
        let answer = patch.streamed(bytes.clone()).expect(202);
        self.finish(answer.header("location"), bytes, Bytes::new());
    }

    fn patch_and_put(&mut self, bytes: &Bytes) {
        let session = self.begin(APP, "patch-and-put");
        let next = self.chunk(&session.location, bytes, 0, 50_000);
        self.finish(&next, bytes, bytes.slice(50_000..));
    }

    fn twice(&mut self, bytes: &Bytes) {
        self.monolithic(bytes);
        self.monolithic(bytes);
    }

    /// By tag, by digest, a tag that moves, both families of media types, and indexes.
    fn manifests(&mut self, layers: &[(String, usize)]) {
        let first = image(OCI_IMAGE, OCI_CONFIG, layers.get(..3).unwrap());
        let second = image(OCI_IMAGE, OCI_CONFIG, layers.get(2..).unwrap());
        let docker = image(DOCKER_IMAGE, DOCKER_CONFIG, layers.get(1..).unwrap());
        let moved = self.put(APP, "moving", &first);
        self.put(APP, "1", &first);
        self.put(APP, &moved, &first);
        let second_digest = self.put(APP, &digest::sha256(second.to_string().as_bytes()), &second);
        self.put(APP, "moving", &second);
        self.put(APP, "docker", &docker);

        let children = [(&moved, &first), (&second_digest, &second)].map(|(digest, image)| {
            let mut child = descriptor(OCI_IMAGE, digest, image.to_string().len());
            child["platform"] = json!({"architecture": "amd64", "os": "linux"});
            child
        });
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children});
        self.put(APP, "index", &index);
        let short = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [children[0]]});
        self.put(APP, &digest::sha256(short.to_string().as_bytes()), &short);

        self.keep_manifest(APP, "moving", &second);
        self.keep_manifest(APP, "1", &first);
        self.keep_manifest(APP, "docker", &docker);
        self.keep_manifest(APP, "index", &index);
        for manifest in [&first, &second, &docker, &index, &short] {
            let digest = digest::sha256(manifest.to_string().as_bytes());
            self.keep_manifest(APP, &digest, manifest);
        }
        let tags = ["1", "docker", "index", "moving"].map(str::to_owned);
        self.record.tags.insert(APP.to_owned(), tags.to_vec());
    }

    /// A mount that works, one that becomes a session, and an image of mounted blobs.
    fn mounts(&mut self, layers: &[(String, usize)]) {
        let http = self.server.http();
        for (digest, _) in layers {
            let query = format!("mount={digest}&from={APP}");
            let target = format!("/v2/{MOUNTED}/blobs/uploads/?{query}");
            let answer = http.post(&target).expect(201);
            assert_eq!(answer.header("docker-content-digest"), digest);
        }
        let unknown = digest::sha256(b"nobody has this");
        let target = format!("/v2/{MOUNTED}/blobs/uploads/?mount={unknown}&from={APP}");
        let answer = http.post(&target).expect(202);
        let session = self.session(MOUNTED, "failed-mount", &answer);
        self.server.http().delete(&session.location).expect(204);

        let kept: Vec<Bytes> = self
            .record
            .blobs
            .iter()
            .map(|blob| blob.2.clone())
            .collect();
        for bytes in kept.iter().filter(|bytes| !bytes.is_empty()) {
            self.keep_blob(MOUNTED, bytes);
        }
        let mounted = image(OCI_IMAGE, OCI_CONFIG, layers);
        self.put(MOUNTED, "latest", &mounted);
        self.keep_manifest(MOUNTED, "latest", &mounted);
        let tags = vec!["latest".to_owned()];
        self.record.tags.insert(MOUNTED.to_owned(), tags);
    }

    fn deletions(&mut self, layers: &[(String, usize)], extent: Extent) {
        let http = self.server.http();
        let doomed = image(OCI_IMAGE, OCI_CONFIG, layers.get(4..).unwrap());
        let digest = self.put(APP, "doomed", &doomed);
        self.put(APP, "doomed-too", &doomed);
        let by_digest = format!("/v2/{APP}/manifests/{digest}");
        http.delete(&by_digest).expect(202);
        self.record.gone.push(by_digest);
        for tag in ["doomed", "doomed-too"] {
            self.record.gone.push(format!("/v2/{APP}/manifests/{tag}"));
        }

        let bytes = Bytes::from_static(b"a blob that is deleted");
        let session = self.begin(APP, "deleted-blob");
        self.finish(&session.location, &bytes, bytes.clone());
        let blob = format!("/v2/{APP}/blobs/{}", digest::sha256(&bytes));
        self.server.http().delete(&blob).expect(202);
        self.record.gone.push(blob);

        if extent != Extent::AllVersions {
            let kept = image(OCI_IMAGE, OCI_CONFIG, layers.get(3..).unwrap());
            let digest = self.put(APP, "untagged", &kept);
            let tag = format!("/v2/{APP}/manifests/untagged");
            self.server.http().delete(&tag).expect(202);
            self.record.gone.push(tag);
            self.keep_manifest(APP, &digest, &kept);
        }
    }

    fn cancelled_upload(&mut self) {
        let whole = Bytes::from(noise::bytes(100, 1000));
        let cancelled = self.begin(APP, "cancelled");
        let next = self.chunk(&cancelled.location, &whole, 0, 1000);
        self.server.http().delete(&next).expect(204);
        self.record.gone.push(cancelled.path);
    }

    fn unfinished_uploads(&mut self) {
        let whole = Bytes::from(noise::bytes(100, 300_000));
        let begun = self.begin(APP, "begun");
        self.keep_upload(begun.path, &whole, 0..=0);

        let open = self.begin(APP, "open");
        let next = self.chunk(&open.location, &whole, 0, 70_000);
        self.chunk(&next, &whole, 70_000, 150_001);
        self.keep_upload(open.path, &whole, 150_001..=150_001);

        let broken = self.begin(APP, "broken");
        let next = self.chunk(&broken.location, &whole, 0, 100_000);
        let rest = whole.slice(100_000..200_000);
        let promised = whole.len() - 100_000;
        self.server.http().interrupted_patch(&next, promised, &rest);
        self.keep_upload(broken.path, &whole, 100_000..=200_000);
    }

    fn begin(&mut self, repository: &str, label: &'static str) -> Session {
        let target = format!("/v2/{repository}/blobs/uploads/");
        let answer = self.server.http().post(&target).expect(202);
        self.session(repository, label, &answer)
    }

    fn session(
        &mut self,
        repository: &str,
        label: &'static str,
        answer: &wharf_e2e::http::Answer,
    ) -> Session {
        let id = answer.header("docker-upload-uuid").to_owned();
        let path = format!("/v2/{repository}/blobs/uploads/{id}");
        self.record.uploads.insert(id, label);
        Session {
            location: answer.header("location").to_owned(),
            path,
        }
    }

    fn chunk(&self, location: &str, whole: &Bytes, start: usize, end: usize) -> String {
        let range = format!("{start}-{}", end - 1);
        let patch = self.server.http().patch(location);
        let answer = patch
            .header("content-range", &range)
            .header("content-type", "application/octet-stream")
            .body(whole.slice(start..end))
            .expect(202);
        assert_eq!(answer.header("range"), format!("0-{}", end - 1));
        answer.header("location").to_owned()
    }

    fn finish(&self, location: &str, whole: &Bytes, rest: Bytes) {
        let target = with_digest(location, &digest::sha256(whole));
        self.server.http().put(&target).body(rest).expect(201);
    }

    fn put(&self, repository: &str, reference: &str, manifest: &Value) -> String {
        self.server.push_manifest(repository, reference, manifest)
    }

    fn keep_blob(&mut self, repository: &str, bytes: &Bytes) -> String {
        let digest = digest::sha256(bytes);
        let kept = (repository.to_owned(), digest.clone(), bytes.clone());
        self.record.blobs.push(kept);
        digest
    }

    fn keep_manifest(&mut self, repository: &str, reference: &str, manifest: &Value) {
        let body = Bytes::from(manifest.to_string());
        let kept = (repository.to_owned(), reference.to_owned(), body);
        self.record.manifests.push(kept);
    }

    fn keep_upload(&mut self, path: String, whole: &Bytes, arrived: RangeInclusive<usize>) {
        self.record.open.push(OpenUpload {
            path,
            whole: whole.clone(),
            arrived,
        });
    }
}

/// An image whose last layer is its config.
fn image(media_type: &str, config_type: &str, layers: &[(String, usize)]) -> Value {
    let (config, layers) = layers.split_last().unwrap();
    let layers: Vec<Value> = layers
        .iter()
        .map(|(digest, size)| descriptor(OCI_LAYER, digest, *size))
        .collect();
    json!({
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": descriptor(config_type, &config.0, config.1),
        "layers": layers,
    })
}
