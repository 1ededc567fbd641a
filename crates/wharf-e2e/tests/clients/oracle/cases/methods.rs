//! Every path with every method.

use super::super::case::{Case, Request};
use super::super::difference::Difference;

/// What is asked of every path, beyond what it is there for.
const METHODS: &[&str] = &[
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO", "get",
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (what, target, answered) in [
        ("the catalog", "/v2/_catalog", &["GET", "HEAD"][..]),
        ("the tags", "/v2/app/tags/list", &["GET", "HEAD"]),
        (
            "a manifest",
            "/v2/app/manifests/unknown",
            &["GET", "HEAD", "PUT", "DELETE"],
        ),
        (
            "a blob",
            "/v2/app/blobs/{unknown}",
            &["GET", "HEAD", "DELETE"],
        ),
        ("the uploads", "/v2/app/blobs/uploads/", &["POST"]),
        (
            "an upload",
            "/v2/app/blobs/uploads/0190c6f0-0000-7000-8000-000000000000",
            &["GET", "HEAD", "PUT", "PATCH", "DELETE"],
        ),
    ] {
        for method in METHODS.iter().filter(|method| !answered.contains(method)) {
            let request = Request::new(method, target).body("");
            let case = Case::new(format!("`{method}` of {what}"), request);
            cases.push(if target.contains("/blobs/uploads/") {
                case.differs(Difference::UploadMethods)
            } else {
                case
            });
        }
    }
    cases.push(
        Case::new(
            "`POST …/blobs/uploads`, without the slash",
            Request::new("POST", "/v2/app/blobs/uploads").body(""),
        )
        .differs(Difference::NoSlash),
    );
    cases.push(
        Case::new(
            "`GET …/blobs/uploads`, without the slash",
            Request::new("GET", "/v2/app/blobs/uploads"),
        )
        .differs(Difference::NoSlash),
    );
    cases
}
