//! The label of an endpoint.

use wharf_spec::Route;

/// An endpoint under distribution's name for it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Handler {
    Base,
    Catalog,
    Tags,
    Manifest,
    Blob,
    BlobUpload,
    BlobUploadChunk,
    /// distribution has none.
    Referrers,
    /// What only this registry has.
    Extension,
}

// === impl Handler ===

impl Handler {
    pub(super) const ALL: [Self; 9] = [
        Self::Base,
        Self::Catalog,
        Self::Tags,
        Self::Manifest,
        Self::Blob,
        Self::BlobUpload,
        Self::BlobUploadChunk,
        Self::Referrers,
        Self::Extension,
    ];

    pub(super) const fn of(route: &Route) -> Option<Self> {
        Some(match route {
            Route::Root => return None,
            Route::Base => Self::Base,
            Route::Catalog => Self::Catalog,
            Route::Tags { .. } => Self::Tags,
            Route::Manifest { .. } => Self::Manifest,
            Route::Blob { .. } => Self::Blob,
            Route::Uploads { .. } => Self::BlobUpload,
            Route::Upload { .. } => Self::BlobUploadChunk,
            Route::Referrers { .. } => Self::Referrers,
            Route::Extension(_) => Self::Extension,
        })
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Catalog => "catalog",
            Self::Tags => "tags",
            Self::Manifest => "manifest",
            Self::Blob => "blob",
            Self::BlobUpload => "blob_upload",
            Self::BlobUploadChunk => "blob_upload_chunk",
            Self::Referrers => "referrers",
            Self::Extension => "extension",
        }
    }
}
