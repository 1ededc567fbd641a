//! Differences that concern particular requests, and their reasons.

/// One difference, in however many requests it shows. The order is that of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Difference {
    // What can be had.
    OciForEveryone,
    ListForEveryone,
    Referrers,
    Sha512,
    Schema1,
    Conditions,
    Ranges,
    UnknownNameAfterLast,
    LastPage,
    // What can be pushed.
    OnePost,
    MountFromAnywhere,
    NoState,
    NothingLeft,
    ChunkType,
    ChunkPlace,
    ChunkLength,
    NoContentType,
    Urls,
    BlobsInIndexes,
    TooLarge,
    Unusable,
    // What cannot be meant.
    MalformedName,
    LongName,
    DomainInName,
    MalformedTag,
    MalformedDigest,
    UploadMethods,
    NoSlash,
    UnknownUpload,
    Scheme,
    Escapes,
    // Where 2.8 is alone.
    IndexOf28,
    Schema1Of28,
    BadPageOf28,
    TagDeletionOf28,
    ErrorsOf28,
    StateOf28,
    ContentRangeOf28,
}

// === impl Difference ===

impl Difference {
    /// What it is, as a heading.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::OciForEveryone => "OCI images are given to clients that name no type",
            Self::ListForEveryone => "Docker lists are given to clients that name no type",
            Self::Referrers => "There are referrers",
            Self::Sha512 => "sha512 is a digest like any other",
            Self::Schema1 => "Images of schema 1 are not served",
            Self::Conditions => "More conditions are understood",
            Self::Ranges => "Ranges as RFC 9110 has them",
            Self::UnknownNameAfterLast => "Tags of an unknown repository, `last=` or not",
            Self::LastPage => "The last page of tags is the last",
            Self::OnePost => "A blob can be pushed by one POST",
            Self::MountFromAnywhere => "A blob can be mounted without saying from where",
            Self::NoState => "Uploads go on without `_state`",
            Self::NothingLeft => "A push with the wrong digest leaves nothing",
            Self::ChunkType => "Chunks may have any `Content-Type`",
            Self::ChunkPlace => "A `Content-Range` that cannot be read is the client's mistake",
            Self::ChunkLength => "`Content-Range` is checked in chunked coding too",
            Self::NoContentType => "A manifest may say itself what it is",
            Self::Urls => "Layers may be elsewhere",
            Self::BlobsInIndexes => "An index may refer to blobs",
            Self::TooLarge => "A manifest that is too large is answered by 413",
            Self::Unusable => "Manifests that cannot be used are refused, with the reason",
            Self::MalformedName => "A malformed name is answered by 400",
            Self::LongName => "A name has 255 characters at most",
            Self::DomainInName => "A name has no port and no upper case",
            Self::MalformedTag => "A malformed tag is answered by 400",
            Self::MalformedDigest => "A malformed digest is answered by 400",
            Self::UploadMethods => "Every path has its own methods",
            Self::NoSlash => "`…/blobs/uploads` works without the slash",
            Self::UnknownUpload => "An unknown upload is unknown, not invalid",
            Self::Scheme => "A forwarded scheme has to be one",
            Self::Escapes => "Odd request targets",
            Self::IndexOf28 => {
                "OCI indexes are given to every client, and `Accept` may be in capitals"
            }
            Self::Schema1Of28 => "Docker images are not converted to schema 1",
            Self::BadPageOf28 => "A page size that is none is refused",
            Self::TagDeletionOf28 => "Tags can be deleted",
            Self::ErrorsOf28 => "Errors of clients are not errors of the server",
            Self::StateOf28 => "The status of an upload needs no `_state`, and tells what is wrong",
            Self::ContentRangeOf28 => "`Content-Range` is looked at",
        }
    }

    /// Why it is so, for users.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::OciForEveryone => {
                "distribution says 404 unless `Accept` names the OCI type literally; `*/*` and no \
                 `Accept` at all mean that anything will do. Clients that name other manifest \
                 types only still get 404."
            }
            Self::ListForEveryone => {
                "v3 refuses, since it cannot make a schema 1 image of the list any more; 2.8 \
                 makes one. A client that names nothing gets what is stored."
            }
            Self::Referrers => {
                "OCI distribution-spec, “Listing Referrers”. Also for manifests that distribution \
                 stored, and those listed under a tag."
            }
            Self::Sha512 => {
                "distribution checks it, then stores and answers with sha256, and refuses \
                 manifests. `wharf` stores what is pushed by its sha512 under that digest, and \
                 still serves what distribution stored under both."
            }
            Self::Schema1 => {
                "distribution v3 has dropped them and answers 500. Here they are as if absent, \
                 with a line in the log that names them; their files stay, and 2.8 still serves \
                 them. They can be deleted."
            }
            Self::Conditions => {
                "`If-None-Match` with lists, weak tags and `*`, as RFC 9110 has it; without \
                 quotation marks for blobs too, since distribution takes that for manifests. \
                 `If-Match` and `If-None-Match` keep a push from replacing what another client \
                 has pushed meanwhile; distribution ignores them."
            }
            Self::Ranges => {
                "A range is of the answer to a GET; the unit is case-insensitive, an unknown one \
                 is ignored; the last 0 bytes are no range. Parts of several ranges begin with \
                 an empty line, which the grammar allows."
            }
            Self::UnknownNameAfterLast => {
                "v3 answers with an empty list when there is a `last`; the repository is unknown \
                 all the same."
            }
            Self::LastPage => {
                "v3 links to one more page, which is empty, when the number of tags is a multiple \
                 of `n`."
            }
            Self::OnePost => {
                "OCI distribution-spec, “Single POST”. distribution ignores the digest and begins \
                 an upload, which clients of both kinds understand; so does `wharf` when there \
                 is a digest but no body."
            }
            Self::MountFromAnywhere => {
                "OCI distribution-spec, “Mounting a blob from another repository”: a client that \
                 names the digest of what it has need not send it."
            }
            Self::NoState => {
                "The id in the path is all it takes: a client that has lost `Location` can go on, \
                 ask and cancel by the id."
            }
            Self::NothingLeft => {
                "Its bytes are of no use to anybody. distribution keeps them until they are \
                 purged, a week later."
            }
            Self::ChunkType => {
                "`curl --data-binary` and other plain clients send a type of their own; \
                 distribution answers 500. What is pushed are bytes."
            }
            Self::ChunkPlace => {
                "v3 answers 500, 2.8 looks at none of it. Read are `<first>-<last>`, which the \
                 OCI specification wants, and the forms of HTTP with `bytes` and a total."
            }
            Self::ChunkLength => {
                "A chunk that is shorter than it says is a broken one; v3 looks only when there \
                 is a `Content-Length`."
            }
            Self::NoContentType => "`mediaType` inside, or the shape of the manifest, tells it.",
            Self::Urls => {
                "distribution refuses every URL unless `validation.manifests.urls` allows it, by \
                 500, and wants layers of other types to be there. The OCI specification wants \
                 manifests with non-distributable layers to be taken."
            }
            Self::BlobsInIndexes => {
                "The OCI specification allows it; v3 wants every child to be a manifest."
            }
            Self::TooLarge => "So the OCI specification wants it. The limit, 4 MiB, is the same.",
            Self::Unusable => {
                "distribution answers 500 to some of them, and stores others that no client can \
                 read."
            }
            Self::MalformedName => {
                "The client learns what is wrong with the name (OCI distribution-spec: \
                 `NAME_INVALID`). distribution's router knows no such path."
            }
            Self::LongName => {
                "As 2.8 and the clients have it, without its 500. v3 does not count the first \
                 part of the name."
            }
            Self::DomainInName => {
                "The OCI specification has neither in names. distribution takes a first part \
                 with capitals, which no client can name, and fails with 500 at a port."
            }
            Self::MalformedTag => {
                "The client learns what is wrong with the tag. distribution's router knows no \
                 such path."
            }
            Self::MalformedDigest => {
                "The client learns what is wrong with the digest; sha384 is no digest of \
                 registries. 2.8 answers 500 where it looks for a manifest, both answer 404 where \
                 their routers know no such path."
            }
            Self::UploadMethods => {
                "distribution takes nothing at all for the id of an upload that it does not know, and \
                 looks at the method of an upload after the upload; at `/v2/` it takes OPTIONS for \
                 GET."
            }
            Self::NoSlash => {
                "A redirect would turn the POST into a GET in many clients; distribution sends \
                 one."
            }
            Self::UnknownUpload => {
                "The OCI specification's code for it is `BLOB_UPLOAD_UNKNOWN`; distribution \
                 complains of the missing `_state` first. The status, 404, is the same."
            }
            Self::Scheme => {
                "distribution puts any text before `://`. `http` and `https` are taken, in any \
                 case, and the first one of several."
            }
            Self::Escapes => {
                "A fragment never belongs in a request and is dropped; a path with a broken \
                 escape is found nowhere."
            }
            Self::IndexOf28 => {
                "As v3: a client that asks for a tag can tell an index when it gets one."
            }
            Self::Schema1Of28 => {
                "As v3: 2.8 makes, and signs, an image of schema 1 for clients that do not name \
                 schema 2. Clients that need it are those before Docker 1.10."
            }
            Self::BadPageOf28 => "As v3: 2.8 ignores it.",
            Self::TagDeletionOf28 => "As v3: 2.8 deletes by digest only.",
            Self::ErrorsOf28 => "As v3: the server is all right.",
            Self::StateOf28 => "As v3: the id tells which upload is meant.",
            Self::ContentRangeOf28 => {
                "As v3: 2.8 appends whatever comes, and says in the end that the digest is wrong."
            }
        }
    }
}
