//! Is anybody there?

use super::super::case::{Case, Request, get, head, post};
use super::super::difference::Difference;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new("`GET /v2/`", get("/v2/")),
        Case::new("`HEAD /v2/`", head("/v2/")),
        Case::new("`POST /v2/`", post("/v2/")),
        Case::new("`OPTIONS /v2/`", Request::new("OPTIONS", "/v2/"))
            .differs(Difference::UploadMethods),
        Case::new("`DELETE /v2/`", Request::new("DELETE", "/v2/")),
        Case::new("`GET /v2/?a=b`", get("/v2/?a=b")),
        Case::new("`GET /v2`", get("/v2")),
        Case::new("`HEAD /v2`", head("/v2")),
        Case::new("`POST /v2`", post("/v2")),
        Case::new("`GET /v2?a=b`", get("/v2?a=b")),
        Case::new("`GET /`", get("/")),
        Case::new("`HEAD /`", head("/")),
        Case::new("`POST /`", post("/")),
        Case::new("`GET /v1/`", get("/v1/")),
        Case::new("`GET /v1/_ping`", get("/v1/_ping")),
        Case::new("`GET /v3/`", get("/v3/")),
        Case::new("`GET /favicon.ico`", get("/favicon.ico")),
        Case::new(
            "`GET /v2/`, credentials that nobody asked for",
            get("/v2/").header("Authorization", "Basic dXNlcjpwYXNz"),
        ),
    ]
}
