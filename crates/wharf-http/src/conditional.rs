//! Conditions on what the client has already (RFC 9110, section 13).

use http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderName, StatusCode};
use wharf_spec::{Digest, RangeAnswer};

use crate::error::Failure;
use crate::head::Head;

/// The strong validator of content: its digest.
pub(crate) fn etag(digest: Digest) -> String {
    // As long as it becomes: it is in every answer.
    ["\"", &digest.to_string(), "\""].concat()
}

/// True when the client has this content: 304 is the answer. As distribution does, tags
/// are also taken without their quotation marks.
pub(crate) fn is_known(head: &Head, digest: Digest) -> bool {
    let mut tags = head
        .all(&IF_NONE_MATCH)
        .flat_map(|value| value.split(','))
        .peekable();
    // Most requests say nothing.
    tags.peek().is_some() && {
        let digest = digest.to_string();
        tags.any(|tag| tag.trim() == "*" || bare(tag) == digest)
    }
}

/// Refuses a client that wants this content only if it is other content (`If-Match`).
pub(crate) fn must_match(head: &Head, digest: Digest) -> Result<(), Failure> {
    if holds(head, &IF_MATCH, Some(digest)).unwrap_or(true) {
        Ok(())
    } else {
        Err(refused())
    }
}

/// True when a change is to be made only to a certain state.
pub(crate) fn is_conditional(head: &Head) -> bool {
    head.text(&IF_MATCH).is_some() || head.text(&IF_NONE_MATCH).is_some()
}

/// Refuses a change of something whose present state is not the one that the client
/// expects. What changes it between this and the change itself is not seen.
pub(crate) fn may_change(head: &Head, present: Option<Digest>) -> Result<(), Failure> {
    let as_expected = holds(head, &IF_MATCH, present).unwrap_or(true);
    let unwanted = holds(head, &IF_NONE_MATCH, present).unwrap_or(false);
    if as_expected && !unwanted {
        Ok(())
    } else {
        Err(refused())
    }
}

/// Whether one of the header's tags stands for the present content; `None` without a header.
fn holds(head: &Head, name: &HeaderName, present: Option<Digest>) -> Option<bool> {
    let mut tags = head.all(name).flat_map(|value| value.split(',')).peekable();
    tags.peek()?;
    let present = present.map(etag);
    Some(present.is_some_and(|etag| tags.any(|tag| tag.trim() == "*" || tag.trim() == etag)))
}

fn refused() -> Failure {
    Failure::bad_request(
        StatusCode::PRECONDITION_FAILED,
        "the content is not what If-Match or If-None-Match says",
    )
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
