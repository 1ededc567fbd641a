//! Blobs sent as a whole, and how an upload begins, stands and ends.

use super::super::case::{Case, Request, delete, get, head, patch, post, put};
use super::super::difference::Difference;

const OCTETS: &str = "application/octet-stream";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = beginnings();
    cases.extend(wholes());
    cases.extend(digests());
    cases.extend(ends());
    cases
}

fn beginnings() -> Vec<Case> {
    let begin = || post("/v2/{repo}/blobs/uploads/");
    vec![
        Case::new(
            "begin an upload, no `Content-Length`",
            Request::new("POST", "/v2/{repo}/blobs/uploads/"),
        ),
        Case::new("begin an upload, a body", begin().body("hello")),
        Case::new(
            "begin an upload, `Content-Type`",
            begin().content_type(OCTETS),
        ),
        Case::new(
            "a blob in one POST",
            post("/v2/{repo}/blobs/uploads/?digest={hello}")
                .content_type(OCTETS)
                .body("hello"),
        )
        .differs(Difference::OnePost),
        Case::new(
            "a blob in one POST, wrong digest",
            post("/v2/{repo}/blobs/uploads/?digest={unknown}")
                .content_type(OCTETS)
                .body("hello"),
        )
        .differs(Difference::OnePost),
        Case::new(
            "a blob in one POST, malformed digest",
            post("/v2/{repo}/blobs/uploads/?digest=sha256:abc")
                .content_type(OCTETS)
                .body("hello"),
        )
        .differs(Difference::OnePost),
        Case::new(
            "begin an upload, `?digest=` and no body",
            post("/v2/{repo}/blobs/uploads/?digest={hello}"),
        ),
        Case::new(
            "begin an upload, `?digest-algorithm=sha512`",
            post("/v2/{repo}/blobs/uploads/?digest-algorithm=sha512"),
        ),
        Case::new(
            "begin an upload, `?digest-algorithm=md5`",
            post("/v2/{repo}/blobs/uploads/?digest-algorithm=md5"),
        )
        .differs(Difference::OnePost),
    ]
}

fn wholes() -> Vec<Case> {
    let whole = || {
        put("{location}&digest={new}")
            .content_type(OCTETS)
            .prepared("new")
    };
    vec![
        Case::new("PUT of a whole blob", whole()).in_session(),
        Case::new("PUT of a whole blob, no `Content-Type`", {
            put("{location}&digest={new}").prepared("new")
        })
        .in_session(),
        Case::new("PUT of a whole blob, chunked coding", {
            put("{location}&digest={hello}")
                .content_type(OCTETS)
                .chunked("hello")
        })
        .in_session(),
        Case::new("PUT of a whole blob, `Content-Type: text/plain`", {
            put("{location}&digest={hello}")
                .content_type("text/plain")
                .body("hello")
        })
        .in_session(),
        Case::new("PUT of the empty blob", put("{location}&digest={empty}")).in_session(),
        Case::new("PUT of a blob that is there", whole())
            .in_session()
            .after(whole())
            .in_session(),
        Case::new(
            "the blob after it was pushed",
            get("/v2/{repo}/blobs/{new}"),
        )
        .in_session()
        .after(whole()),
        Case::new(
            "PUT of a whole blob with `Content-Range`",
            put("{location}&digest={hello}")
                .content_range("0-4")
                .body("hello"),
        )
        .in_session(),
        Case::new(
            "PUT of a whole blob with a `Content-Range` that does not start at 0",
            put("{location}&digest={hello}")
                .content_range("5-9")
                .body("hello"),
        )
        .in_session()
        .differs(Difference::ContentRangeOf28),
        Case::new("PUT twice", whole()).in_session().after(whole()),
        Case::new("PUT of a blob by its sha512", {
            put("{location}&digest={sha512 of hello}").body("hello")
        })
        .in_session()
        .differs(Difference::Sha512),
        Case::new("a blob by the sha512 it was pushed by", {
            get("/v2/{repo}/blobs/{sha512 of hello}")
        })
        .in_session()
        .after(put("{location}&digest={sha512 of hello}").body("hello"))
        .differs(Difference::Sha512),
        Case::new("a blob pushed by its sha512, by its sha256", {
            get("/v2/{repo}/blobs/{hello}")
        })
        .in_session()
        .after(put("{location}&digest={sha512 of hello}").body("hello"))
        .differs(Difference::Sha512),
    ]
}

