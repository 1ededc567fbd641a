//! What refers to a manifest.

use super::super::case::{Case, delete, get, head, put};
use super::super::difference::Difference;
use wharf_e2e::publish::OCI_IMAGE;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("referrers of an image", get("/v2/app/referrers/{oci}"))
            .differs(Difference::Referrers),
        Case::new(
            "`HEAD` of the referrers of an image",
            head("/v2/app/referrers/{oci}"),
        )
        .differs(Difference::Referrers),
        Case::new(
            "referrers of an image, `?artifactType=`",
            get("/v2/app/referrers/{oci}?artifactType=application/vnd.example.sbom"),
        )
        .differs(Difference::Referrers),
        Case::new(
            "referrers of an image, `?artifactType=` of none",
            get("/v2/app/referrers/{oci}?artifactType=application/none"),
        )
        .differs(Difference::Referrers),
        Case::new(
            "referrers of what nobody has",
            get("/v2/app/referrers/{unknown}"),
        )
        .differs(Difference::Referrers),
        Case::new(
            "referrers in an unknown repository",
            get("/v2/unknown/referrers/{oci}"),
        )
        .differs(Difference::Referrers),
        Case::new(
            "referrers of `sha256:abc`",
            get("/v2/app/referrers/sha256:abc"),
        )
        .differs(Difference::Referrers),
        Case::new("`DELETE` of referrers", delete("/v2/app/referrers/{oci}"))
            .differs(Difference::Referrers),
        Case::new(
            "push of an artifact with a subject",
            put("/v2/{repo}/manifests/1")
                .content_type(OCI_IMAGE)
                .prepared("artifact"),
        )
        .with_blobs(),
    ]
}
