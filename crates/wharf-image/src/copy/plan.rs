//! All that a copy consists of, found out before anything is written.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wharf_spec::{Descriptor, Digest, Tag};

use super::CopyOptions;
use super::selection::{Selected, is_manifest};
use crate::source::Source;
use crate::target::Target;
use crate::{ImageError, manifests};

/// It. Manifests are in the order in which they are written.
pub(super) struct Plan {
    pub(super) manifests: Vec<(Descriptor, Bytes, Part)>,
    pub(super) blobs: Vec<Descriptor>,
    /// What is there already with a manifest that is, and what nobody has to have.
    pub(super) skipped: Vec<Descriptor>,
}

/// What a manifest is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Part {
    Root,
    Child,
    Referrer,
    Attached(Tag),
}

/// Finds it out.
struct Planner<'a> {
    source: &'a Arc<dyn Source>,
    target: &'a Arc<dyn Target>,
    options: &'a CopyOptions,
    chosen: &'a Selected,
    plan: Plan,
    seen: HashSet<Digest>,
    bytes: usize,
}

// === impl Plan ===

impl Plan {
    pub(super) async fn make(
        source: &Arc<dyn Source>,
        target: &Arc<dyn Target>,
        chosen: &Selected,
        options: &CopyOptions,
    ) -> Result<Self, ImageError> {
        let mut planner = Planner {
            source,
            target,
            options,
            chosen,
            plan: Self {
                manifests: Vec::new(),
                blobs: Vec::new(),
                skipped: Vec::new(),
            },
            seen: HashSet::new(),
            bytes: 0,
        };
        let root = (chosen.descriptor.clone(), chosen.bytes.clone());
        planner.visit(root, Part::Root, 0).await?;
        Ok(planner.plan)
    }
}

// === impl Planner ===

impl Planner<'_> {
    /// Plans a manifest after all that it needs.
    fn visit(
        &mut self,
        (descriptor, bytes): (Descriptor, Bytes),
        part: Part,
        depth: usize,
    ) -> Pin<Box<dyn Future<Output = Result<(), ImageError>> + Send + '_>> {
        Box::pin(async move {
            if !self.seen.insert(descriptor.digest) {
                return Ok(());
            }
            self.bytes += bytes.len();
            if depth > MOST_DEPTH || self.seen.len() > MOST_MANIFESTS || self.bytes > MOST_BYTES {
                let problem = "it has too many manifests, or they refer to each other too deeply";
                return Err(ImageError::damaged(self.source.place(), problem));
            }
            let manifest = manifests::parse(bytes.clone(), &descriptor)?;
            let is_index = manifest.media_type().is_index();
            // An index may have been copied without its children; an image is whole.
            let is_there = !is_index && self.target.has_manifest(&descriptor.digest).await?;
            let blobs = manifest.config().into_iter().chain(manifest.layers());
            self.blobs(blobs.cloned().collect(), is_there);
            let limit = self.chosen.children.as_ref().filter(|_| part == Part::Root);
            let is_chosen = |child: &&Descriptor| limit.is_none_or(|it| it.contains(&child.digest));
            let children = manifest.children().iter().filter(is_chosen).cloned();
            let (children, blobs): (Vec<_>, Vec<_>) = children.partition(is_manifest);
            self.blobs(blobs, false);
            let children = children.into_iter().map(|it| (it, Part::Child));
            self.visit_all(children.collect(), depth).await?;
            if self.options.referrers {
                let about = self.about(&descriptor.digest).await?;
                self.visit_all(about, depth).await?;
            }
            if !is_there || part != Part::Child {
                self.plan.manifests.push((descriptor, bytes, part));
            }
            Ok(())
        })
    }

    /// What refers to a manifest, one way or the other.
    async fn about(&self, subject: &Digest) -> Result<Vec<(Descriptor, Part)>, ImageError> {
        let referrers = self.source.referrers(subject).await?.into_iter();
        let attached = self.source.attached(subject).await?.into_iter();
        let referrers = referrers.map(|it| (it, Part::Referrer));
        let attached = attached.map(|it| (it.descriptor, Part::Attached(it.tag)));
        Ok(referrers.chain(attached).collect())
    }

    async fn visit_all(
        &mut self,
        parts: Vec<(Descriptor, Part)>,
        depth: usize,
    ) -> Result<(), ImageError> {
        let unseen = parts
            .into_iter()
            .filter(|(it, _)| !self.seen.contains(&it.digest));
        let unseen: Vec<_> = unseen.collect();
        let source = Arc::clone(self.source);
        let fetch = |(descriptor, part): (Descriptor, Part)| {
            let source = Arc::clone(&source);
            async move {
                let bytes = source.manifest(&descriptor).await?;
                Ok::<_, ImageError>(((descriptor, bytes), part))
            }
        };
        // Several are asked for at once, and taken in their order.
        let mut fetched = stream::iter(unseen)
            .map(fetch)
            .buffered(self.options.parallel.get());
        while let Some((manifest, part)) = fetched.try_next().await? {
            self.visit(manifest, part, depth + 1).await?;
        }
        Ok(())
    }

    fn blobs(&mut self, blobs: Vec<Descriptor>, is_there: bool) {
        for blob in blobs {
            if !self.seen.insert(blob.digest) {
                continue;
            }
            // Whoever needs such a layer gets it from elsewhere (image-spec: layer.md,
            // "Non-Distributable Layers").
            if is_there || blob.is_nondistributable() {
                self.plan.skipped.push(blob);
            } else {
                self.plan.blobs.push(blob);
            }
        }
    }
}

/// Indexes and referrers, one within or about another.
const MOST_DEPTH: usize = 16;
/// Manifests and blobs of a copy.
const MOST_MANIFESTS: usize = 100_000;
/// Bytes of all its manifests.
const MOST_BYTES: usize = 64 << 20;
