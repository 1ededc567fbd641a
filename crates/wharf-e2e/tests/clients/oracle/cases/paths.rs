//! Names, tags and digests that are none, and paths that are written in other ways.

use super::super::case::{Case, get, head, post, put};
use super::super::content::APP;
use super::super::difference::Difference;
use wharf_e2e::publish::OCI_IMAGE;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = names();
    cases.extend(references());
    cases.extend(digests());
    cases.extend(spellings());
    cases
}

fn names() -> Vec<Case> {
    let tags = |title: &str, name: &str| {
        let target = format!("/v2/{name}/tags/list");
        Case::new(format!("tags of {title}"), get(&target))
    };
    vec![
        tags("`App`, upper case", "App").differs(Difference::MalformedName),
        tags("`-app`", "-app").differs(Difference::MalformedName),
        tags("`app-`", "app-").differs(Difference::MalformedName),
        tags("`a..b`", "a..b").differs(Difference::MalformedName),
        tags("`a___b`", "a___b").differs(Difference::MalformedName),
        tags("`a--b`, which is a name", "a--b"),
        tags("`a.b_c__d`, which is a name", "a.b_c__d"),
        tags("`localhost:5000/app`, with a port", "localhost:5000/app")
            .differs(Difference::DomainInName),
        tags(
            "`Example.com/app`, with a domain in upper case",
            "Example.com/app",
        )
        .differs(Difference::DomainInName),
        tags("`a%2Fb`, escaped", "a%2Fb"),
        tags("`a%20b`, a space", "a%20b").differs(Difference::MalformedName),
        tags("`%61pp`, `app` escaped", "%61pp"),
        tags("`ä`, not ASCII", "%C3%A4").differs(Difference::MalformedName),
        tags("a name of 255 characters", &long_name(255)),
        tags("a name of 256 characters", &long_name(256)).differs(Difference::LongName),
        Case::new(
            "begin an upload to a name of 255 characters",
            post(&format!("/v2/{}/blobs/uploads/", long_name(255))),
        ),
        Case::new(
            "begin an upload to a name of 256 characters",
            post(&format!("/v2/{}/blobs/uploads/", long_name(256))),
        )
        .differs(Difference::LongName),
        Case::new(
            "begin an upload to `App`, upper case",
            post("/v2/App/blobs/uploads/"),
        )
        .differs(Difference::MalformedName),
        Case::new(
            "manifest in a name of 256 characters",
            get(&format!("/v2/{}/manifests/1", long_name(256))),
        )
        .differs(Difference::LongName),
        Case::new("`GET /v2/app/`", get("/v2/app/")),
        Case::new("`GET /v2/app/unknown/list`", get("/v2/app/unknown/list")),
        Case::new("`GET /v2//tags/list`, no name", get("/v2//tags/list")),
        Case::new(
            "`GET /v2/manifests/latest`, no name",
            get("/v2/manifests/latest"),
        ),
    ]
}

fn references() -> Vec<Case> {
    let manifest = |title: &str, reference: &str| {
        let target = format!("/v2/{APP}/manifests/{reference}");
        Case::new(format!("manifest {title}"), get(&target).accept(OCI_IMAGE))
    };
    let long = "t".repeat(128);
    let too_long = "t".repeat(129);
    vec![
        manifest("`UPPER_case-9`, which is a tag", "UPPER_case-9"),
        manifest("`-x`, no tag", "-x").differs(Difference::MalformedTag),
        manifest("`.x`, no tag", ".x").differs(Difference::MalformedTag),
        manifest("`a b`, no tag", "a%20b").differs(Difference::MalformedTag),
        manifest("`a+b`, no tag", "a+b").differs(Difference::MalformedTag),
        manifest("`a%2Bb`, no tag", "a%2Bb").differs(Difference::MalformedTag),
        manifest("with a tag of 128 characters", &long),
        manifest("with a tag of 129 characters", &too_long).differs(Difference::MalformedTag),
        manifest("`sha256:abc`, too short", "sha256:abc").differs(Difference::MalformedDigest),
        manifest(
            "`sha256:zz…`, not hexadecimal",
            &format!("sha256:{}", "z".repeat(64)),
        )
        .differs(Difference::MalformedDigest),
        manifest(
            "`sha256:AA…`, upper case",
            &format!("sha256:{}", "A".repeat(64)),
        )
        .differs(Difference::MalformedDigest),
        manifest("`sha256:`, nothing", "sha256:").differs(Difference::MalformedDigest),
        manifest(
            "`md5:…`, unknown algorithm",
            &format!("md5:{}", "a".repeat(32)),
        )
        .differs(Difference::MalformedDigest),
        manifest("`sha384:…`", &format!("sha384:{}", "a".repeat(96)))
            .differs(Difference::MalformedDigest),
        manifest(
            "`sha512:…`, unknown",
            &format!("sha512:{}", "a".repeat(128)),
        ),
        manifest(
            "by its sha512, which nobody pushed it by",
            "{sha512 of oci}",
        ),
        manifest("by its digest, the colon escaped", "sha256%3Aabc")
            .differs(Difference::MalformedDigest),
        Case::new(
            "push a manifest to the tag `-x`",
            put("/v2/app/manifests/-x")
                .content_type(OCI_IMAGE)
                .prepared("oci"),
        )
        .differs(Difference::MalformedTag),
        Case::new(
            "push a manifest to a tag of 129 characters",
            put(&format!("/v2/app/manifests/{too_long}"))
                .content_type(OCI_IMAGE)
                .prepared("oci"),
        )
        .differs(Difference::MalformedTag),
        Case::new(
            "push a manifest to `sha256:abc`",
            put("/v2/app/manifests/sha256:abc")
                .content_type(OCI_IMAGE)
                .prepared("oci"),
        )
        .differs(Difference::MalformedDigest),
        Case::new("`GET …/manifests/`", get("/v2/app/manifests/")),
        Case::new("`GET …/manifests`", get("/v2/app/manifests")),
    ]
}

