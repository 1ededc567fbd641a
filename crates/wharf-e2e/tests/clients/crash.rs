//! `kill -9` at every store call of a push: what was acknowledged is there afterwards, and
//! the same push, done again, succeeds.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use wharf_e2e::daemon::Daemon;
use wharf_e2e::digest::{sha256, sha512};
use wharf_e2e::http::{Answer, Call, Http};
use wharf_e2e::publish::OCI_IMAGE;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Setup, free_address};

const REPOSITORY: &str = "crash/app";
const OTHER: &str = "crash/other";
/// More calls than the push makes; reaching it means that it never ends.
const MOST_CALLS: usize = 500;

/// What the server has answered with success, by path: the bytes that a GET has to bring, or
/// `None` where it has to bring 404.
type Acknowledged = BTreeMap<String, Option<Bytes>>;

/// Content and its digest.
struct Blob {
    bytes: Bytes,
    digest: String,
}

#[test]
fn kill_9_before_every_store_call() {
    every_store_call("before");
}

#[test]
fn kill_9_after_every_store_call() {
    every_store_call("after");
}

fn every_store_call(when: &str) {
    let push = Push::new();
    for call in 1..MOST_CALLS {
        let scratch = Scratch::new();
        let data = scratch.join("data");
        let (acknowledged, survived) = push.against_dying(call, when, &data, &scratch);
        let server = Setup::of(Kind::Wharf).data(&data).start();
        verify(server.http(), &acknowledged, &format!("{when} call {call}"));

        let mut again = Acknowledged::new();
        push.run(server.http(), &mut again)
            .unwrap_or_else(|why| panic!("the push fails after dying {when} call {call}: {why}"));
        verify(server.http(), &again, "the second push");
        if survived {
            assert!(
                call > 30,
                "the push makes only {call} store calls: is it done at all?"
            );
            return;
        }
    }
    panic!("the push makes more than {MOST_CALLS} store calls");
}

fn verify(http: &Http, acknowledged: &Acknowledged, what: &str) {
    for (path, expected) in acknowledged {
        let answer = http.get(path).header("accept", "*/*").send();
        match expected {
            Some(bytes) => {
                assert_eq!(answer.status, 200, "lost {what}: {path}");
                assert_eq!(answer.body, bytes, "changed {what}: {path}");
            }
            None => assert_eq!(answer.status, 404, "came back {what}: {path}"),
        }
    }
}

/// The content of a push; the same for every run.
struct Push {
    config: Blob,
    layer: Blob,
    long: Blob,
    first: Blob,
    second: Blob,
}

// === impl Blob ===

impl Blob {
    fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let digest = sha256(&bytes);
        Self { bytes, digest }
    }
}

// === impl Push ===

impl Push {
    fn new() -> Self {
        let config = Blob::new("{\"architecture\":\"amd64\",\"os\":\"linux\"}");
        let layer = Blob::new("a layer that comes in two chunks");
        let bytes = Bytes::from("a layer with a long digest");
        let long = Blob {
            digest: sha512(&bytes),
            bytes,
        };
        let first = Blob::new(manifest(&config, &[&layer], "first"));
        let second = Blob::new(manifest(&config, &[&layer, &long], "second"));
        Self {
            config,
            layer,
            long,
            first,
            second,
        }
    }

    /// Runs against a server that dies at a call; says whether it lived to the end.
    fn against_dying(
        &self,
        call: usize,
        when: &str,
        data: &Path,
        scratch: &Scratch,
    ) -> (Acknowledged, bool) {
        let address = free_address();
        let arguments = [
            &address,
            &data.display().to_string(),
            &call.to_string(),
            when,
        ]
        .map(str::to_owned);
        let log = scratch.join("log");
        let program = Path::new(env!("CARGO_BIN_EXE_wharf-dies"));
        let mut server = Daemon::start(program, arguments, &[], &log);
        let http = Http::new(&address);
        let started = server.wait_until(Duration::from_secs(20), || {
            http.get("/v2/")
                .try_send()
                .is_ok_and(|answer| answer.status == 200)
        });
        started.unwrap_or_else(|why| panic!("no server to kill: {why}"));
        let mut acknowledged = Acknowledged::new();
        let survived = self.run(&http, &mut acknowledged).is_ok();
        server.kill();
        (acknowledged, survived)
    }

