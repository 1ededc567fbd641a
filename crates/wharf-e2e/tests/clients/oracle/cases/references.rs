//! Manifests whose parts are not there, or somewhere else.

use super::super::case::{Case, Request, put};
use super::super::content::{DOCKER_IMAGE, DOCKER_LIST};
use super::super::difference::Difference;
use wharf_e2e::publish::{OCI_IMAGE, OCI_INDEX};

fn tag() -> Request {
    put("/v2/{repo}/manifests/1")
}

/// An OCI image with the prepared config and these layers.
fn image(layers: &str) -> Request {
    tag().content_type(OCI_IMAGE).text(format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_IMAGE}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{config}}","size":1}},"layers":[{layers}]}}"#
    ))
}

fn index(media_type: &str, children: &str) -> Request {
    tag().content_type(media_type).text(format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","manifests":[{children}]}}"#
    ))
}

pub(super) fn cases() -> Vec<Case> {
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let nondistributable = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    let elsewhere = |media_type: &str, url: &str| {
        image(&format!(
            r#"{{"mediaType":"{media_type}","digest":"{{unknown}}","size":1,"urls":["{url}"]}}"#
        ))
    };
    vec![
        Case::new("push, all blobs missing", tag().content_type(OCI_IMAGE).prepared("oci")),
        Case::new("push of a Docker image, all blobs missing", {
            tag().content_type(DOCKER_IMAGE).prepared("docker")
        }),
        Case::new("push, a layer missing", {
            image(r#"{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{unknown}","size":1}"#)
        })
        .with_blobs(),
        Case::new("push, the same layer missing twice", {
            image(r#"{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{unknown}","size":1},{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{unknown}","size":1}"#)
        })
        .with_blobs(),
        Case::new("push, a size that is not the blob's", {
            image(r#"{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{layer}","size":1}"#)
        })
        .with_blobs(),
        Case::new("push, a negative size", {
            image(r#"{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{layer}","size":-1}"#)
        })
        .with_blobs().differs(Difference::Unusable),
        Case::new("push, a layer of an unknown type", {
            image(r#"{"mediaType":"application/vnd.example","digest":"{layer}","size":1}"#)
        })
        .with_blobs(),
        Case::new("push, a layer without type", {
            image(r#"{"digest":"{layer}","size":1}"#)
        })
        .with_blobs(),
        Case::new("push, a layer elsewhere", elsewhere(nondistributable, "https://example.com/x"))
            .with_blobs().differs(Difference::Urls),
        Case::new("push, a layer elsewhere, Docker's type", {
            elsewhere(foreign, "https://example.com/x")
        })
        .with_blobs().differs(Difference::Urls),
        Case::new("push, a layer elsewhere, no URL", {
            image(&format!(r#"{{"mediaType":"{nondistributable}","digest":"{{unknown}}","size":1}}"#))
        })
        .with_blobs().differs(Difference::Urls),
        Case::new("push, a layer elsewhere, `ftp:`", {
            elsewhere(nondistributable, "ftp://example.com/x")
        })
        .with_blobs().differs(Difference::Urls),
        Case::new("push, a layer elsewhere, a fragment in the URL", {
            elsewhere(nondistributable, "https://example.com/x#y")
        })
        .with_blobs().differs(Difference::Urls),
        Case::new("push, URLs of an ordinary layer that is missing", {
            elsewhere("application/vnd.oci.image.layer.v1.tar", "https://example.com/x")
        })
        .with_blobs().differs(Difference::Urls),
        Case::new("push, URLs of an ordinary layer that is there", {
            image(r#"{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{layer}","size":1,"urls":["https://example.com/x"]}"#)
        })
        .with_blobs().differs(Difference::Urls),
        Case::new("push of an OCI index, a child missing", {
            index(OCI_INDEX, r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{unknown}","size":1}"#)
        }),
        Case::new("push of a Docker list, a child missing", {
            index(DOCKER_LIST, r#"{"mediaType":"application/vnd.docker.distribution.manifest.v2+json","digest":"{unknown}","size":1,"platform":{"architecture":"amd64","os":"linux"}}"#)
        }),
        Case::new("push of an OCI index, a child in another repository", {
            tag().content_type(OCI_INDEX).prepared("index")
        }),
        Case::new("push of an OCI index, two children missing", {
            index(OCI_INDEX, r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{unknown}","size":1},{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{new}","size":1}"#)
        }),
        Case::new("push of an OCI index, a blob as a child", {
            index(OCI_INDEX, r#"{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{layer}","size":1}"#)
        })
        .with_blobs().differs(Difference::BlobsInIndexes),
        Case::new("push, a subject that is missing", {
            tag().content_type(OCI_IMAGE).text(r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":1},"layers":[],"subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{unknown}","size":1}}"#)
        })
        .with_blobs(),
        Case::new("push, a subject that is none", {
            tag().content_type(OCI_IMAGE).text(r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":1},"layers":[],"subject":{"digest":"sha256:abc"}}"#)
        })
        .with_blobs().differs(Difference::Unusable),
    ]
}
