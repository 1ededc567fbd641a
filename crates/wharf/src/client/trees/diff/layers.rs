//! Layers of two images, side by side.

use serde::Serialize;
use wharf_image::Image;
use wharf_spec::{Descriptor, Digest};

/// A layer of one of them, or of both.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Layer {
    /// The digest of what is in it.
    pub(super) diff_id: Digest,
    /// In the first image.
    pub(super) before: Option<Descriptor>,
    /// In the second one.
    pub(super) after: Option<Descriptor>,
}

// === impl Layer ===

impl Layer {
    /// Whether both have the very same bytes.
    pub(super) fn is_same(&self) -> bool {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => {
                before.digest == after.digest && before.media_type == after.media_type
            }
            _ => false,
        }
    }
}

/// Those at the bottom that both have, then those of the first image alone, then those of the
/// second: a layer does something else above others.
pub(super) fn compare(before: &Image, after: &Image) -> Vec<Layer> {
    let common = common(before, after);
    let both = before.layers.iter().zip(&after.layers).take(common);
    let both = both.map(|((before, diff_id), (after, _))| Layer {
        diff_id: *diff_id,
        before: Some(before.clone()),
        after: Some(after.clone()),
    });
    let gone = before.layers.iter().skip(common);
    let gone = gone.map(|(descriptor, diff_id)| Layer {
        diff_id: *diff_id,
        before: Some(descriptor.clone()),
        after: None,
    });
    let new = after.layers.iter().skip(common);
    let new = new.map(|(descriptor, diff_id)| Layer {
        diff_id: *diff_id,
        before: None,
        after: Some(descriptor.clone()),
    });
    both.chain(gone).chain(new).collect()
}

/// How many layers at the bottom are the same in both.
pub(super) fn common(before: &Image, after: &Image) -> usize {
    let pairs = before.layers.iter().zip(&after.layers);
    pairs
        .take_while(|((_, before), (_, after))| before == after)
        .count()
}
