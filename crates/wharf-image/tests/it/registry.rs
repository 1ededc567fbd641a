//! Registries: a small one, which does not take what is not whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tempfile::TempDir;
use tokio::net::TcpListener;
use wharf_client::{ClientSettings, RegistryClient};
use wharf_image::{CopyOptions, Platforms, Source, copy, tag_details};
use wharf_spec::{Manifest, Reference};

use crate::copies::{into_memory, source, target};
use crate::http::{Handler, Reply, Request, serve};
use crate::memory::{Memory, MemoryPlace};
use crate::samples::digest;

/// What is in it, by repository and digest or tag.
#[derive(Debug, Default)]
struct Stored {
    blobs: BTreeSet<(String, String)>,
    bytes: BTreeMap<String, Vec<u8>>,
    manifests: BTreeMap<(String, String), Vec<u8>>,
    uploads: BTreeMap<String, Vec<u8>>,
    lists_referrers: bool,
    asked: Vec<String>,
}

pub(crate) struct Registry {
    host: String,
    stored: Arc<Mutex<Stored>>,
}

impl Registry {
    pub(crate) async fn start(lists_referrers: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let stored = Arc::new(Mutex::new(Stored {
            lists_referrers,
            ..Stored::default()
        }));
        let own = Arc::clone(&stored);
        let handler: Handler = Arc::new(move |request| own.lock().unwrap().answer(request));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&handler)));
            }
        });
        Self { host, stored }
    }

    pub(crate) fn place(&self, name: &str) -> String {
        format!("docker://{}/{name}", self.host)
    }

    /// Methods and paths of what was asked; then it forgets them.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.stored.lock().unwrap().asked)
    }
}

impl Stored {
    fn answer(&mut self, request: &Request) -> Reply {
        let range = request.header("range").map(|range| format!(" {range}"));
        let range = range.unwrap_or_default();
        self.asked
            .push(format!("{} {}{range}", request.method, request.path));
        let path = request.path.strip_prefix("/v2/").unwrap();
        let parts: Vec<_> = path.rsplitn(3, '/').collect();
        match parts.as_slice() {
            [reference, "manifests", name] => self.manifest(request, name, reference),
            ["", "uploads", name] => self.begin(request, name.strip_suffix("/blobs").unwrap()),
            [id, "uploads", name] => self.upload(request, name.strip_suffix("/blobs").unwrap(), id),
            [blob, "blobs", name] => {
                let key = (name.to_string(), blob.to_string());
                match self.blobs.contains(&key) {
                    true => part(request, &self.bytes[*blob]),
                    false => Reply::new(404),
                }
            }
            [subject, "referrers", name] if self.lists_referrers => self.referrers(name, subject),
            _ => Reply::new(404),
        }
    }

    fn manifest(&mut self, request: &Request, name: &str, reference: &str) -> Reply {
        let key = (name.to_owned(), reference.to_owned());
        if request.method != "PUT" {
            let Some(found) = self.manifests.get(&key) else {
                return Reply::new(404);
            };
            let kind = Manifest::detect(found).unwrap();
            let reply = Reply::new(200).header("content-type", kind);
            return reply
                .header("docker-content-digest", digest(found))
                .body(found.clone());
        }
        let own = digest(&request.body);
        let media_type = request.header("content-type");
        let bytes = Bytes::from(request.body.clone());
        let parsed = Manifest::parse(bytes, media_type).unwrap();
        // The tag of a list of referrers may speak of them before they are there.
        for part in parsed.references() {
            let key = (name.to_owned(), part.digest.to_string());
            if !self.blobs.contains(&key) && !self.manifests.contains_key(&key) {
                return Reply::new(400).body(format!("{} is not there", part.digest));
            }
        }
        self.manifests
            .insert((name.to_owned(), own.to_string()), request.body.clone());
        self.manifests.insert(key, request.body.clone());
        let reply = Reply::new(201).header("docker-content-digest", own);
        match parsed.subject().filter(|_| self.lists_referrers) {
            Some(subject) => reply.header("oci-subject", subject.digest),
            None => reply,
        }
    }

    fn begin(&mut self, request: &Request, name: &str) -> Reply {
        if let (Some(blob), Some(from)) = (request.value("mount"), request.value("from"))
            && self.blobs.contains(&(from, blob.clone()))
        {
            self.blobs.insert((name.to_owned(), blob));
            return Reply::new(201).header("location", "/x");
        }
        let id = self.uploads.len().to_string();
        self.uploads.insert(id.clone(), Vec::new());
        Reply::new(202).header("location", format!("/v2/{name}/blobs/uploads/{id}"))
    }

