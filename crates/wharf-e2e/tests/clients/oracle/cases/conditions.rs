//! Clients that have something already.

use super::super::case::{Case, Request, get, head, put};
use super::super::difference::Difference;
use wharf_e2e::publish::OCI_IMAGE;

pub(super) fn cases() -> Vec<Case> {
    let manifest = || get("/v2/app/manifests/oci").accept(OCI_IMAGE);
    let blob = || get("/v2/app/blobs/{layer}");
    let mut cases = Vec::new();
    for (what, request, digest) in [
        ("a manifest", manifest as fn() -> Request, "{oci}"),
        ("a blob", blob, "{layer}"),
    ] {
        let mut ask = |title: &str, name: &'static str, value: String| {
            let request = request().header(name, value);
            let case = Case::new(format!("{what}, {title}"), request);
            cases.push(match (what, title) {
                (
                    "a manifest",
                    "`If-None-Match` that is weak"
                    | "`If-None-Match` with a list"
                    | "`If-None-Match: *`",
                )
                | (
                    "a blob",
                    "`If-None-Match` without quotation marks" | "`If-Match` of something else",
                ) => case.differs(Difference::Conditions),
                _ => case,
            });
        };
        ask(
            "`If-None-Match` that matches",
            "If-None-Match",
            format!("\"{digest}\""),
        );
        ask(
            "`If-None-Match` without quotation marks",
            "If-None-Match",
            digest.to_owned(),
        );
        ask(
            "`If-None-Match` that is weak",
            "If-None-Match",
            format!("W/\"{digest}\""),
        );
        ask(
            "`If-None-Match` with a list",
            "If-None-Match",
            format!("\"x\", \"{digest}\""),
        );
        ask("`If-None-Match: *`", "If-None-Match", "*".to_owned());
        ask(
            "`If-None-Match` of something else",
            "If-None-Match",
            "\"x\"".to_owned(),
        );
        ask(
            "`If-Match` that matches",
            "If-Match",
            format!("\"{digest}\""),
        );
        ask(
            "`If-Match` of something else",
            "If-Match",
            "\"x\"".to_owned(),
        );
        ask(
            "`If-Modified-Since`",
            "If-Modified-Since",
            "Wed, 01 Jan 2020 00:00:00 GMT".to_owned(),
        );
    }
    cases.extend([
        Case::new(
            "`HEAD` of a manifest, `If-None-Match` that matches",
            head("/v2/app/manifests/oci")
                .accept(OCI_IMAGE)
                .header("If-None-Match", "\"{oci}\""),
        ),
        Case::new(
            "`HEAD` of a blob, `If-None-Match` that matches",
            head("/v2/app/blobs/{layer}").header("If-None-Match", "\"{layer}\""),
        ),
        Case::new(
            "a range of a blob, `If-Range` that matches",
            blob()
                .header("Range", "bytes=0-9")
                .header("If-Range", "\"{layer}\""),
        ),
        Case::new(
            "a range of a blob, `If-Range` of something else",
            blob()
                .header("Range", "bytes=0-9")
                .header("If-Range", "\"x\""),
        ),
        Case::new(
            "push of a manifest, `If-Match` of something else",
            put("/v2/{repo}/manifests/1")
                .content_type(OCI_IMAGE)
                .header("If-Match", "\"x\"")
                .prepared("oci"),
        )
        .with_image()
        .differs(Difference::Conditions),
        Case::new(
            "push of a manifest, `If-None-Match: *`",
            put("/v2/{repo}/manifests/1")
                .content_type(OCI_IMAGE)
                .header("If-None-Match", "*")
                .prepared("oci"),
        )
        .with_image()
        .differs(Difference::Conditions),
    ]);
    cases
}
