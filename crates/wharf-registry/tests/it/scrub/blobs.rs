//! Blobs whose bytes are not theirs.

use std::fs;
use std::io::ErrorKind;

use serde_json::json;
use wharf_registry::{Collection, Error, FindingKind, Outcome, ScrubMode, Silent};
use wharf_spec::media_type;
use wharf_store::{Fault, FaultPlan, Faulty, FileStore, MemoryStore, Operation, Store};

use super::{GRACE, damage, kinds, path, quarantine, scrub, scrub_by};
use crate::fixtures::{pull, pull_blob, push_blob, put, registry, repository, sha256, sha512};
use crate::images::{about, descriptor, image, index, push, push_image, try_push};
use crate::paths::blob_data;

const MODES: [ScrubMode; 3] = [ScrubMode::Report, ScrubMode::Quarantine, ScrubMode::Repair];

/// Images of all kinds, and an upload that nobody has finished.
async fn fill(store: &(impl Store + Clone)) {
    let app = repository(store, "library/app");
    push_image(&app, "one", "one").await;
    push_image(&app, "two", "one").await;
    let child = image(b"config of one", &[b"layer of one"]);
    try_push(&app, &index(&[&child]), "index").await.unwrap();
    push(&app, &about(image(b"config of two", &[]), &child)).await;
    let other = repository(store, "library/app/nested");
    let foreign = json!({
        "schemaVersion": 2,
        "mediaType": media_type::DOCKER_MANIFEST,
        "config": descriptor("application/json", b"{}"),
        "layers": [{
            "mediaType": media_type::DOCKER_FOREIGN_LAYER,
            "digest": sha256(b"elsewhere").to_string(),
            "size": 9,
            "urls": ["https://example.com/layer"],
        }],
    });
    push_blob(&other, "{}").await;
    try_push(&other, &foreign, "foreign").await.unwrap();
    let mut content = bytes::Bytes::from("by sha512");
    let digest = sha512(b"by sha512");
    other.push_blob(digest, &mut content).await.unwrap();
    other
        .start_upload(wharf_spec::Algorithm::Sha256)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_clients_push_is_clean() {
    let root = tempfile::tempdir().unwrap();
    let (memory, files) = (MemoryStore::default(), FileStore::new(root.path()).unwrap());
    fill(&memory).await;
    fill(&files).await;
    let before = memory.snapshot();
    for mode in MODES {
        for registry in [registry(&memory), registry(&files)] {
            let (scrubbed, findings) = scrub_by(&registry, mode, GRACE).await;
            assert_eq!(findings, []);
            // Two images, an index, a referrer; configs and layers of two; a foreign image and
            // its config; and one by sha512.
            assert_eq!((scrubbed.blobs, scrubbed.manifests), (11, 5));
            assert_eq!((scrubbed.repositories, scrubbed.remaining), (2, 0));
            assert!(scrubbed.bytes > 1000 && scrubbed.links > 10, "{scrubbed:?}");
        }
    }
    assert!(memory.snapshot() == before);
}

#[tokio::test]
async fn an_empty_store_is_clean() {
    for mode in MODES {
        assert_eq!(kinds(&MemoryStore::default(), mode).await, []);
    }
}

#[tokio::test]
async fn a_damaged_blob_is_told_and_without_repair_it_is_left_alone() {
    for bad in [
        &b"layer of tw0"[..],
        b"layer",
        b"layer of twoo",
        b"",
        &[0; 12],
    ] {
        let store = MemoryStore::default();
        fill(&store).await;
        let digest = sha256(b"layer of two");
        damage(&store, digest, bad).await;
        let before = store.snapshot();
        let findings = scrub(&store, ScrubMode::Report).await;
        assert!(store.snapshot() == before);
        let corrupt = &findings[0];
        assert_eq!(
            (corrupt.kind, corrupt.digest, corrupt.outcome),
            (FindingKind::Corrupt, Some(digest), Outcome::Remains)
        );
        assert_eq!(corrupt.path, blob_data(digest).as_str());
        assert!(corrupt.detail.contains(&sha256(bad).to_string()));
        assert!(corrupt.advice.contains("--repair"), "{corrupt:?}");
        // A wrong size is told once more, of the manifest.
        let sized = findings[1..]
            .iter()
            .all(|finding| finding.kind == FindingKind::WrongSize);
        assert!(sized && (findings.len() == 1) == (bad.len() == 12));
    }
}

#[tokio::test]
async fn a_damaged_blob_is_moved_aside_and_the_next_push_heals_it() {
    for mode in [ScrubMode::Quarantine, ScrubMode::Repair] {
        let store = MemoryStore::default();
        fill(&store).await;
        let (app, digest) = (repository(&store, "library/app"), sha256(b"layer of two"));
        // It is kept in memory, too.
        damage(&store, digest, b"layer of tw0").await;
        assert_eq!(pull_blob(&app, digest).await.unwrap(), "layer of tw0");
        assert_eq!(
            kinds(&store, mode).await,
            [
                (FindingKind::Corrupt, Outcome::Quarantined),
                (FindingKind::DanglingLink, Outcome::Remains),
                (FindingKind::MissingPart, Outcome::Remains),
            ]
        );
        assert_eq!(
            store.read(&quarantine(digest), 100).await.unwrap(),
            "layer of tw0"
        );
        let refused = app.blob_size(digest).await.unwrap_err();
        assert!(matches!(refused, Error::BlobUnknown(_)), "{refused:?}");
        let told = scrub(&store, mode).await;
        assert_eq!(told[0].kind, FindingKind::Quarantined);

        push_blob(&app, "layer of two").await;
        assert_eq!(pull_blob(&app, digest).await.unwrap(), "layer of two");
        let gone = match mode {
            ScrubMode::Report | ScrubMode::Quarantine => Outcome::Remains,
            ScrubMode::Repair => Outcome::Removed,
        };
        let (scrubbed, findings) = scrub_by(&registry(&store), mode, GRACE).await;
        assert_eq!(
            (findings[0].kind, findings[0].outcome),
            (FindingKind::Healed, gone)
        );
        assert_eq!((scrubbed.findings, scrubbed.remaining), (1, 0));
        let aside = store.size(&quarantine(digest)).await;
        assert_eq!(aside.is_ok(), gone == Outcome::Remains);
    }
}

#[tokio::test]
async fn a_damaged_manifest_is_moved_aside_and_its_tag_waits_for_it() {
    let store = MemoryStore::default();
    let app = repository(&store, "library/app");
    let digest = push_image(&app, "one", "latest").await;
    damage(&store, digest, b"{}").await;
    let found = kinds(&store, ScrubMode::Repair).await;
    assert_eq!(found[0], (FindingKind::Corrupt, Outcome::Quarantined));
    assert!(
        found[1..]
            .iter()
            .all(|(_, outcome)| *outcome == Outcome::Remains),
        "{found:?}"
    );
    assert!(pull(&app, "latest").await.is_err());
    // Somebody pushes it to another repository: that heals it here as well.
    let elsewhere = repository(&store, "elsewhere");
    push_image(&elsewhere, "one", "1").await;
    let healed = pull(&app, "latest").await.unwrap();
    assert_eq!(sha256(&healed.bytes), digest);
    let (scrubbed, _) = scrub_by(&registry(&store), ScrubMode::Repair, GRACE).await;
    assert_eq!((scrubbed.findings, scrubbed.remaining), (1, 0));
    assert_eq!(kinds(&store, ScrubMode::Report).await, []);
}

#[tokio::test]
async fn the_same_on_files() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let app = repository(&store, "library/app");
    push_image(&app, "one", "latest").await;
    let digest = sha256(b"layer of one");
    put(&store, &blob_data(digest), "rotten").await;
    let found = kinds(&store, ScrubMode::Repair).await;
    assert_eq!(found[0], (FindingKind::Corrupt, Outcome::Quarantined));
    assert!(app.blob_size(digest).await.is_err());
    let aside = root.path().join(quarantine(digest).as_str());
    assert!(aside.is_file());
    push_image(&app, "one", "latest").await;
    assert_eq!(pull_blob(&app, digest).await.unwrap(), "layer of one");
    assert_eq!(
        kinds(&store, ScrubMode::Repair).await,
        [(FindingKind::Healed, Outcome::Removed)]
    );
    assert!(!aside.exists());
}

