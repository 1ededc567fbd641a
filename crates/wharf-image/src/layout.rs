//! OCI layouts, in directories and in archives (image-spec: image-layout.md).

mod index;
mod source;
mod target;

use wharf_spec::Digest;

pub(crate) use self::index::{EntryName, Index};
pub(crate) use self::source::{LayoutSource, Wanted};
pub(crate) use self::target::LayoutTarget;

/// The file that lists the images.
pub(crate) const INDEX: &str = "index.json";
/// The file that says that it is a layout.
pub(crate) const MARK: &str = "oci-layout";
/// What stands in it.
pub(crate) const MARK_TEXT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// Where a blob is.
pub(crate) fn blob_name(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.hex())
}
