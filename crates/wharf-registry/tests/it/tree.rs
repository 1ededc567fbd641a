//! What each request changes in the stored tree: the one that distribution would write.

use std::cell::RefCell;
use std::collections::BTreeMap;

use bytes::Bytes;
use insta::assert_snapshot;
use wharf_registry::{NoFrames, Registry, Repository};
use wharf_spec::{Algorithm, UploadId};
use wharf_store::MemoryStore;

use crate::bodies::Pieces;
use crate::fixtures::{push_blob, registry, sha256, sha512};
use crate::images::{about, digest_of, encode, image, index, push, try_push};

/// A store whose changes are shown.
struct Tree {
    store: MemoryStore,
    registry: Registry,
    shown: RefCell<BTreeMap<String, Bytes>>,
    uploads: RefCell<Vec<String>>,
}

const CONFIG: &[u8] = b"config";
const LAYER: &[u8] = b"the layer";

#[tokio::test]
async fn blobs() {
    let tree = Tree::new();
    let app = tree.repository("library/app");
    push_blob(&app, CONFIG).await;
    assert_snapshot!(tree.changes(), @"
    + v2/blobs/sha256/b7/b79606f…/data (6 bytes)
    + v2/repositories/library/app/_layers/sha256/b79606f…/link = sha256:b79606f…
    ");
    push_blob(&app, CONFIG).await;
    assert_snapshot!(tree.changes(), @"nothing");

    let digest = sha512(CONFIG);
    app.push_blob(digest, &mut Bytes::from(CONFIG))
        .await
        .unwrap();
    assert_snapshot!(tree.changes(), @"
    + v2/blobs/sha512/9f/9fcffe1…/data (6 bytes)
    + v2/repositories/library/app/_layers/sha512/9fcffe1…/link = sha512:9fcffe1…
    ");

    tree.repository("copy")
        .mount(sha256(CONFIG), Some(app.name()))
        .await
        .unwrap();
    assert_snapshot!(tree.changes(), @"+ v2/repositories/copy/_layers/sha256/b79606f…/link = sha256:b79606f…");

    app.delete_blob(sha256(CONFIG)).await.unwrap();
    assert_snapshot!(tree.changes(), @"- v2/repositories/library/app/_layers/sha256/b79606f…/link");
}

#[tokio::test]
async fn uploads() {
    let tree = Tree::new();
    let app = tree.repository("library/app");
    let id = app.start_upload(Algorithm::Sha256).await.unwrap().id;
    assert_snapshot!(tree.changes(), @"
    + v2/repositories/library/app/_uploads/<upload 0>/data (0 bytes)
    + v2/repositories/library/app/_uploads/<upload 0>/startedat <time>
    ");
    append(&app, &id, Pieces::new([&b"the "[..]])).await;
    assert_snapshot!(tree.changes(), @"
    ~ v2/repositories/library/app/_uploads/<upload 0>/data (4 bytes)
    + v2/repositories/library/app/_uploads/<upload 0>/hashstates/sha256/4 (108 bytes)
    ");
    append(&app, &id, Pieces::broken_after(b"lay")).await;
    assert_snapshot!(tree.changes(), @"
    ~ v2/repositories/library/app/_uploads/<upload 0>/data (7 bytes)
    + v2/repositories/library/app/_uploads/<upload 0>/hashstates/sha256/7 (108 bytes)
    ");
    let upload = app.upload(&id).await.unwrap();
    let mut last = Bytes::from("er");
    upload.finish(None, &mut last, sha256(LAYER)).await.unwrap();
    assert_snapshot!(tree.changes(), @"
    + v2/blobs/sha256/28/286aab5…/data (9 bytes)
    + v2/repositories/library/app/_layers/sha256/286aab5…/link = sha256:286aab5…
    - v2/repositories/library/app/_uploads/<upload 0>/data
    - v2/repositories/library/app/_uploads/<upload 0>/hashstates/sha256/4
    - v2/repositories/library/app/_uploads/<upload 0>/hashstates/sha256/7
    - v2/repositories/library/app/_uploads/<upload 0>/startedat
    ");

    let by_sha512 = app.start_upload(Algorithm::Sha512).await.unwrap().id;
    append(&app, &by_sha512, Pieces::new([LAYER])).await;
    assert_snapshot!(tree.changes(), @"
    + v2/repositories/library/app/_uploads/<upload 1>/data (9 bytes)
    + v2/repositories/library/app/_uploads/<upload 1>/hashstates/sha512/0 (204 bytes)
    + v2/repositories/library/app/_uploads/<upload 1>/hashstates/sha512/9 (204 bytes)
    + v2/repositories/library/app/_uploads/<upload 1>/startedat <time>
    ");
    let upload = app.upload(&by_sha512).await.unwrap();
    upload
        .finish(None, &mut NoFrames, sha512(LAYER))
        .await
        .unwrap();
    assert_snapshot!(tree.changes(), @"
    + v2/blobs/sha512/99/99ccd10…/data (9 bytes)
    + v2/repositories/library/app/_layers/sha512/99ccd10…/link = sha512:99ccd10…
    - v2/repositories/library/app/_uploads/<upload 1>/data
    - v2/repositories/library/app/_uploads/<upload 1>/hashstates/sha512/0
    - v2/repositories/library/app/_uploads/<upload 1>/hashstates/sha512/9
    - v2/repositories/library/app/_uploads/<upload 1>/startedat
    ");

    for wrong in [false, true] {
        let id = app.start_upload(Algorithm::Sha256).await.unwrap().id;
        append(&app, &id, Pieces::new([LAYER])).await;
        let upload = app.upload(&id).await.unwrap();
        if wrong {
            upload
                .finish(None, &mut NoFrames, sha256(b""))
                .await
                .unwrap_err();
        } else {
            upload.cancel().await.unwrap();
        }
    }
    assert_snapshot!(tree.changes(), @"nothing");
}

#[tokio::test]
async fn manifests() {
    let tree = Tree::new();
    let app = tree.repository("library/app");
    for content in [CONFIG, LAYER] {
        push_blob(&app, content).await;
    }
    tree.changes();

    let old = image(CONFIG, &[LAYER]);
    try_push(&app, &old, "latest").await.unwrap();
    assert_snapshot!(tree.changes(), @"
    + v2/blobs/sha256/0f/0f65cad…/data (392 bytes)
    + v2/repositories/library/app/_manifests/revisions/sha256/0f65cad…/link = sha256:0f65cad…
    + v2/repositories/library/app/_manifests/tags/latest/current/link = sha256:0f65cad…
    + v2/repositories/library/app/_manifests/tags/latest/index/sha256/0f65cad…/link = sha256:0f65cad…
    ");
    try_push(&app, &old, "latest").await.unwrap();
    assert_snapshot!(tree.changes(), @"nothing");

    let new = image(CONFIG, &[]);
    let reference = digest_of(&new).to_string().parse().unwrap();
    let tags = ["latest", "new"].map(|tag| tag.parse().unwrap()).to_vec();
    let push_new = app.push_manifest(encode(&new), None, &reference, tags);
    push_new.await.unwrap();
    assert_snapshot!(tree.changes(), @"
    + v2/blobs/sha256/cf/cf14d8f…/data (246 bytes)
    + v2/repositories/library/app/_manifests/revisions/sha256/cf14d8f…/link = sha256:cf14d8f…
    ~ v2/repositories/library/app/_manifests/tags/latest/current/link = sha256:cf14d8f…
    + v2/repositories/library/app/_manifests/tags/latest/index/sha256/cf14d8f…/link = sha256:cf14d8f…
    + v2/repositories/library/app/_manifests/tags/new/current/link = sha256:cf14d8f…
    + v2/repositories/library/app/_manifests/tags/new/index/sha256/cf14d8f…/link = sha256:cf14d8f…
    ");

    let reference = sha512(&encode(&old)).to_string();
    try_push(&app, &old, &reference).await.unwrap();
    assert_snapshot!(tree.changes(), @"
    + v2/blobs/sha512/86/86a987a…/data (392 bytes)
    + v2/repositories/library/app/_manifests/revisions/sha512/86a987a…/link = sha512:86a987a…
    ");

    let index = index(&[&old, &new]);
    push(&app, &index).await;
    assert_snapshot!(tree.changes(), @"
    + v2/blobs/sha256/6d/6df9449…/data (393 bytes)
    + v2/repositories/library/app/_manifests/revisions/sha256/6df9449…/link = sha256:6df9449…
    ");

    app.delete_tag(&"latest".parse().unwrap()).await.unwrap();
    assert_snapshot!(tree.changes(), @"
    - v2/repositories/library/app/_manifests/tags/latest/current/link
    - v2/repositories/library/app/_manifests/tags/latest/index/sha256/0f65cad…/link
    - v2/repositories/library/app/_manifests/tags/latest/index/sha256/cf14d8f…/link
    ");
    app.delete_manifest(digest_of(&new)).await.unwrap();
    assert_snapshot!(tree.changes(), @"
    - v2/repositories/library/app/_manifests/revisions/sha256/cf14d8f…/link
    - v2/repositories/library/app/_manifests/tags/new/current/link
    - v2/repositories/library/app/_manifests/tags/new/index/sha256/cf14d8f…/link
    ");
}

#[tokio::test]
async fn referrers() {
    let tree = Tree::new();
    let app = tree.repository("library/app");
    push_blob(&app, CONFIG).await;
    let subject = image(CONFIG, &[]);
    push(&app, &subject).await;
    tree.changes();

    let mut signature = about(image(CONFIG, &[]), &subject);
    signature["annotations"] = serde_json::json!({ "by": "me" });
    push(&app, &signature).await;
    assert_snapshot!(tree.changes(), @r#"
    + v2/blobs/sha256/03/03ef0cb…/data (435 bytes)
    + v2/repositories/library/app/_manifests/revisions/sha256/03ef0cb…/link = sha256:03ef0cb…
    + wharfinger/derived/v1/repositories/library/app/_referrers/sha256/cf14d8f…/sha256:03ef0cb… = {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:03ef0cb…","size":435,"annotations":{"by":"me"},"artifactType":"application/vnd.oci.image.config.v1+json"}
    "#);
    app.referrers(digest_of(&subject), None, None)
        .await
        .unwrap();
    assert_snapshot!(tree.changes(), @"+ wharfinger/derived/v1/repositories/library/app/_searched = sha256:cf14d8f…");
    app.delete_manifest(digest_of(&signature)).await.unwrap();
    assert_snapshot!(tree.changes(), @"
    - v2/repositories/library/app/_manifests/revisions/sha256/03ef0cb…/link
    - wharfinger/derived/v1/repositories/library/app/_referrers/sha256/cf14d8f…/sha256:03ef0cb…
    ");
    let nobody = tree.repository("nobody");
    nobody
        .referrers(digest_of(&subject), None, None)
        .await
        .unwrap();
    assert_snapshot!(tree.changes(), @"nothing");
}

async fn append(repository: &Repository, id: &UploadId, mut body: Pieces) {
    let upload = repository.upload(id).await.unwrap();
    // A broken body is kept, which the tree shows.
    _ = upload.append(None, &mut body).await;
}

// === impl Tree ===

impl Tree {
    fn new() -> Self {
        let store = MemoryStore::default();
        let registry = registry(&store);
        Self {
            store,
            registry,
            shown: RefCell::default(),
            uploads: RefCell::default(),
        }
    }

    fn repository(&self, name: &str) -> Repository {
        self.registry.repository(name.parse().unwrap())
    }

    /// What was added (`+`), removed (`-`) and replaced (`~`) since this was asked last.
    fn changes(&self) -> String {
        let now = self.store.snapshot();
        let before = self.shown.replace(now.clone());
        let mut lines = Vec::new();
        for (path, content) in &now {
            let sign = match before.get(path) {
                None => '+',
                Some(old) if old != content => '~',
                Some(_) => continue,
            };
            lines.push((
                path,
                format!("{sign} {} {}", self.name(path), show(path, content)),
            ));
        }
        let gone = before.keys().filter(|path| !now.contains_key(*path));
        lines.extend(gone.map(|path| (path, format!("- {}", self.name(path)))));
        lines.sort();
        let lines: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
        if lines.is_empty() {
            "nothing".to_owned()
        } else {
            lines.join("\n")
        }
    }

    /// The path with numbers for upload ids and digests cut short.
    fn name(&self, path: &str) -> String {
        let mut parts: Vec<_> = path.split('/').map(cut).collect();
        if let Some(at) = parts.iter().position(|part| part == "_uploads") {
            let id = &mut parts[at + 1];
            let mut uploads = self.uploads.borrow_mut();
            let number = uploads
                .iter()
                .position(|known| known == id)
                .unwrap_or_else(|| {
                    uploads.push(id.clone());
                    uploads.len() - 1
                });
            *id = format!("<upload {number}>");
        }
        parts.join("/").replace("docker/registry/v2/", "v2/")
    }
}

fn show(path: &str, content: &Bytes) -> String {
    let text = || String::from_utf8(content.to_vec()).unwrap();
    if path.ends_with("/startedat") {
        assert!(
            text().parse::<jiff::Timestamp>().is_ok() && text().len() == 20,
            "{}",
            text()
        );
        "<time>".to_owned()
    } else if path.ends_with("/data") || path.contains("/hashstates/") {
        format!("({} bytes)", content.len())
    } else if path.ends_with("/link") {
        format!("= {}", cut(&text()))
    } else {
        let parts = text().trim_end().split('"').map(cut).collect::<Vec<_>>();
        format!("= {}", parts.join("\""))
    }
}

/// Shows the start of a digest only.
fn cut(text: &str) -> String {
    let hex = text.rsplit_once(':').map_or(text, |(_, hex)| hex);
    let is_digest = hex.len() >= 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest {
        format!("{}…", &text[..text.len() - hex.len() + 7])
    } else {
        text.to_owned()
    }
}
