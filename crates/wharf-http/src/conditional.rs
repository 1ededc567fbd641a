//! Conditions on what the client has already (RFC 9110, section 13).

use http::header::{IF_NONE_MATCH, IF_RANGE, RANGE};
use wharf_spec::{Digest, RangeAnswer};

use crate::request::Head;

/// The strong validator of content: its digest.
pub(crate) fn etag(digest: Digest) -> String {
    format!("\"{digest}\"")
}

/// True when the client has this content: 304 is the answer. As distribution does, tags
/// are also taken without their quotation marks.
pub(crate) fn is_known(head: &Head, digest: Digest) -> bool {
    let digest = digest.to_string();
    head.headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || bare(tag) == digest)
}

/// The ranges that the client wants of content with `size` bytes. A client that has a
/// part of other content gets the whole.
pub(crate) fn ranges(head: &Head, digest: Digest, size: u64) -> RangeAnswer {
    let same = head
        .text(&IF_RANGE)
        .is_none_or(|tag| tag.trim() == etag(digest));
    if same {
        RangeAnswer::resolve(head.text(&RANGE), size)
    } else {
        RangeAnswer::Whole
    }
}

fn bare(tag: &str) -> &str {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"')
}
