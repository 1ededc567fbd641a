//! Blobs taken over from another repository.

use super::super::case::{Case, get, post};
use super::super::difference::Difference;

pub(super) fn cases() -> Vec<Case> {
    let mount = |title: &str, query: &str| {
        let target = format!("/v2/{{repo}}/blobs/uploads/?{query}");
        Case::new(format!("mount {title}"), post(&target))
    };
    vec![
        mount("of a blob", "mount={hello}&from=app"),
        mount("of a blob that is there", "mount={hello}&from=app")
            .after(post("/v2/{repo}/blobs/uploads/?mount={hello}&from=app")),
        mount("of an unknown blob", "mount={unknown}&from=app"),
        mount("from a repository that has it not", "mount={hello}&from=a"),
        mount("from an unknown repository", "mount={hello}&from=unknown"),
        mount("without `from`", "mount={hello}").differs(Difference::MountFromAnywhere),
        mount("with an empty `from`", "mount={hello}&from=").differs(Difference::MountFromAnywhere),
        mount("without `from` of an unknown blob", "mount={unknown}"),
        mount("of `sha256:abc`", "mount=sha256:abc&from=app"),
        mount("of nothing", "mount=&from=app"),
        mount("from `App`, upper case", "mount={hello}&from=App"),
        mount("from itself", "mount={hello}&from={repo}"),
        mount("of a manifest", "mount={oci}&from=app"),
        mount("by sha512", "mount={sha512 of hello}&from=app"),
        Case::new(
            "`from` without `mount`",
            post("/v2/{repo}/blobs/uploads/?from=app"),
        ),
        Case::new("a blob after its mount", get("/v2/{repo}/blobs/{hello}"))
            .after(post("/v2/{repo}/blobs/uploads/?mount={hello}&from=app")),
    ]
}
