//! The vocabulary of a container registry: digests, names, manifests, routes, ranges and
//! error codes, parsed at the door and printed for the wire. No I/O, no HTTP type: a value
//! of a type in this crate is valid, whoever made it.

mod accept;
mod algorithm;
mod base_url;
mod byte_range;
mod content_range;
mod descriptor;
mod digest;
mod error_body;
mod error_code;
mod json;
mod manifest;
mod manifest_type;
pub mod media_type;
mod method;
mod name;
mod origin;
mod page;
mod platform;
mod query;
mod reference;
mod route;
mod tag;
mod text;
mod upload_id;

pub use accept::Accept;
pub use algorithm::Algorithm;
pub use base_url::{BaseUrl, BaseUrlError};
pub use byte_range::RangeAnswer;
pub use content_range::{ContentRange, ContentRangeError};
pub use descriptor::Descriptor;
pub use digest::{Digest, DigestError};
pub use error_body::{ErrorBody, ErrorEntry};
pub use error_code::ErrorCode;
pub use manifest::{Manifest, ManifestError};
pub use manifest_type::ManifestType;
pub use method::Method;
pub use name::{NameError, RepositoryName};
pub use origin::Origin;
pub use page::{Page, PageError};
pub use platform::Platform;
pub use query::Query;
pub use reference::{Reference, ReferenceError};
pub use route::{Extension, Prefix, PrefixError, Route, RouteError};
pub use tag::{Tag, TagError};
pub use upload_id::{UploadId, UploadIdError};
