//! Differences that show in many answers in one and the same way: they are recognised by that
//! way, and not told with every request.

use super::answer::{Answer, AnswerBody};
use super::comparison::Aspect;
use wharf_e2e::server::Kind;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Everywhere {
    Words,
    UploadState,
    MethodNotAllowed,
    RangeRefused,
    WhereUploadStands,
    NotModified,
    Subject,
    Tags,
    CacheForever,
    Vary,
    RedirectBody,
    NoSniff,
    Charset,
    TagsOf28,
    CatalogOf28,
}

/// What one of the Go registries and `wharf` answer, and in what that differs.
pub(super) struct Seen<'a> {
    pub(super) kind: Kind,
    pub(super) aspect: &'a Aspect,
    pub(super) theirs: &'a Answer,
    pub(super) ours: &'a Answer,
}

// === impl Everywhere ===

impl Everywhere {
    pub(super) const ALL: &[Self] = &[
        Self::Words,
        Self::UploadState,
        Self::MethodNotAllowed,
        Self::RangeRefused,
        Self::WhereUploadStands,
        Self::NotModified,
        Self::Subject,
        Self::Tags,
        Self::CacheForever,
        Self::Vary,
        Self::RedirectBody,
        Self::NoSniff,
        Self::Charset,
        Self::TagsOf28,
        Self::CatalogOf28,
    ];

    /// Whether this is what is seen.
    pub(super) fn explains(self, seen: &Seen<'_>) -> bool {
        let Seen {
            kind,
            aspect,
            theirs,
            ours,
        } = *seen;
        let header = match aspect {
            Aspect::Header(name) => name.as_str(),
            Aspect::Status | Aspect::Code | Aspect::Message | Aspect::Detail | Aspect::Body => "",
        };
        let value = |answer: &'_ Answer| answer.headers.get(header).cloned();
        let only_ours = value(theirs).is_none() && value(ours).is_some();
        let length = header == "content-length";
        let text = is_text(theirs);
        let list = *aspect == Aspect::Body || header == "link";
        match self {
            Self::Words => {
                let of_head = length && ours.status >= 400 && !text;
                matches!(aspect, Aspect::Message | Aspect::Detail) || of_head
            }
            Self::UploadState => {
                let without = value(theirs).map(|value| value.replace("?_state=<state>", ""));
                header == "location" && without != value(theirs) && without == value(ours)
            }
            Self::MethodNotAllowed => {
                let body = *aspect == Aspect::Body || length;
                ours.status == 405 && (body || (header == "content-type" && text))
                    || (ours.status == 405 && header == "allow" && only_ours)
            }
            Self::RangeRefused => {
                let ours_is_json = ours.codes() == ["RANGE_INVALID"];
                ours.status == 416 && ours_is_json && text && header != "x-content-type-options"
            }
            Self::WhereUploadStands => {
                let standing = matches!(header, "location" | "range" | "docker-upload-uuid");
                ours.status == 416 && standing && only_ours
            }
            Self::NotModified => ours.status == 304 && header != "vary" && only_ours,
            Self::Subject => header == "oci-subject" && only_ours,
            Self::Tags => header == "oci-tag" && only_ours,
            Self::CacheForever => {
                let theirs = value(theirs).map(|value| format!("{value}, immutable"));
                header == "cache-control" && theirs == value(ours)
            }
            Self::Vary => header == "vary" && only_ours,
            Self::RedirectBody => {
                let body = *aspect == Aspect::Body || header == "content-type";
                ours.status == 301 && body
            }
            Self::NoSniff => header == "x-content-type-options" && value(ours).is_none() && text,
            Self::Charset => {
                let ours = value(ours).map(|value| format!("{value}; charset=utf-8"));
                kind == Kind::Debian && header == "content-type" && value(theirs) == ours
            }
            Self::TagsOf28 => kind == Kind::Debian && list && lists(ours, "tags"),
            Self::CatalogOf28 => kind == Kind::Debian && list && lists(ours, "repositories"),
        }
    }

