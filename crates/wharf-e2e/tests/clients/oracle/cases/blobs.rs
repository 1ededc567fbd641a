//! Blobs, and parts of them.

use super::super::case::{Case, get, head};
use super::super::difference::Difference;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new("a blob", get("/v2/app/blobs/{layer}")),
        Case::new("`HEAD` of a blob", head("/v2/app/blobs/{layer}")),
        Case::new("a config", get("/v2/app/blobs/{config}")),
        Case::new("the empty blob", get("/v2/app/blobs/{empty}")),
        Case::new("`HEAD` of the empty blob", head("/v2/app/blobs/{empty}")),
        Case::new("an unknown blob", get("/v2/app/blobs/{unknown}")),
        Case::new("`HEAD` of an unknown blob", head("/v2/app/blobs/{unknown}")),
        Case::new(
            "a blob that another repository has",
            get("/v2/a/blobs/{hello}"),
        ),
        Case::new(
            "a blob of an unknown repository",
            get("/v2/unknown/blobs/{hello}"),
        ),
        Case::new("a manifest asked for as a blob", get("/v2/app/blobs/{oci}")),
        Case::new(
            "a blob, `Accept: text/html`",
            get("/v2/app/blobs/{layer}").accept("text/html"),
        ),
        Case::new(
            "a blob, `Accept-Encoding: gzip`",
            get("/v2/app/blobs/{layer}").header("Accept-Encoding", "gzip"),
        ),
        Case::new(
            "a blob, `?ns=docker.io`",
            get("/v2/app/blobs/{layer}?ns=docker.io"),
        ),
        Case::new(
            "`HEAD` of a blob, `Range: bytes=0-9`",
            head("/v2/app/blobs/{layer}").header("Range", "bytes=0-9"),
        )
        .differs(Difference::Ranges),
    ];
    for range in [
        "bytes=0-9",
        "bytes=10-",
        "bytes=-10",
        "bytes=0-0",
        "bytes=4999-4999",
        "bytes=0-99999",
        "bytes=-99999",
        "bytes=5000-",
        "bytes=9000-9999",
        "bytes=-0",
        "bytes=9-0",
        "bytes=0-4999",
        "bytes=0-1,10-11",
        "bytes=0-1,9000-9999",
        "bytes=0-3000,10-4000",
        "bytes=",
        "bytes=a-b",
        "bytes",
        "octets=0-9",
        "Bytes=0-9",
        "bytes = 0-9",
        "bytes=0 - 9",
        "0-9",
    ] {
        let request = get("/v2/app/blobs/{layer}").header("Range", range);
        let case = Case::new(format!("a blob of 5000 bytes, `Range: {range}`"), request);
        cases.push(match range {
            "bytes=-0" | "bytes=0-1,10-11" | "octets=0-9" | "Bytes=0-9" => {
                case.differs(Difference::Ranges)
            }
            _ => case,
        });
    }
    let empty = get("/v2/app/blobs/{empty}").header("Range", "bytes=0-0");
    cases.push(Case::new("the empty blob, `Range: bytes=0-0`", empty).differs(Difference::Ranges));
    cases
}
