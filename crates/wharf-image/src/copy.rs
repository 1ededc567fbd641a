//! Copies of images, from any place to any other.
//!
//! What is written is in an order in which every beginning of it is whole: blobs, the
//! manifests that need them, those that need these, and the root with its tag at the end.

mod plan;
mod progress;
mod selection;
mod transfer;

use std::num::NonZeroUsize;
use std::sync::Arc;

use bytes::Bytes;
use wharf_spec::{Descriptor, Digest};

use self::plan::{Part, Plan};
pub use self::progress::{Event, Progress};
pub use self::selection::Platforms;
pub(crate) use self::selection::select;
use crate::ImageError;
use crate::source::{Root, Source};
use crate::target::{PlacedManifest, Role, Target};

/// How an image is copied.
#[derive(Clone, Debug)]
pub struct CopyOptions {
    /// Which images of an index.
    pub platforms: Platforms,
    /// Whether what refers to the image goes with it: signatures, lists of contents.
    pub referrers: bool,
    /// How many blobs are on their way at once.
    pub parallel: NonZeroUsize,
    /// Who is told what happens.
    pub progress: Progress,
}

/// What came of a copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Copied {
    /// The root, as the target has it.
    pub root: Descriptor,
    /// That its digest is another one than the source's, and why, if it is.
    pub rewritten: Option<Rewritten>,
    /// Blobs that were written.
    pub stored: usize,
    /// Blobs that the registry took from another of its repositories.
    pub mounted: usize,
    /// Blobs that were there, or need not be.
    pub skipped: usize,
    /// Bytes of the blobs that were written.
    pub bytes: u64,
}

/// A root that could not stay what it was.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rewritten {
    /// Its digest in the source.
    pub from: Digest,
    /// Why it has another one.
    pub reason: String,
}

// === impl CopyOptions ===

impl Default for CopyOptions {
    fn default() -> Self {
        Self {
            platforms: Platforms::All,
            referrers: false,
            parallel: PARALLEL,
            progress: Progress::default(),
        }
    }
}

/// Copies the one image that a source speaks of, and ends the target.
///
/// # Errors
/// When one of the two cannot do its part. What was written until then stays, and the same
/// copy goes on from there.
pub async fn copy(
    source: &Arc<dyn Source>,
    target: &Arc<dyn Target>,
    options: &CopyOptions,
) -> Result<Copied, ImageError> {
    let root = source.resolve().await?;
    let copied = copy_into(source, &root, target, options).await?;
    target.finish().await?;
    Ok(copied)
}

/// What a copy with these platforms would have as its root: of an index, the manifest of the one
/// image that was asked for.
///
/// # Errors
/// When it cannot be read, or there is no image for a platform.
pub async fn choose(
    source: &Arc<dyn Source>,
    root: &Root,
    platforms: &Platforms,
) -> Result<(Descriptor, Bytes), ImageError> {
    let selected = select(source, &root.descriptor, platforms).await?;
    Ok((selected.descriptor, selected.bytes))
}

/// Copies one image of a source to a target that more may be copied to: only
/// [`Target::finish`] ends it.
///
/// # Errors
/// As [`copy`].
pub async fn copy_into(
    source: &Arc<dyn Source>,
    root: &Root,
    target: &Arc<dyn Target>,
    options: &CopyOptions,
) -> Result<Copied, ImageError> {
    let selected = select(source, &root.descriptor, &options.platforms).await?;
    let plan = Plan::make(source, target, &selected, options).await?;
    let mut copied = Copied {
        root: selected.descriptor.clone(),
        rewritten: selected.rewritten,
        stored: 0,
        mounted: 0,
        skipped: plan.skipped.len(),
        bytes: 0,
    };
    let sizes = plan.blobs.iter().map(|blob| blob.size);
    options.progress.tell(&Event::Planned {
        blobs: plan.blobs.len(),
        bytes: sizes.fold(0, u64::saturating_add),
        manifests: plan.manifests.len(),
    });
    for skipped in plan.skipped {
        options.progress.tell(&Event::Skipped(skipped));
    }
    transfer::blobs(source, target, plan.blobs, options, &mut copied).await?;
    let root_digest = selected.descriptor.digest;
    for (descriptor, bytes, role) in plan.manifests {
        let role = match role {
            Part::Child => Role::Child,
            Part::Referrer => Role::Referrer,
            Part::Attached(tag) => Role::Attached(tag),
            Part::Root => Role::Root(root.names.clone()),
        };
        debug_assert_eq!(
            matches!(role, Role::Root(_)),
            descriptor.digest == root_digest
        );
        let event = Event::Manifest(descriptor.clone());
        let placed = PlacedManifest {
            descriptor,
            bytes,
            role,
        };
        target.put_manifest(placed).await?;
        options.progress.tell(&event);
    }
    Ok(copied)
}

const PARALLEL: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2);