    /// What it is, as a heading.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Words => "Errors are told in other words",
            Self::UploadState => "`Location` of an upload has no `_state`",
            Self::MethodNotAllowed => "405 is told in JSON, with `Allow`",
            Self::RangeRefused => "416 for a part of a blob is told in JSON, with `Content-Range`",
            Self::WhereUploadStands => "416 for a chunk tells where the upload stands",
            Self::NotModified => "304 tells of what",
            Self::Subject => "`OCI-Subject` in the answer to a push",
            Self::Tags => "`OCI-Tag` in the answer to a push",
            Self::CacheForever => "`Cache-Control` of blobs says `immutable` too",
            Self::Vary => "`Vary: Accept` for manifests",
            Self::RedirectBody => "Redirects have no body",
            Self::NoSniff => "No `X-Content-Type-Options` with refusals in plain text",
            Self::Charset => "2.8 says `charset=utf-8` of JSON",
            Self::TagsOf28 => "2.8 has no pages of tags, in no order",
            Self::CatalogOf28 => "2.8 lists repositories that have blobs only",
        }
    }

    /// Why it is so, for users.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::Words => {
                "Status and code, which clients go by, are the same. The message says what is \
                 wrong with this very request and what to do; `detail`, which distribution fills \
                 with what its libraries say, has what the request was about."
            }
            Self::UploadState => {
                "Everything about an upload is on the disk, under its id. So an upload goes on \
                 after a restart, on another replica, and with `wharf` where distribution began \
                 it; a `_state` that comes along is ignored. Clients take `Location` as it is. \
                 Scripts that put `&digest=` behind it work too."
            }
            Self::MethodNotAllowed => {
                "One form for all refusals, and `Allow` as HTTP wants it, also where deletion is \
                 switched off."
            }
            Self::RangeRefused => {
                "One form for all refusals. With a `Range` that cannot be read, distribution \
                 leaves out `Content-Range`; 2.8 promises as many bytes as the blob has, and \
                 breaks off after its few words."
            }
            Self::WhereUploadStands => {
                "So the client can go on from there without asking (OCI distribution-spec, \
                 “Pushing a blob in chunks”)."
            }
            Self::NotModified => "HTTP wants the `ETag` repeated (RFC 9110, section 15.4.5).",
            Self::Subject => {
                "It tells the client that referrers are served, so that it need not keep a list \
                 of them under a tag (OCI distribution-spec, “Pushing Manifests with Subject”)."
            }
            Self::Tags => {
                "One push can set several tags (OCI distribution-spec, “Pushing Manifests”)."
            }
            Self::CacheForever => {
                "What has a digest never changes: caches need not ask again even when a user \
                 reloads."
            }
            Self::Vary => {
                "The same tag brings one client a list and another one an image: a cache in \
                 between has to know."
            }
            Self::RedirectBody => "Nobody reads the link in it: clients follow `Location`.",
            Self::NoSniff => {
                "Go's library adds it on its own, and to these answers only; there is nothing in \
                 them that a browser could take for anything else."
            }
            Self::Charset => "JSON has no such parameter (RFC 8259); v3 dropped it too.",
            Self::TagsOf28 => "As v3, and as the OCI specification wants it.",
            Self::CatalogOf28 => {
                "As v3: nothing can be pulled from a repository without manifests."
            }
        }
    }
}

fn is_text(answer: &Answer) -> bool {
    answer
        .headers
        .get("content-type")
        .is_some_and(|value| value.starts_with("text/plain"))
}

fn lists(answer: &Answer, what: &str) -> bool {
    match &answer.body {
        AnswerBody::Json(value) => value.get(what).is_some(),
        AnswerBody::Errors(_) | AnswerBody::Text(_) | AnswerBody::Bytes(..) => false,
    }
}