fn digests() -> Vec<Case> {
    let blob = |title: &str, digest: &str| {
        let target = format!("/v2/{APP}/blobs/{digest}");
        Case::new(format!("blob {title}"), get(&target))
    };
    vec![
        blob("`sha256:abc`, too short", "sha256:abc"),
        blob(
            "`sha256:zz…`, not hexadecimal",
            &format!("sha256:{}", "z".repeat(64)),
        ),
        blob(
            "`sha256:AA…`, upper case",
            &format!("sha256:{}", "A".repeat(64)),
        ),
        blob(
            "`md5:…`, unknown algorithm",
            &format!("md5:{}", "a".repeat(32)),
        ),
        blob(
            "`sha512:…`, unknown",
            &format!("sha512:{}", "a".repeat(128)),
        ),
        blob(
            "by its sha512, which nobody pushed it by",
            "{sha512 of hello}",
        ),
        blob("`latest`, no digest", "latest").differs(Difference::MalformedDigest),
        blob("`sha256:`, nothing", "sha256:").differs(Difference::MalformedDigest),
        Case::new(
            "`HEAD` of blob `sha256:abc`, too short",
            head("/v2/app/blobs/sha256:abc"),
        ),
        Case::new("`GET …/blobs/`", get("/v2/app/blobs/")),
    ]
}

fn spellings() -> Vec<Case> {
    vec![
        Case::new("`GET //v2/`", get("//v2/")),
        Case::new("`GET /v2//`", get("/v2//")),
        Case::new("`GET /v2//app/tags/list`", get("/v2//app/tags/list")),
        Case::new("`GET /v2/app//tags/list`", get("/v2/app//tags/list")),
        Case::new(
            "`GET /v2/app//tags/list?n=1`",
            get("/v2/app//tags/list?n=1"),
        ),
        Case::new("`GET /v2/./app/tags/list`", get("/v2/./app/tags/list")),
        Case::new(
            "`GET /v2/x/../app/tags/list`",
            get("/v2/x/../app/tags/list"),
        ),
        Case::new("`GET /../v2/`", get("/../v2/")),
        Case::new(
            "`GET /v2/app/../../etc/passwd`",
            get("/v2/app/../../etc/passwd"),
        ),
        Case::new(
            "`GET /v2/%2e%2e/app/tags/list`",
            get("/v2/%2e%2e/app/tags/list"),
        ),
        Case::new("`GET /v2/app/tags%2Flist`", get("/v2/app/tags%2Flist")),
        Case::new("`GET /v2/app/%74ags/list`", get("/v2/app/%74ags/list")),
        Case::new("`GET /v2/app/tags/list#x`", get("/v2/app/tags/list#x"))
            .differs(Difference::Escapes),
        Case::new(
            "`GET /v2/app/tags/%zz`, a broken escape",
            get("/v2/app/tags/%zz"),
        )
        .differs(Difference::Escapes),
        Case::new(
            "`GET http://registry.example:5000/v2/`, a whole URL",
            get("http://registry.example:5000/v2/"),
        ),
        Case::new(
            "the manifest of a repository called `app/tags/list`",
            get("/v2/app/tags/list/manifests/latest"),
        ),
        Case::new(
            "the tags of a repository called `app/manifests/latest`",
            get("/v2/app/manifests/latest/tags/list"),
        ),
        Case::new(
            "the tags of a repository called `app/blobs/uploads`",
            get("/v2/app/blobs/uploads/tags/list"),
        ),
    ]
}

/// Components of ten characters, so that each is a directory that can be made.
fn long_name(length: usize) -> String {
    let mut name = "abcdefghi/".repeat(length / 10 + 1);
    name.truncate(length);
    if name.ends_with('/') {
        name.pop();
        name.push('x');
    }
    name
}