#[tokio::test]
async fn what_cannot_be_read_is_not_called_damaged() {
    let plan = FaultPlan::default();
    let store = Faulty::new(MemoryStore::default(), plan.clone());
    push_image(&repository(&store, "a"), "one", "latest").await;
    store.inner().pass(2 * GRACE);
    let before = store.inner().snapshot();
    let first = plan.count();
    assert_eq!(kinds(&store, ScrubMode::Repair).await, []);
    let opened = |call: &&wharf_store::Call| call.operation == Operation::Open;
    let calls = plan.calls();
    assert_eq!(calls[first..].iter().filter(opened).count(), 3);
    let open = calls[first..]
        .iter()
        .position(|call| call.operation == Operation::Open)
        .unwrap();
    plan.arm(open + 1, Fault::Fail(ErrorKind::Other));
    let findings = scrub(&store, ScrubMode::Repair).await;
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].kind, FindingKind::Unreadable);
    assert!(
        findings[0].detail.contains("injected fault"),
        "{findings:?}"
    );
    assert!(findings[0].remains());
    assert!(store.inner().snapshot() == before);
}

#[tokio::test]
async fn what_nobody_knows_is_told_and_left_alone() {
    let store = MemoryStore::default();
    push_blob(&repository(&store, "a"), "content").await;
    let data = blob_data(sha256(b"content"));
    let (directory, _) = data.as_str().rsplit_once('/').unwrap();
    let strange = [
        "docker/registry/v2/blobs/md5/aa/aa/data".to_owned(),
        "docker/registry/v2/blobs/sha256/file".to_owned(),
        "docker/registry/v2/blobs/sha256/00/nothing/data".to_owned(),
        format!(
            "docker/registry/v2/blobs/sha256/ff/{}/data",
            sha256(b"content").hex()
        ),
        format!("{directory}/.nfs0001"),
        format!(
            "docker/registry/v2/blobs/sha256/00/{}/other",
            "00".repeat(32)
        ),
        "docker/registry/v2/repositories/Upper/_layers/sha256/x".to_owned(),
        "docker/registry/v2/repositories/a/_layers/sha256/x/link".to_owned(),
        "wharfinger/state/v1/quarantine/sha256/x".to_owned(),
    ];
    for strange in &strange {
        put(&store, &path(strange), "?").await;
    }
    let before = store.snapshot();
    let findings = scrub(&store, ScrubMode::Repair).await;
    assert!(store.snapshot() == before);
    let kinds = findings.iter().map(|finding| finding.kind);
    assert!(
        kinds.clone().all(|kind| kind == FindingKind::Strange),
        "{findings:#?}"
    );
    // One of them is a file beside data that is missing: that is told as well.
    assert_eq!(kinds.count(), strange.len() + 1, "{findings:#?}");
}