    fn upload(&mut self, request: &Request, name: &str, id: &str) -> Reply {
        if !request.is_whole {
            return Reply::new(400);
        }
        let upload = self.uploads.get_mut(id).unwrap();
        upload.extend_from_slice(&request.body);
        let location = format!("/v2/{name}/blobs/uploads/{id}");
        if request.method == "PATCH" {
            let range = format!("0-{}", upload.len() - 1);
            return Reply::new(202)
                .header("location", location)
                .header("range", range);
        }
        let expected = request.value("digest").unwrap();
        if digest(upload).to_string() != expected {
            return Reply::new(400);
        }
        self.bytes.insert(expected.clone(), upload.clone());
        self.blobs.insert((name.to_owned(), expected));
        Reply::new(201).header("location", location)
    }

    fn referrers(&self, name: &str, subject: &str) -> Reply {
        let mut found = BTreeMap::new();
        for ((repository, _), bytes) in &self.manifests {
            let manifest = Manifest::parse(bytes.clone().into(), None).unwrap();
            let is_about = manifest
                .subject()
                .is_some_and(|it| it.digest.to_string() == subject);
            if repository == name && is_about {
                found.insert(digest(bytes), manifest.descriptor(digest(bytes)));
            }
        }
        let index = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": found.into_values().collect::<Vec<_>>(),
        });
        let kind = "application/vnd.oci.image.index.v1+json";
        Reply::new(200)
            .header("content-type", kind)
            .body(index.to_string())
    }
}

pub(crate) fn with_referrers() -> CopyOptions {
    CopyOptions {
        referrers: true,
        ..CopyOptions::default()
    }
}

#[tokio::test]
async fn an_image_goes_up_and_comes_back() {
    let directory = TempDir::new().unwrap();
    let mut memory = Memory::default();
    let root = memory.index(&["linux/amd64", "linux/arm64"]);
    memory.root(&root, &[]);
    let signature = memory.referrer(Some(&root));
    for lists_referrers in [true, false] {
        let registry = Registry::start(lists_referrers).await;
        let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
        let written = target(&directory, &registry.place("a/b:v1")).await;
        let copied = copy(&original, &written, &with_referrers()).await.unwrap();
        assert_eq!(
            (copied.root.digest, copied.stored),
            (root.digest, memory.blobs.len())
        );
        let asked = registry.asked();
        // The tag comes last.
        assert_eq!(asked.last().unwrap(), "PUT /v2/a/b/manifests/v1");

        let read = source(&directory, &registry.place("a/b:v1")).await.unwrap();
        let found = read.referrers(&root.digest).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].digest, signature.digest);
        let (there, copied) = into_memory(&read, &with_referrers()).await;
        assert_eq!(copied.root.digest, root.digest);
        assert_eq!(
            (there.blobs, there.manifests),
            (memory.blobs.clone(), memory.manifests.clone())
        );
        assert_eq!(there.roots[0].names, [format!("{}/a/b:v1", registry.host)]);
    }
}

#[tokio::test]
async fn a_tag_beside_a_digest_is_written_too() {
    let directory = TempDir::new().unwrap();
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    memory.root(&root, &[]);
    let registry = Registry::start(true).await;
    let original: Arc<dyn Source> = MemoryPlace::new(memory);
    let place = registry.place(&format!("a:v1@{}", root.digest));
    let written = target(&directory, &place).await;
    let options = CopyOptions::default();
    copy(&original, &written, &options).await.unwrap();
    let asked = registry.asked();
    let expected = [
        format!("PUT /v2/a/manifests/{}", root.digest),
        "PUT /v2/a/manifests/v1".to_owned(),
    ];
    assert_eq!(asked[asked.len() - 2..], expected);
    let other = registry.place(&format!("a:v2@{}", digest(b"other")));
    let written = target(&directory, &other).await;
    let error = copy(&original, &written, &options).await.unwrap_err();
    assert!(error.to_string().contains("has the digest"), "{error}");
    assert!(!registry.asked().iter().any(|it| it.starts_with("PUT")));
}

