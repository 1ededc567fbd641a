//! The error codes of the protocol.

use serde::{Serialize, Serializer};

/// The codes of the distribution-spec ("Error Codes") and those that distribution adds.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ErrorCode {
    /// Something failed that no other code describes.
    Unknown,
    /// The operation is switched off or does not exist.
    Unsupported,
    /// Credentials are needed.
    Unauthorized,
    /// These credentials do not suffice.
    Denied,
    /// The registry, or what it needs, is out of order for now.
    Unavailable,
    /// The client asks too much.
    TooManyRequests,
    /// A digest is malformed, or is not that of the content.
    DigestInvalid,
    /// The body is not as long as announced.
    SizeInvalid,
    /// The chunk does not continue the upload.
    RangeInvalid,
    /// The repository's name is not valid.
    NameInvalid,
    /// There is no such repository.
    NameUnknown,
    /// The tag is not valid.
    TagInvalid,
    /// There is no such manifest in the repository.
    ManifestUnknown,
    /// The manifest cannot be taken.
    ManifestInvalid,
    /// The manifest's signature is wrong (schema 1 only).
    ManifestUnverified,
    /// The manifest refers to what is not in the repository.
    ManifestBlobUnknown,
    /// There is no such blob in the repository.
    BlobUnknown,
    /// There is no such upload.
    BlobUploadUnknown,
    /// The upload cannot go on.
    BlobUploadInvalid,
    /// `n` is no number, or too large.
    PaginationNumberInvalid,
}

// === impl ErrorCode ===

impl ErrorCode {
    /// The identifier that clients compare.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.facts().0
    }

    /// The HTTP status that an answer with this code has, unless the specification wants
    /// another one for the request at hand.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.facts().1
    }

    /// What to tell people, unless there is something better to say.
    #[must_use]
    pub const fn message(self) -> &'static str {
        self.facts().2
    }

    // distribution: api/errcode/register.go
    const fn facts(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::Unknown => ("UNKNOWN", 500, "unknown error"),
            Self::Unsupported => ("UNSUPPORTED", 405, "The operation is unsupported."),
            Self::Unauthorized => ("UNAUTHORIZED", 401, "authentication required"),
            Self::Denied => ("DENIED", 403, "requested access to the resource is denied"),
            Self::Unavailable => ("UNAVAILABLE", 503, "service unavailable"),
            Self::TooManyRequests => ("TOOMANYREQUESTS", 429, "too many requests"),
            Self::DigestInvalid => (
                "DIGEST_INVALID",
                400,
                "provided digest did not match uploaded content",
            ),
            Self::SizeInvalid => (
                "SIZE_INVALID",
                400,
                "provided length did not match content length",
            ),
            Self::RangeInvalid => ("RANGE_INVALID", 416, "invalid content range"),
            Self::NameInvalid => ("NAME_INVALID", 400, "invalid repository name"),
            Self::NameUnknown => ("NAME_UNKNOWN", 404, "repository name not known to registry"),
            Self::TagInvalid => ("TAG_INVALID", 400, "manifest tag did not match URI"),
            Self::ManifestUnknown => ("MANIFEST_UNKNOWN", 404, "manifest unknown"),
            Self::ManifestInvalid => ("MANIFEST_INVALID", 400, "manifest invalid"),
            Self::ManifestUnverified => (
                "MANIFEST_UNVERIFIED",
                400,
                "manifest failed signature verification",
            ),
            Self::ManifestBlobUnknown => ("MANIFEST_BLOB_UNKNOWN", 400, "blob unknown to registry"),
            Self::BlobUnknown => ("BLOB_UNKNOWN", 404, "blob unknown to registry"),
            Self::BlobUploadUnknown => (
                "BLOB_UPLOAD_UNKNOWN",
                404,
                "blob upload unknown to registry",
            ),
            Self::BlobUploadInvalid => ("BLOB_UPLOAD_INVALID", 404, "blob upload invalid"),
            Self::PaginationNumberInvalid => (
                "PAGINATION_NUMBER_INVALID",
                400,
                "invalid number of results requested",
            ),
        }
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
