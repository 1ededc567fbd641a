//! Where `Location` leads behind a proxy.

use super::super::case::{Case, Request, Settings, get, post, put};
use super::super::difference::Difference;
use wharf_e2e::publish::OCI_IMAGE;

pub(super) fn cases() -> Vec<Case> {
    let begin = || post("/v2/{repo}/blobs/uploads/");
    let behind = |title: &str, headers: &[(&'static str, &str)]| {
        let request = headers
            .iter()
            .fold(begin(), |request: Request, (name, value)| {
                request.header(name, *value)
            });
        Case::new(format!("begin an upload, {title}"), request)
    };
    vec![
        behind(
            "`X-Forwarded-Proto: https`",
            &[("X-Forwarded-Proto", "https")],
        ),
        behind(
            "`X-Forwarded-Proto: HTTPS`",
            &[("X-Forwarded-Proto", "HTTPS")],
        )
        .differs(Difference::Scheme),
        behind(
            "`X-Forwarded-Proto: https, http`",
            &[("X-Forwarded-Proto", "https, http")],
        )
        .differs(Difference::Scheme),
        behind(
            "`X-Forwarded-Proto: javascript`",
            &[("X-Forwarded-Proto", "javascript")],
        )
        .differs(Difference::Scheme),
        behind("an empty `X-Forwarded-Proto`", &[("X-Forwarded-Proto", "")]),
        behind(
            "`X-Forwarded-Host: hub.example`",
            &[("X-Forwarded-Host", "hub.example")],
        ),
        behind(
            "`X-Forwarded-Host: hub.example, inner`",
            &[("X-Forwarded-Host", "hub.example, inner")],
        ),
        behind(
            "`X-Forwarded-Host` and `X-Forwarded-Proto`",
            &[
                ("X-Forwarded-Host", "hub.example"),
                ("X-Forwarded-Proto", "https"),
            ],
        ),
        behind(
            "`X-Forwarded-Port: 8443`",
            &[("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "8443")],
        ),
        behind(
            "`X-Forwarded-Prefix: /registry`",
            &[("X-Forwarded-Prefix", "/registry")],
        ),
        behind(
            "`Forwarded: proto=https;host=hub.example`",
            &[("Forwarded", "proto=https;host=hub.example")],
        ),
        behind(
            "`Forwarded: for=1.2.3.4;proto=https, for=5.6.7.8`",
            &[("Forwarded", "for=1.2.3.4;proto=https, for=5.6.7.8")],
        ),
        behind(
            "`Forwarded: host=\"hub.example:8443\"`, quoted",
            &[("Forwarded", "host=\"hub.example:8443\"")],
        ),
        behind("a broken `Forwarded`", &[("Forwarded", "proto=;;=x")]),
        behind(
            "`Forwarded` and `X-Forwarded-Proto` that disagree",
            &[("Forwarded", "proto=http"), ("X-Forwarded-Proto", "https")],
        ),
        Case::new(
            "begin an upload, a `Host` without port",
            begin().host("hub.example"),
        ),
        Case::new(
            "begin an upload, a `Host` that is an IPv6 address",
            begin().host("[::1]:5000"),
        ),
        Case::new("begin an upload", begin()),
        Case::new("begin an upload, relative URLs", begin()).on(Settings::RelativeUrls),
        Case::new(
            "push of a blob, relative URLs",
            put("{location}&digest={new}").prepared("new"),
        )
        .on(Settings::RelativeUrls)
        .in_session(),
        Case::new(
            "push of a manifest, relative URLs",
            put("/v2/{repo}/manifests/1")
                .content_type(OCI_IMAGE)
                .prepared("oci"),
        )
        .on(Settings::RelativeUrls)
        .with_blobs(),
        Case::new("`GET /v2`, relative URLs", get("/v2")).on(Settings::RelativeUrls),
        Case::new(
            "a page of the catalog, `X-Forwarded-Host: hub.example`",
            get("/v2/_catalog?n=1").header("X-Forwarded-Host", "hub.example"),
        ),
    ]
}