#[tokio::test]
async fn the_empty_directory_of_a_blob_is_told() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let blobs = root.path().join("docker/registry/v2/blobs/sha256");
    let empty = blobs.join(format!("bb/{}", "bb".repeat(32)));
    make(&empty);
    assert_eq!(
        kinds(&store, ScrubMode::Repair).await,
        [(FindingKind::Strange, Outcome::Remains)]
    );
    assert!(empty.is_dir());
}

#[tokio::test]
async fn what_a_collection_leaves_is_clean() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let digest = push_blob(&repository(&store, "a"), "needed by nobody").await;
    // The clock of the filesystem goes on.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let collected = registry(&store)
        .collect(&Collection::default(), &mut Silent)
        .await
        .unwrap();
    assert_eq!(collected.blobs, 1);
    let data = root.path().join(blob_data(digest).as_str());
    let shard = data.parent().and_then(std::path::Path::parent).unwrap();
    assert!(shard.is_dir(), "it is left, as distribution leaves it");
    assert_eq!(scrub(&store, ScrubMode::Report).await, []);
}

#[expect(
    clippy::disallowed_methods,
    reason = "no store leaves empty directories behind"
)]
fn make(directory: &std::path::Path) {
    fs::create_dir_all(directory).unwrap();
}

#[tokio::test]
async fn a_large_blob_is_hashed_in_pieces() {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path()).unwrap();
    let content = vec![7; (9 << 20) + 1];
    let digest = push_blob(&repository(&store, "a"), content.clone()).await;
    let (scrubbed, findings) = scrub_by(&registry(&store), ScrubMode::Report, GRACE).await;
    assert_eq!((scrubbed.bytes, findings.len()), (content.len() as u64, 0));
    let mut rotten = content;
    rotten[9 << 20] = 8;
    put(&store, &blob_data(digest), rotten).await;
    assert_eq!(
        kinds(&store, ScrubMode::Report).await,
        [(FindingKind::Corrupt, Outcome::Remains)]
    );
}