#[tokio::test]
async fn blobs_are_mounted_within_a_registry() {
    let directory = TempDir::new().unwrap();
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    memory.root(&root, &[]);
    let blobs = memory.blobs.len();
    let registry = Registry::start(true).await;
    let original: Arc<dyn Source> = MemoryPlace::new(memory);
    let first = target(&directory, &registry.place("first:v1")).await;
    let options = CopyOptions::default();
    copy(&original, &first, &options).await.unwrap();
    let read = source(&directory, &registry.place("first:v1"))
        .await
        .unwrap();
    let second = target(&directory, &registry.place("second:v2")).await;
    registry.asked();
    let copied = copy(&read, &second, &options).await.unwrap();
    assert_eq!((copied.mounted, copied.stored, copied.bytes), (blobs, 0, 0));
    let asked = registry.asked();
    assert!(
        !asked
            .iter()
            .any(|it| it.starts_with("GET /v2/first/blobs/")),
        "{asked:?}"
    );

    // Again: one look, one tag.
    let again = copy(&read, &second, &options).await.unwrap();
    assert_eq!((again.mounted, again.skipped), (0, blobs));
    let asked = registry.asked();
    let expected = [
        "GET /v2/first/manifests/v1".to_owned(),
        format!("HEAD /v2/second/manifests/{}", root.digest),
        "PUT /v2/second/manifests/v2".to_owned(),
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn a_registry_that_breaks_its_word_is_told() {
    let directory = TempDir::new().unwrap();
    let mut memory = Memory::default();
    let root = memory.image("linux/amd64", 1);
    memory.root(&root, &[]);
    let registry = Registry::start(true).await;
    let original: Arc<dyn Source> = MemoryPlace::new(memory);
    let written = target(&directory, &registry.place("a:v1")).await;
    copy(&original, &written, &CopyOptions::default())
        .await
        .unwrap();
    let largest = {
        let mut stored = registry.stored.lock().unwrap();
        let largest = stored
            .bytes
            .values_mut()
            .max_by_key(|bytes| bytes.len())
            .unwrap();
        largest[5] ^= 1;
        largest.len()
    };
    assert_eq!(largest, 700_000);
    let read = source(&directory, &registry.place("a:v1")).await.unwrap();
    let path = directory.path().join("layout");
    let written = target(&directory, &format!("oci:{}", path.display())).await;
    let error = copy(&read, &written, &CopyOptions::default())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("has the digest"), "{error}");
}

#[tokio::test]
async fn tags_are_described() {
    let directory = TempDir::new().unwrap();
    let mut memory = Memory::default();
    let root = memory.index(&["linux/s390x", "linux/arm64"]);
    memory.root(&root, &[]);
    let registry = Registry::start(true).await;
    let original: Arc<dyn Source> = MemoryPlace::new(memory.clone());
    let written = target(&directory, &registry.place("a:v1")).await;
    copy(&original, &written, &CopyOptions::default())
        .await
        .unwrap();
    let one = CopyOptions {
        platforms: Platforms::One("linux/s390x".parse().unwrap()),
        ..CopyOptions::default()
    };
    let written = target(&directory, &registry.place("a:v2")).await;
    copy(&original, &written, &one).await.unwrap();

    let host = registry.host.parse().unwrap();
    let client = RegistryClient::new(host, &ClientSettings::default(), None).unwrap();
    let repository = "a".parse().unwrap();
    let index = tag_details(&client, &repository, &"v1".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(index.digest, root.digest);
    let platforms: Vec<_> = index
        .platforms
        .iter()
        .map(|it| &*it.platform.architecture)
        .collect();
    assert_eq!(platforms, ["s390x", "arm64"]);
    assert_eq!(index.created.as_deref(), Some("2026-01-02T03:04:05Z"));
    let image = tag_details(&client, &repository, &"v2".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(image.digest, index.platforms[0].digest);
    assert_eq!(image.platforms[0].platform.architecture, "s390x");
    let v2 = Reference::Digest(image.digest).to_string();
    let stored = registry.stored.lock().unwrap();
    let manifest = stored.manifests[&("a".to_owned(), v2)].clone();
    let manifest = Manifest::parse(manifest.into(), None).unwrap();
    assert_eq!(
        image.size,
        manifest.references().map(|it| it.size).sum::<u64>()
    );
}

/// What was asked for of a blob: all of it, or what comes after a byte.
fn part(request: &Request, bytes: &[u8]) -> Reply {
    let range = request.header("range");
    let begin = range.and_then(|it| it.strip_prefix("bytes=")?.strip_suffix('-'));
    let Some(begin) = begin else {
        return Reply::new(200).body(bytes);
    };
    let (begin, end): (usize, _) = (begin.parse().unwrap(), bytes.len());
    let range = format!("bytes {begin}-{}/{end}", end - 1);
    let rest = &bytes[begin..];
    Reply::new(206).header("content-range", range).body(rest)
}