    /// Every way of pushing, a retag and deletions, up to the first answer that fails.
    fn run(&self, http: &Http, acknowledged: &mut Acknowledged) -> Result<(), String> {
        let uploads = format!("/v2/{REPOSITORY}/blobs/uploads/");

        let single = http.post(&format!("{uploads}?digest={}", self.config.digest));
        expect(single.body(self.config.bytes.clone()), 201)?;
        acknowledged.insert(
            blob(REPOSITORY, &self.config),
            Some(self.config.bytes.clone()),
        );

        let session = expect(http.post(&uploads), 202)?;
        let (head, tail) = (self.layer.bytes.slice(..10), self.layer.bytes.slice(10..));
        let chunk = expect(http.patch(session.header("location")).body(head), 202)?;
        let last = format!("{}?digest={}", chunk.header("location"), self.layer.digest);
        expect(http.put(&last).body(tail), 201)?;
        acknowledged.insert(
            blob(REPOSITORY, &self.layer),
            Some(self.layer.bytes.clone()),
        );

        let session = expect(http.post(&uploads), 202)?;
        let streamed = http
            .patch(session.header("location"))
            .streamed(self.long.bytes.clone());
        let streamed = expect(streamed, 202)?;
        expect(
            http.put(&format!(
                "{}?digest={}",
                streamed.header("location"),
                self.long.digest
            )),
            201,
        )?;
        acknowledged.insert(blob(REPOSITORY, &self.long), Some(self.long.bytes.clone()));

        let mount = format!(
            "/v2/{OTHER}/blobs/uploads/?mount={}&from={REPOSITORY}",
            self.layer.digest
        );
        expect(http.post(&mount), 201)?;
        acknowledged.insert(blob(OTHER, &self.layer), Some(self.layer.bytes.clone()));

        let tag = format!("/v2/{REPOSITORY}/manifests/latest");
        put_manifest(http, &tag, &self.first)?;
        acknowledged.insert(tag.clone(), Some(self.first.bytes.clone()));
        // From here on the tag may have either manifest, until the retag is acknowledged.
        let retagged = put_manifest_over(http, &tag, &self.second, acknowledged);
        retagged?;
        acknowledged.insert(tag.clone(), Some(self.second.bytes.clone()));
        acknowledged.insert(by_digest(&self.first), Some(self.first.bytes.clone()));

        acknowledged.remove(&blob(OTHER, &self.layer));
        expect(http.delete(&blob(OTHER, &self.layer)), 202)?;
        acknowledged.insert(blob(OTHER, &self.layer), None);

        acknowledged.remove(&by_digest(&self.first));
        expect(http.delete(&by_digest(&self.first)), 202)?;
        acknowledged.insert(by_digest(&self.first), None);

        acknowledged.remove(&tag);
        expect(http.delete(&tag), 202)?;
        acknowledged.insert(tag, None);
        acknowledged.insert(by_digest(&self.second), Some(self.second.bytes.clone()));
        Ok(())
    }
}

/// While a retag is under way, only the manifest by its digest is certain.
fn put_manifest_over(
    http: &Http,
    tag: &str,
    manifest: &Blob,
    acknowledged: &mut Acknowledged,
) -> Result<(), String> {
    let before = acknowledged.remove(tag);
    if let Some(Some(bytes)) = before {
        let first = Blob::new(bytes);
        acknowledged.insert(by_digest(&first), Some(first.bytes));
    }
    put_manifest(http, tag, manifest)
}

fn put_manifest(http: &Http, path: &str, manifest: &Blob) -> Result<(), String> {
    let put = http.put(path).header("content-type", OCI_IMAGE);
    expect(put.body(manifest.bytes.clone()), 201).map(drop)
}

fn expect(call: Call<'_>, status: u16) -> Result<Answer, String> {
    let answer = call.try_send()?;
    if answer.status == status {
        Ok(answer)
    } else {
        Err(format!("{answer:?}"))
    }
}

fn manifest(config: &Blob, layers: &[&Blob], name: &str) -> String {
    let describe = |blob: &Blob, media_type: &str| json!({"mediaType": media_type, "digest": blob.digest, "size": blob.bytes.len()});
    let layers: Vec<_> = layers
        .iter()
        .map(|layer| describe(layer, "application/vnd.oci.image.layer.v1.tar"))
        .collect();
    json!({
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "config": describe(config, "application/vnd.oci.image.config.v1+json"),
        "layers": layers,
        "subject": {"mediaType": OCI_IMAGE, "digest": sha256(b"a subject"), "size": 9},
        "annotations": {"name": name},
    })
    .to_string()
}

fn blob(repository: &str, blob: &Blob) -> String {
    format!("/v2/{repository}/blobs/{}", blob.digest)
}

fn by_digest(manifest: &Blob) -> String {
    format!("/v2/{REPOSITORY}/manifests/{}", manifest.digest)
}
