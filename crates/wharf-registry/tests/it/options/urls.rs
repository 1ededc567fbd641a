//! `validation.manifests.urls`

use serde_json::{Value, json};
use wharf_registry::{Error, Options, Repository, SparseManifests, UrlLists, UrlPolicy};
use wharf_spec::{Digest, media_type};

use super::repository_with;
use crate::fixtures::{push_blob, sha256};
use crate::images::{descriptor, image, try_push};

const OURS: &str = "https://ours.test/layer";
const THEIRS: &str = "https://theirs.test/layer";

fn listed(allow: &[&str], deny: &[&str]) -> UrlPolicy {
    UrlPolicy::Listed(UrlLists::new(allow, deny).unwrap())
}

async fn with(urls: UrlPolicy, sparse: SparseManifests) -> Repository {
    let repository = repository_with(Options {
        urls,
        sparse,
        ..Options::default()
    });
    for blob in ["config", "there"] {
        push_blob(&repository, blob).await;
    }
    repository
}

/// An image with one layer: its type, content and URLs.
fn one_layer(layer_type: &str, content: &str, urls: &[&str]) -> Value {
    let mut layer = descriptor(layer_type, content.as_bytes());
    layer["urls"] = json!(urls);
    let mut image = image(b"config", &[]);
    image["layers"] = json!([layer]);
    if layer_type.contains("docker") {
        image["mediaType"] = json!(media_type::DOCKER_MANIFEST);
    }
    image
}

/// What became of a push.
#[derive(Debug, PartialEq)]
enum Verdict {
    Taken,
    Refused(String),
    NoUrl(String),
    Missing(Vec<Digest>),
}

async fn verdict(repository: &Repository, manifest: &Value) -> Verdict {
    match try_push(repository, manifest, "t").await {
        Ok(_) => Verdict::Taken,
        Err(Error::LayerUrl(field)) => Verdict::Refused(field),
        Err(Error::LayerUrlMissing(field)) => Verdict::NoUrl(field),
        Err(Error::ReferencesUnknown(missing)) => Verdict::Missing(missing),
        Err(other) => panic!("{other:?}"),
    }
}

const ELSEWHERE: [&str; 4] = [
    media_type::DOCKER_FOREIGN_LAYER,
    media_type::OCI_NONDISTRIBUTABLE_LAYER,
    media_type::OCI_NONDISTRIBUTABLE_LAYER_GZIP,
    media_type::OCI_NONDISTRIBUTABLE_LAYER_ZSTD,
];

/// distribution: registry/handlers/app.go; storage/ocimanifesthandler.go
#[test]
fn lists_are_read_as_distribution_reads_them() {
    for (allow, deny, ours, theirs) in [
        (&[][..], &[][..], false, false),
        (&["ours"], &[], true, false),
        (&["^ours"], &[], false, false),
        (&[r"^https://ours\.test/"], &[], true, false),
        (&["nobody", "theirs"], &[], false, true),
        (&[], &["theirs"], true, false),
        (&[], &["nobody"], true, true),
        (&["layer$"], &["ours", "x"], false, true),
        (&["ours"], &["."], false, false),
        (&["(?i)OURS"], &[], true, false),
        (&["nobody|x", "^https://ours"], &[], true, false),
        (&[r"^\w+://\w+\.test/[^/]+$"], &[r"\bours\b"], false, true),
        (&[""], &[], true, true),
    ] {
        let policy = listed(allow, deny);
        assert_eq!(
            (policy.takes(OURS), policy.takes(THEIRS)),
            (ours, theirs),
            "{policy:?}"
        );
    }
}

#[test]
fn what_is_no_expression_is_named() {
    for bad in ["(", "[z-a]", "*", r"\p{Greek}", "a{1000000}{1000000}"] {
        for (allow, deny) in [(&["ok", bad][..], &[][..]), (&[], &[bad])] {
            let error = UrlLists::new(allow, deny).unwrap_err();
            assert_eq!(error.pattern, bad);
            assert!(error.to_string().contains(&format!("{bad:?}")), "{error}");
        }
    }
}

#[test]
fn only_urls_of_the_web_without_a_fragment_pass() {
    for policy in [UrlPolicy::Web, listed(&["."], &[])] {
        for url in [
            OURS,
            "http://ours.test",
            "HTTPS://ours.test:8080/a?b=c",
            "https://ours.test/a%20b",
            "https://ours.test/ü",
            "https://ours.test/a#",
        ] {
            assert!(policy.takes(url), "{url}");
        }
        for url in [
            "",
            "ours.test/layer",
            "/layer",
            "//ours.test/layer",
            "ftp://ours.test/layer",
            "file:///etc/passwd",
            "javascript:alert(1)//http://ours.test/",
            "https:ours.test",
            "https://",
            "https:///layer",
            "https://?x",
            "https://ours.test/a#b",
            "https://ours.test/a b",
            " https://ours.test/",
            "https://ours.test/\r\nx",
            "https://ours.test/\0",
        ] {
            assert!(!policy.takes(url), "{url:?}");
            assert!(UrlPolicy::Unchecked.takes(url));
        }
    }
}