fn digests() -> Vec<Case> {
    let put_with = |digest: &str| put(&format!("{{location}}&digest={digest}")).body("hello");
    vec![
        Case::new("PUT without digest", put("{location}").body("hello")).in_session(),
        Case::new("PUT, empty digest", put_with("")).in_session(),
        Case::new("PUT, wrong digest", put_with("{unknown}")).in_session(),
        Case::new("PUT, wrong digest of no bytes", put("{location}&digest={hello}"))
            .in_session(),
        Case::new("PUT, digest `sha256:abc`", put_with("sha256:abc")).in_session(),
        Case::new("PUT, digest `nonsense`", put_with("nonsense")).in_session(),
        Case::new("PUT, digest by md5", put_with("md5:5d41402abc4b2a76b9719d911017c592"))
            .in_session(),
        Case::new("PUT, the colon of the digest escaped", {
            put("{location}&digest=sha256%3A2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
                .body("hello")
        })
        .in_session(),
        Case::new("status after a PUT with the wrong digest", get("{location}"))
            .in_session()
            .after(put_with("{unknown}")).differs(Difference::NothingLeft),
        Case::new("the blob after a PUT with the wrong digest", {
            get("/v2/{repo}/blobs/{unknown}")
        })
        .in_session()
        .after(put_with("{unknown}")),
        Case::new("status after a PUT without digest", get("{location}"))
            .in_session()
            .after(put("{location}").body("hello")),
    ]
}

fn ends() -> Vec<Case> {
    let id = "/v2/{repo}/blobs/uploads/{id}";
    vec![
        Case::new("status of an upload just begun", get("{location}")).in_session(),
        Case::new("`HEAD` of an upload", head("{location}")).in_session(),
        Case::new(
            "status of an upload without the query of `Location`",
            get(id),
        )
        .in_session()
        .differs(Difference::StateOf28),
        Case::new(
            "PATCH without the query of `Location`",
            patch(id).body("hello"),
        )
        .in_session()
        .differs(Difference::NoState),
        Case::new("PUT without the query of `Location`", {
            put("/v2/{repo}/blobs/uploads/{id}?digest={hello}").body("hello")
        })
        .in_session()
        .differs(Difference::NoState),
        Case::new("cancel an upload", delete("{location}")).in_session(),
        Case::new(
            "cancel an upload without the query of `Location`",
            delete(id),
        )
        .in_session()
        .differs(Difference::NoState),
        Case::new("cancel an upload twice", delete("{location}"))
            .in_session()
            .after(delete("{location}")),
        Case::new("status of a cancelled upload", get("{location}"))
            .in_session()
            .after(delete("{location}")),
        Case::new(
            "PATCH of a cancelled upload",
            patch("{location}").body("hello"),
        )
        .in_session()
        .after(delete("{location}")),
        Case::new("status of a finished upload", get(id))
            .in_session()
            .after(put("{location}&digest={hello}").body("hello"))
            .differs(Difference::StateOf28),
        Case::new("status of an upload that never was", {
            get("/v2/{repo}/blobs/uploads/0190c6f0-0000-7000-8000-000000000000")
        })
        .differs(Difference::StateOf28),
        Case::new("PATCH of an upload that never was", {
            patch("/v2/{repo}/blobs/uploads/0190c6f0-0000-7000-8000-000000000000").body("hello")
        })
        .differs(Difference::UnknownUpload),
        Case::new("PUT of an upload that never was", {
            put("/v2/{repo}/blobs/uploads/0190c6f0-0000-7000-8000-000000000000?digest={hello}")
                .body("hello")
        })
        .differs(Difference::UnknownUpload),
        Case::new("cancel an upload that never was", {
            delete("/v2/{repo}/blobs/uploads/0190c6f0-0000-7000-8000-000000000000")
        })
        .differs(Difference::UnknownUpload),
        Case::new(
            "status of an upload called `x`",
            get("/v2/{repo}/blobs/uploads/x"),
        )
        .differs(Difference::StateOf28),
        Case::new(
            "status of an upload called `..`",
            get("/v2/app/blobs/uploads/%2e%2e"),
        ),
        Case::new(
            "status of an upload called `a~b`",
            get("/v2/app/blobs/uploads/a~b"),
        )
        .differs(Difference::UnknownUpload),
        Case::new("an upload asked for in another repository", {
            get("/v2/app/blobs/uploads/{id}")
        })
        .in_session()
        .differs(Difference::StateOf28),
        Case::new("an upload, the `_state` of nobody", {
            patch("/v2/{repo}/blobs/uploads/{id}?_state=bm9ib2R5").body("hello")
        })
        .in_session()
        .differs(Difference::NoState),
        Case::new("an upload, an empty `_state`", {
            patch("/v2/{repo}/blobs/uploads/{id}?_state=").body("hello")
        })
        .in_session()
        .after(patch("{location}").body("hello"))
        .differs(Difference::NoState),
    ]
}
