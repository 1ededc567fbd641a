//! Manifests, right and wrong.

use super::super::case::{Case, Request, get, put};
use super::super::content::{DOCKER_IMAGE, DOCKER_LIST, SCHEMA1};
use super::super::difference::Difference;
use wharf_e2e::publish::{OCI_IMAGE, OCI_INDEX};

fn tag() -> Request {
    put("/v2/{repo}/manifests/1")
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = right();
    cases.extend(media_types());
    cases.extend(digests());
    cases.extend(bodies());
    cases
}

fn right() -> Vec<Case> {
    vec![
        Case::new("push of an OCI image", tag().content_type(OCI_IMAGE).prepared("oci"))
            .with_blobs(),
        Case::new("push of an OCI image twice", tag().content_type(OCI_IMAGE).prepared("oci"))
            .with_image(),
        Case::new("push of a Docker image", tag().content_type(DOCKER_IMAGE).prepared("docker"))
            .with_blobs(),
        Case::new("push of an OCI index", tag().content_type(OCI_INDEX).prepared("index"))
            .with_image(),
        Case::new("push of a Docker list", tag().content_type(DOCKER_LIST).prepared("list"))
            .with_blobs()
            .after(
                put("/v2/{repo}/manifests/x").content_type(DOCKER_IMAGE).prepared("docker"),
            ),
        Case::new("push of an empty OCI index", {
            tag().content_type(OCI_INDEX).text(r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#)
        }),
        Case::new("push in chunked coding", {
            tag().content_type(OCI_INDEX).chunked(r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#)
        }),
        Case::new("push, then the manifest by tag", {
            get("/v2/{repo}/manifests/1").accept(OCI_IMAGE)
        })
        .with_image(),
        Case::new("push of several tags by `?tag=`", {
            put("/v2/{repo}/manifests/{oci}?tag=a&tag=b").content_type(OCI_IMAGE).prepared("oci")
        })
        .with_blobs(),
        Case::new("push to an artifact's type of its own", {
            tag().content_type(OCI_IMAGE).text(r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/x","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{config}","size":1},"layers":[]}"#)
        })
        .with_blobs(),
    ]
}

fn media_types() -> Vec<Case> {
    let oci = || tag().prepared("oci");
    let bare = r#"{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":1},"layers":[]}"#;
    vec![
        Case::new("push, no `Content-Type`", oci())
            .with_blobs()
            .differs(Difference::NoContentType),
        Case::new("push, `Content-Type: application/json`", {
            oci().content_type("application/json")
        })
        .with_blobs(),
        Case::new(
            "push, `Content-Type: text/plain`",
            oci().content_type("text/plain"),
        )
        .with_blobs(),
        Case::new("push, a parameter in `Content-Type`", {
            oci().content_type(&format!("{OCI_IMAGE}; charset=utf-8"))
        })
        .with_blobs(),
        Case::new("push, `Content-Type` in upper case", {
            oci().content_type(&OCI_IMAGE.to_uppercase())
        })
        .with_blobs(),
        Case::new(
            "push of an OCI image as a Docker image",
            oci().content_type(DOCKER_IMAGE),
        )
        .with_blobs(),
        Case::new("push of a Docker image as an OCI image", {
            tag().content_type(OCI_IMAGE).prepared("docker")
        })
        .with_blobs(),
        Case::new(
            "push of an OCI image as an index",
            oci().content_type(OCI_INDEX),
        )
        .with_blobs(),
        Case::new("push of an index as an OCI image", {
            tag().content_type(OCI_IMAGE).prepared("index")
        })
        .with_image(),
        Case::new(
            "push, no `mediaType` inside",
            tag().content_type(OCI_IMAGE).text(bare),
        )
        .with_blobs(),
        Case::new("push as a Docker image, no `mediaType` inside", {
            tag().content_type(DOCKER_IMAGE).text(bare)
        })
        .with_blobs(),
        Case::new(
            "push, neither `Content-Type` nor `mediaType` inside",
            tag().text(bare),
        )
        .with_blobs()
        .differs(Difference::NoContentType),
        Case::new("push of an index, no `mediaType` inside", {
            tag()
                .content_type(OCI_INDEX)
                .text(r#"{"schemaVersion":2,"manifests":[]}"#)
        }),
        Case::new("push of an OCI 1.1 artifact manifest (withdrawn)", {
            tag()
                .content_type("application/vnd.oci.artifact.manifest.v1+json")
                .text(r#"{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","artifactType":"x/y","blobs":[]}"#)
        }),
        Case::new(
            "push of schema 1",
            tag().content_type(SCHEMA1).prepared("schema1"),
        )
        .with_blobs()
        .differs(Difference::ErrorsOf28),
        Case::new("push of unsigned schema 1", {
            tag()
                .content_type("application/vnd.docker.distribution.manifest.v1+json")
                .prepared("schema1")
        })
        .with_blobs()
        .differs(Difference::ErrorsOf28),
        Case::new("push of an unknown type", {
            tag()
                .content_type("application/vnd.example+json")
                .text(bare)
        })
        .with_blobs(),
    ]
}

fn digests() -> Vec<Case> {
    let by = |digest: &str| {
        put(&format!("/v2/{{repo}}/manifests/{digest}"))
            .content_type(OCI_IMAGE)
            .prepared("oci")
    };
    vec![
        Case::new("push by digest", by("{oci}")).with_blobs(),
        Case::new("push by the wrong digest", by("{unknown}")).with_blobs(),
        Case::new("push by its sha512", by("{sha512 of oci}"))
            .with_blobs()
            .differs(Difference::Sha512),
        Case::new("a manifest by the sha512 it was pushed by", {
            get("/v2/{repo}/manifests/{sha512 of oci}").accept(OCI_IMAGE)
        })
        .with_blobs()
        .after(by("{sha512 of oci}"))
        .differs(Difference::Sha512),
        Case::new(
            "push by `md5:…`",
            by("md5:5d41402abc4b2a76b9719d911017c592"),
        )
        .with_blobs()
        .differs(Difference::MalformedDigest),
    ]
}

fn bodies() -> Vec<Case> {
    let oci = |text: &str| tag().content_type(OCI_IMAGE).text(text);
    let docker = |text: &str| tag().content_type(DOCKER_IMAGE).text(text);
    let padded = |length: usize| {
        let start = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"annotations":{"x":""#;
        let end = r#""}}"#;
        let filler = "x".repeat(length - start.len() - end.len());
        tag()
            .content_type(OCI_INDEX)
            .body(format!("{start}{filler}{end}"))
    };
    vec![
        Case::new("push of nothing", oci("")),
        Case::new("push of no JSON", oci("nonsense")),
        Case::new("push of half a manifest", oci(r#"{"schemaVersion":2,"mediaType":"#)),
        Case::new("push of `null`", oci("null")).differs(Difference::Unusable),
        Case::new("push of `[]`", oci("[]")),
        Case::new("push of `{}`", oci("{}")).differs(Difference::Unusable),
        Case::new("push of `{}` as a Docker image", docker("{}")),
        Case::new("push, `schemaVersion` 1 in an OCI image", {
            oci(r#"{"schemaVersion":1,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":1},"layers":[]}"#)
        })
        .with_blobs().differs(Difference::Unusable),
        Case::new("push, `schemaVersion` 3", {
            oci(r#"{"schemaVersion":3,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":1},"layers":[]}"#)
        })
        .with_blobs().differs(Difference::Unusable),
        Case::new("push, no `schemaVersion`", {
            oci(r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":1},"layers":[]}"#)
        })
        .with_blobs().differs(Difference::Unusable),
        Case::new("push, no config", {
            oci(r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}"#)
        }).differs(Difference::Unusable),
        Case::new("push, a digest inside that is none", {
            oci(r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:abc","size":1},"layers":[]}"#)
        }).differs(Difference::Unusable),
        Case::new("push, an image with `manifests` too", {
            oci(r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":1},"layers":[],"manifests":[]}"#)
        })
        .with_blobs(),
        Case::new("push, an index with `layers` too", {
            tag().content_type(OCI_INDEX).text(r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"layers":[]}"#)
        }),
        Case::new("push, a number where the digest should be", {
            oci(r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":7,"size":1},"layers":[]}"#)
        }),
        Case::new("push, more after the manifest", {
            tag().content_type(OCI_INDEX).text(r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]} x"#)
        }),
        Case::new("push of 4 MiB", padded(4 << 20)),
        Case::new("push of 4 MiB and one byte", padded((4 << 20) + 1)).differs(Difference::TooLarge),
    ]
}