#[tokio::test]
async fn without_a_policy_nothing_is_looked_at() {
    let repository = with(UrlPolicy::default(), SparseManifests::Refused).await;
    for layer_type in ELSEWHERE {
        for urls in [&[][..], &[OURS], &["ftp://x"], &["no url at all"]] {
            let image = one_layer(layer_type, "absent", urls);
            let found = verdict(&repository, &image).await;
            assert_eq!(found, Verdict::Taken, "{layer_type} {urls:?}");
        }
    }
}

#[tokio::test]
async fn with_one_every_url_of_a_layer_has_to_pass() {
    let repository = with(listed(&["ours"], &[]), SparseManifests::Refused).await;
    let plain = [
        media_type::OCI_LAYER,
        media_type::OCI_LAYER_GZIP,
        media_type::OCI_LAYER_ZSTD,
    ];
    for layer_type in ELSEWHERE.into_iter().chain(plain) {
        for (urls, refused) in [
            (&[OURS][..], None),
            (&[OURS, OURS], None),
            (&[THEIRS], Some(0)),
            (&[OURS, THEIRS], Some(1)),
            (&[THEIRS, OURS], Some(0)),
            (&[OURS, "ours"], Some(1)),
        ] {
            let image = one_layer(layer_type, "there", urls);
            let expected = refused.map_or(Verdict::Taken, |position| {
                Verdict::Refused(format!("layers[0].urls[{position}]"))
            });
            let found = verdict(&repository, &image).await;
            assert_eq!(found, expected, "{layer_type} {urls:?}");
        }
    }
}

#[tokio::test]
async fn without_an_expression_no_layer_may_have_a_url() {
    let repository = with(listed(&[], &[]), SparseManifests::Refused).await;
    for layer_type in ELSEWHERE {
        let image = one_layer(layer_type, "there", &[OURS]);
        assert_eq!(
            verdict(&repository, &image).await,
            Verdict::Refused("layers[0].urls[0]".into()),
            "{layer_type}"
        );
    }
    let ordinary = one_layer(media_type::OCI_LAYER, "there", &[]);
    assert_eq!(verdict(&repository, &ordinary).await, Verdict::Taken);
}

/// Nobody follows these: they are the clients' affair, as in distribution.
#[tokio::test]
async fn urls_of_other_types_are_not_looked_at() {
    let repository = with(listed(&[], &[]), SparseManifests::Refused).await;
    for layer_type in [media_type::DOCKER_LAYER, "application/vnd.example+type"] {
        let image = one_layer(layer_type, "there", &[THEIRS]);
        assert_eq!(
            verdict(&repository, &image).await,
            Verdict::Taken,
            "{layer_type}"
        );
    }
}

#[tokio::test]
async fn a_layer_may_be_missing_only_if_it_is_to_be_had_elsewhere() {
    for policy in [UrlPolicy::Web, listed(&["ours"], &[])] {
        let repository = with(policy, SparseManifests::Refused).await;
        let missing = || Verdict::Missing(vec![sha256(b"absent")]);
        for (layer_type, urls, expected) in [
            (media_type::OCI_LAYER, &[OURS][..], missing()),
            (media_type::OCI_LAYER_GZIP, &[OURS], missing()),
            (media_type::DOCKER_LAYER, &[OURS], missing()),
            ("application/vnd.example+type", &[OURS], missing()),
            (media_type::OCI_NONDISTRIBUTABLE_LAYER, &[], missing()),
            (
                media_type::OCI_NONDISTRIBUTABLE_LAYER,
                &[OURS],
                Verdict::Taken,
            ),
            (
                media_type::OCI_NONDISTRIBUTABLE_LAYER_ZSTD,
                &[OURS],
                Verdict::Taken,
            ),
            (media_type::DOCKER_FOREIGN_LAYER, &[OURS], Verdict::Taken),
            (
                media_type::DOCKER_FOREIGN_LAYER,
                &[],
                Verdict::NoUrl("layers[0].urls".into()),
            ),
        ] {
            let image = one_layer(layer_type, "absent", urls);
            let found = verdict(&repository, &image).await;
            assert_eq!(found, expected, "{layer_type} {urls:?}");
        }
    }
}

#[tokio::test]
async fn a_sparse_registry_looks_at_urls_too() {
    let repository = with(listed(&["ours"], &[]), SparseManifests::All).await;
    let mut image = one_layer(media_type::OCI_LAYER, "absent", &[]);
    assert_eq!(verdict(&repository, &image).await, Verdict::Taken);
    image["layers"][0]["urls"] = json!([THEIRS]);
    let refused = Verdict::Refused("layers[0].urls[0]".into());
    assert_eq!(verdict(&repository, &image).await, refused);
}

/// Where expressions are tried by backtracking, this would never end.
#[tokio::test]
async fn a_long_url_holds_nobody_up() {
    let repository = with(listed(&["^https://(a+)+$"], &[]), SparseManifests::Refused).await;
    let url = format!("https://{}!", "a".repeat(2 << 20));
    let image = one_layer(media_type::OCI_LAYER, "there", &[&url]);
    let refused = Verdict::Refused("layers[0].urls[0]".into());
    assert_eq!(verdict(&repository, &image).await, refused);
}
