//! Manifests of every kind, for clients that take this and that.

use super::super::case::{Case, get, head};
use super::super::content::{DOCKER_IMAGE, DOCKER_LIST, SCHEMA1};
use super::super::difference::Difference;
use wharf_e2e::publish::{OCI_IMAGE, OCI_INDEX};

/// What clients say they take, and how the page calls it.
fn accepts() -> Vec<(&'static str, Option<String>)> {
    vec![
        ("no `Accept`", None),
        ("`Accept: */*`", Some("*/*".to_owned())),
        (
            "`Accept: application/json`",
            Some("application/json".to_owned()),
        ),
        ("`Accept` of an OCI image", Some(OCI_IMAGE.to_owned())),
        ("`Accept` of a Docker image", Some(DOCKER_IMAGE.to_owned())),
        (
            "`Accept` of all four",
            Some([OCI_IMAGE, OCI_INDEX, DOCKER_IMAGE, DOCKER_LIST].join(", ")),
        ),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (kind, tag) in [
        ("an OCI image", "oci"),
        ("a Docker image", "docker"),
        ("a Docker list", "list"),
        ("an OCI index", "index"),
    ] {
        for (title, accept) in accepts() {
            let mut request = get(&format!("/v2/app/manifests/{tag}"));
            if let Some(accept) = accept {
                request = request.accept(&accept);
            }
            let case = Case::new(format!("{kind} by tag, {title}"), request);
            cases.push(match by_tag(tag, title) {
                Some(difference) => case.differs(difference),
                None => case,
            });
        }
        let by_digest = get(&format!("/v2/app/manifests/{{{tag}}}"));
        let unnamed = Case::new(format!("{kind} by digest, no `Accept`"), by_digest.clone());
        let docker = Case::new(
            format!("{kind} by digest, `Accept` of a Docker image"),
            by_digest.accept(DOCKER_IMAGE),
        );
        cases.extend(match tag {
            "oci" => [unnamed.differs(Difference::OciForEveryone), docker],
            "index" => [
                unnamed.differs(Difference::IndexOf28),
                docker.differs(Difference::IndexOf28),
            ],
            _ => [unnamed, docker],
        });
    }
    cases.extend(more());
    cases
}

/// What a client gets other than from distribution that says this of itself.
fn by_tag(tag: &str, title: &str) -> Option<Difference> {
    let names_none = !title.contains(" of ");
    match (tag, title) {
        ("oci", _) if names_none => Some(Difference::OciForEveryone),
        ("list", _) if names_none => Some(Difference::ListForEveryone),
        ("docker", _) if names_none => Some(Difference::Schema1Of28),
        ("docker" | "list", "`Accept` of an OCI image") => Some(Difference::Schema1Of28),
        ("index", title) if title != "`Accept` of all four" => Some(Difference::IndexOf28),
        _ => None,
    }
}

fn more() -> Vec<Case> {
    let oci = || get("/v2/app/manifests/oci");
    let all = [OCI_IMAGE, OCI_INDEX, DOCKER_IMAGE, DOCKER_LIST].join(", ");
    vec![
        Case::new(
            "`HEAD` of an OCI image by tag",
            head("/v2/app/manifests/oci").accept(OCI_IMAGE),
        ),
        Case::new(
            "`HEAD` of an OCI image by digest",
            head("/v2/app/manifests/{oci}").accept(OCI_IMAGE),
        ),
        Case::new(
            "`HEAD` of a Docker image by tag",
            head("/v2/app/manifests/docker").accept(DOCKER_IMAGE),
        ),
        Case::new(
            "an OCI image by digest",
            get("/v2/app/manifests/{oci}").accept(OCI_IMAGE),
        ),
        Case::new(
            "an OCI image, a parameter in `Accept`",
            oci().accept(&format!("{OCI_IMAGE};q=0.5")),
        ),
        Case::new(
            "an OCI image, `q=0` in `Accept`",
            oci().accept(&format!("{OCI_IMAGE};q=0")),
        ),
        Case::new(
            "an OCI image, two `Accept` headers",
            oci().accept(DOCKER_IMAGE).accept(OCI_IMAGE),
        ),
        Case::new(
            "an OCI image, `Accept` in upper case",
            oci().accept(&OCI_IMAGE.to_uppercase()),
        )
        .differs(Difference::IndexOf28),
        Case::new("an OCI image, `Accept: nonsense`", oci().accept("nonsense"))
            .differs(Difference::OciForEveryone),
        Case::new(
            "an OCI image, `Accept: text/html`",
            oci().accept("text/html"),
        )
        .differs(Difference::OciForEveryone),
        Case::new(
            "an OCI image, `Accept: application/*`",
            oci().accept("application/*"),
        )
        .differs(Difference::OciForEveryone),
        Case::new("an OCI image, an empty `Accept`", oci().accept(""))
            .differs(Difference::OciForEveryone),
        Case::new(
            "an artifact with a subject",
            get("/v2/app/manifests/artifact").accept(OCI_IMAGE),
        ),
        Case::new(
            "a Docker list without linux/amd64 by tag, `Accept` of a Docker image",
            get("/v2/app/manifests/foreign-list").accept(DOCKER_IMAGE),
        ),
        Case::new(
            "a Docker list by tag, `Accept` of schema 1",
            get("/v2/app/manifests/list").accept(SCHEMA1),
        )
        .differs(Difference::Schema1Of28),
        Case::new(
            "schema 1 by tag, no `Accept`",
            get("/v2/app/manifests/schema1"),
        )
        .differs(Difference::Schema1),
        Case::new(
            "schema 1 by tag, `Accept` of all four",
            get("/v2/app/manifests/schema1").accept(&all),
        )
        .differs(Difference::Schema1),
        Case::new("schema 1 by digest", get("/v2/app/manifests/{schema1}"))
            .differs(Difference::Schema1),
        Case::new(
            "an unknown tag",
            get("/v2/app/manifests/unknown").accept(OCI_IMAGE),
        ),
        Case::new(
            "`HEAD` of an unknown tag",
            head("/v2/app/manifests/unknown").accept(OCI_IMAGE),
        ),
        Case::new(
            "an unknown digest",
            get("/v2/app/manifests/{unknown}").accept(OCI_IMAGE),
        ),
        Case::new(
            "a tag of an unknown repository",
            get("/v2/unknown/manifests/1").accept(OCI_IMAGE),
        ),
        Case::new(
            "a manifest that another repository has",
            get("/v2/emptied/manifests/{oci}").accept(OCI_IMAGE),
        ),
        Case::new(
            "a blob asked for as a manifest",
            get("/v2/app/manifests/{layer}").accept(OCI_IMAGE),
        )
        .differs(Difference::ErrorsOf28),
        Case::new(
            "a manifest, a query",
            get("/v2/app/manifests/oci?x=y").accept(OCI_IMAGE),
        ),
        Case::new(
            "a manifest, `Range: bytes=0-9`",
            get("/v2/app/manifests/oci")
                .accept(OCI_IMAGE)
                .header("Range", "bytes=0-9"),
        ),
    ]
}
