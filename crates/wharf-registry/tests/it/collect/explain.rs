//! Why something stays.

use std::time::Duration;

use wharf_registry::HolderKind::{self, LayerLink, Manifest, Revision, Subject, Tag, Upload};
use wharf_registry::{Collection, Explained, Options, Registry, Untagged, UntaggedRule};
use wharf_spec::{Algorithm, Digest};
use wharf_store::{MemoryStore, Store as _, StorePath};

use super::{HOUR, at_once};
use crate::fixtures::{push_blob, put, registry, repository, sha256};
use crate::images::{about, digest_of, index, push, push_image, try_push, whole_image};

async fn explain(store: &MemoryStore, digest: Digest) -> Vec<(String, HolderKind)> {
    let explained = registry(store).explain(digest, &at_once()).await.unwrap();
    assert_eq!(explained.problems, [""; 0]);
    let holders = explained.holders.into_iter();
    holders
        .map(|holder| (holder.repository.to_string(), holder.kind))
        .collect()
}

#[tokio::test]
async fn everything_that_keeps_it_is_told() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    let child = whole_image(&app, "child").await;
    push(&app, &child).await;
    let above = index(&[&child]);
    try_push(&app, &above, "1").await.unwrap();
    let signature = about(whole_image(&app, "signature").await, &child);
    push(&app, &signature).await;
    let at = |kinds: Vec<HolderKind>| -> Vec<_> {
        let kinds = kinds.into_iter();
        kinds.map(|kind| ("app".to_owned(), kind)).collect()
    };
    let (child, above) = (digest_of(&child), digest_of(&above));
    let tag = Tag("1".to_owned(), above);
    let layer = vec![LayerLink, Manifest(child), Manifest(above), tag.clone()];
    assert_eq!(explain(&store, sha256(b"layer of child")).await, at(layer));
    let expected = vec![Revision, Manifest(above), tag.clone()];
    assert_eq!(explain(&store, child).await, at(expected));
    assert_eq!(
        explain(&store, above).await,
        at(vec![Revision, tag.clone()])
    );
    let expected = vec![Revision, Subject(child), Manifest(above), tag];
    assert_eq!(explain(&store, digest_of(&signature)).await, at(expected));
}

#[tokio::test]
async fn what_nobody_needs_and_what_is_not_there_is_told() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    let digest = push_blob(&app, "of nobody").await;
    let upload = app.start_upload(Algorithm::Sha256).await.unwrap();
    let expected = [LayerLink, Upload(upload.id.to_string())];
    let expected = expected.map(|kind| ("app".to_owned(), kind));
    assert_eq!(explain(&store, digest).await, expected);
    let explained = registry(&store).explain(digest, &at_once()).await.unwrap();
    assert_eq!(explained.data.unwrap().size, 9);
    assert!(explained.touched >= explained.data.map(|data| data.touched));
    let absent = sha256(b"nothing");
    assert_eq!(explain(&store, absent).await, []);
    let explained = registry(&store).explain(absent, &at_once()).await.unwrap();
    assert_eq!(explained.data, None);
}

#[tokio::test]
async fn what_a_rule_lets_go_is_told_with_the_time() {
    let store = MemoryStore::default();
    let app = repository(&store, "app");
    let (shared, own) = (
        whole_image(&app, "shared").await,
        whole_image(&app, "own").await,
    );
    push(&app, &shared).await;
    push(&app, &own).await;
    let signature = about(whole_image(&app, "signature").await, &own);
    let signature = push(&app, &signature).await;
    let above = index(&[&shared, &own]);
    let above = try_push(&app, &above, "1").await.unwrap().digest;
    try_push(&app, &index(&[&shared]), "1").await.unwrap();
    // Whoever keeps it longest says how long.
    store.pass(HOUR);
    let link = crate::paths::revision_link("app", above);
    store.touch(&link).await.unwrap();
    let goes = store.stat(&link).await.unwrap().touched + 24 * HOUR;
    let options = Collection {
        untagged: Untagged::Rules(vec![UntaggedRule {
            repositories: vec!["app".to_owned()],
            age: 24 * HOUR,
        }]),
        ..Collection::default()
    };
    let explain = async |digest| registry(&store).explain(digest, &options).await.unwrap();
    let until = |explained: &Explained| -> Vec<_> {
        let manifests = explained.holders.iter();
        let manifests = manifests.filter(|holder| holder.kind != LayerLink);
        manifests.map(|holder| holder.until).collect()
    };
    let layer = explain(sha256(b"layer of own")).await;
    assert_eq!(until(&layer), [Some(goes); 2], "{:?}", layer.holders);
    let told = explain(signature).await;
    assert_eq!(until(&told), [Some(goes); 3], "{:?}", told.holders);
    let told = explain(sha256(b"layer of shared")).await;
    assert!(until(&told).contains(&None), "{:?}", told.holders);
    // And so it comes.
    let collect = async || super::run(&registry(&store), &options).await.manifests;
    store.pass(24 * HOUR - Duration::from_secs(60));
    assert_eq!(collect().await, 0);
    store.pass(Duration::from_secs(120));
    assert_eq!(collect().await, 3);
}

#[tokio::test]
async fn a_damaged_entry_of_the_trash_is_told_and_hides_no_other() {
    let store = MemoryStore::default();
    let options = Options {
        trash: HOUR,
        ..Options::default()
    };
    let registry = Registry::new(std::sync::Arc::new(store.clone()), options);
    let app = registry.repository("app".parse().unwrap());
    for name in ["a", "b"] {
        let digest = push_image(&app, name, name).await;
        app.delete_manifest(digest).await.unwrap();
    }
    let parts = crate::fixtures::paths_with(&store, "state/v1/trash/");
    put(&store, &StorePath::new(&parts[0]).unwrap(), "{").await;
    let explain = async |content: &str| {
        let digest = sha256(content.as_bytes());
        registry.explain(digest, &at_once()).await.unwrap()
    };
    let told = explain("layer of b").await;
    assert_eq!(told.problems.len(), 1, "{:?}", told.problems);
    let kinds: Vec<_> = told.holders.into_iter().map(|holder| holder.kind).collect();
    assert_eq!(kinds, [LayerLink, HolderKind::Trash]);
    let told = explain("layer of a").await;
    assert_eq!(told.problems.len(), 1, "it may need that");
}
