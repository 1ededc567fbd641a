//! The catalog and the tags of a repository, page by page.

use super::super::case::{Case, get, head};
use super::super::difference::Difference;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = catalog();
    cases.extend(tags());
    cases
}

fn catalog() -> Vec<Case> {
    let catalog = |query: &str| {
        let target = format!("/v2/_catalog{query}");
        Case::new(format!("catalog `{query}`"), get(&target))
    };
    vec![
        Case::new("catalog", get("/v2/_catalog")),
        Case::new("`HEAD` of the catalog", head("/v2/_catalog")),
        catalog("?n=1"),
        catalog("?n=2&last=a"),
        catalog("?n=2&last=a/b"),
        catalog("?n=2&last=a%2Fb"),
        catalog("?last=app"),
        catalog("?last=nobody"),
        catalog("?last=zzz/last"),
        catalog("?last=zzzz"),
        catalog("?n=6"),
        catalog("?n=7"),
        catalog("?n=0"),
        catalog("?n="),
        catalog("?n=-1").differs(Difference::BadPageOf28),
        catalog("?n=x").differs(Difference::BadPageOf28),
        catalog("?n=1.5").differs(Difference::BadPageOf28),
        catalog("?n=99999999999999999999").differs(Difference::BadPageOf28),
        catalog("?n=1000"),
        catalog("?n=1001"),
        catalog("?n=1&n=2"),
        catalog("?unknown=1"),
        Case::new("`GET /v2/_catalog/`", get("/v2/_catalog/")),
    ]
}

fn tags() -> Vec<Case> {
    let tags = |query: &str| {
        let target = format!("/v2/app/tags/list{query}");
        Case::new(format!("tags `{query}`"), get(&target))
    };
    vec![
        Case::new("tags", get("/v2/app/tags/list")),
        Case::new("`HEAD` of the tags", head("/v2/app/tags/list")),
        tags("?n=3"),
        tags("?n=3&last=1.10"),
        tags("?last=docker"),
        tags("?last=docker%20"),
        tags("?last=nobody"),
        tags("?last=zzz"),
        tags("?n=100"),
        tags("?n=12").differs(Difference::LastPage),
        tags("?n=0"),
        tags("?n="),
        tags("?n=-1").differs(Difference::BadPageOf28),
        tags("?n=x").differs(Difference::BadPageOf28),
        tags("?n=1000"),
        tags("?n=1001"),
        tags("?n=99999999999999999999").differs(Difference::BadPageOf28),
        Case::new(
            "tags of a repository that lost its last manifest",
            get("/v2/emptied/tags/list"),
        ),
        Case::new(
            "tags of a repository that has blobs only",
            get("/v2/only/blobs/tags/list"),
        ),
        Case::new(
            "tags of an unknown repository",
            get("/v2/unknown/tags/list"),
        ),
        Case::new(
            "tags of an unknown repository, `?last=x`",
            get("/v2/unknown/tags/list?last=x"),
        )
        .differs(Difference::UnknownNameAfterLast),
        Case::new(
            "tags of the part `zzz` of `zzz/last`",
            get("/v2/zzz/tags/list"),
        ),
        Case::new("tags of `a/b`, below `a`", get("/v2/a/b/tags/list")),
        Case::new("`GET …/tags/list/`", get("/v2/app/tags/list/")),
        Case::new("`GET …/tags/`", get("/v2/app/tags/")),
    ]
}
