//! Deleting, where it is allowed and where it is not.

use super::super::case::{Case, Settings, delete, get};
use super::super::difference::Difference;
use wharf_e2e::publish::OCI_IMAGE;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = allowed();
    cases.extend(forbidden());
    cases
}

fn allowed() -> Vec<Case> {
    vec![
        Case::new("delete a manifest", delete("/v2/{repo}/manifests/{oci}")).with_image(),
        Case::new(
            "delete a manifest twice",
            delete("/v2/{repo}/manifests/{oci}"),
        )
        .with_image()
        .after(delete("/v2/{repo}/manifests/{oci}")),
        Case::new("a deleted manifest by digest", {
            get("/v2/{repo}/manifests/{oci}").accept(OCI_IMAGE)
        })
        .with_image()
        .after(delete("/v2/{repo}/manifests/{oci}")),
        Case::new(
            "a deleted manifest by tag",
            get("/v2/{repo}/manifests/1").accept(OCI_IMAGE),
        )
        .with_image()
        .after(delete("/v2/{repo}/manifests/{oci}")),
        Case::new(
            "the tags after the last manifest was deleted",
            get("/v2/{repo}/tags/list"),
        )
        .with_image()
        .after(delete("/v2/{repo}/manifests/{oci}")),
        Case::new("delete a tag", delete("/v2/{repo}/manifests/1"))
            .with_image()
            .differs(Difference::TagDeletionOf28),
        Case::new(
            "a deleted tag",
            get("/v2/{repo}/manifests/1").accept(OCI_IMAGE),
        )
        .with_image()
        .after(delete("/v2/{repo}/manifests/1"))
        .differs(Difference::TagDeletionOf28),
        Case::new("the manifest of a deleted tag", {
            get("/v2/{repo}/manifests/{oci}").accept(OCI_IMAGE)
        })
        .with_image()
        .after(delete("/v2/{repo}/manifests/1")),
        Case::new("delete an unknown tag", delete("/v2/app/manifests/unknown"))
            .differs(Difference::TagDeletionOf28),
        Case::new(
            "delete an unknown manifest",
            delete("/v2/app/manifests/{unknown}"),
        ),
        Case::new("delete a manifest of an unknown repository", {
            delete("/v2/unknown/manifests/{oci}")
        }),
        Case::new(
            "delete the manifest `sha256:abc`",
            delete("/v2/app/manifests/sha256:abc"),
        ),
        Case::new("delete a blob", delete("/v2/{repo}/blobs/{layer}")).with_blobs(),
        Case::new("delete a blob twice", delete("/v2/{repo}/blobs/{layer}"))
            .with_blobs()
            .after(delete("/v2/{repo}/blobs/{layer}")),
        Case::new("a deleted blob", get("/v2/{repo}/blobs/{layer}"))
            .with_blobs()
            .after(delete("/v2/{repo}/blobs/{layer}")),
        Case::new(
            "a deleted blob, where it came from",
            get("/v2/app/blobs/{layer}"),
        )
        .with_blobs()
        .after(delete("/v2/{repo}/blobs/{layer}")),
        Case::new("delete an unknown blob", delete("/v2/app/blobs/{unknown}")),
        Case::new("delete a blob of an unknown repository", {
            delete("/v2/unknown/blobs/{layer}")
        }),
        Case::new(
            "delete the blob `sha256:abc`",
            delete("/v2/app/blobs/sha256:abc"),
        ),
        Case::new("delete schema 1", delete("/v2/app/manifests/{schema1}")),
    ]
}

fn forbidden() -> Vec<Case> {
    let off = |title: &str, target: &str| {
        Case::new(format!("{title}, deletion off"), delete(target)).on(Settings::NoDeletion)
    };
    vec![
        off("delete a manifest", "/v2/app/manifests/{oci}"),
        off("delete a tag", "/v2/app/manifests/oci"),
        off("delete a blob", "/v2/app/blobs/{hello}"),
        off("delete an unknown manifest", "/v2/app/manifests/{unknown}"),
        off("delete an unknown tag", "/v2/app/manifests/unknown"),
        off("delete an unknown blob", "/v2/app/blobs/{unknown}"),
        off(
            "delete a blob of an unknown repository",
            "/v2/unknown/blobs/{hello}",
        ),
        off("cancel an upload", "{location}").in_session(),
    ]
}
