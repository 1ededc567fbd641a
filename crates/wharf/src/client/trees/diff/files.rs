//! Files of two images, compared without unpacking them.

use std::sync::Arc;

use anyhow::Result;
use serde::Serialize;
use wharf_image::Image;
use wharf_layers::{Change, Difference, Limits, Node, NodeKind, Tree};
use wharf_spec::{Descriptor, Digest};

use super::Opened;
use super::described::{Described, text};
use super::layers::common;
use crate::client::trees::layers::{Layers, with_layers};

/// A path at which they differ.
#[derive(Debug, Serialize)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) change: &'static str,
    /// What of it differs, where both have it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) what: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Described>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<Described>,
}

/// Reads the layers at the bottom that both have once, and the others of both side by side.
pub(super) async fn compare(
    before: &Opened,
    after: &Opened,
    ignores_times: bool,
) -> Result<Vec<File>> {
    let common = common(&before.image, &after.image);
    let rest = |image: &Image| image.layers.get(common..).unwrap_or_default().to_vec();
    let (first, second) = (rest(&before.image), rest(&after.image));
    // What is in them says all of it.
    if first.is_empty() && second.is_empty() {
        return Ok(Vec::new());
    }
    let shared = before.image.layers.iter().take(common).cloned().collect();
    let shared = grow(Tree::new(Limits::default()), before, shared).await?;
    let (before, after) = tokio::try_join!(
        grow(shared.clone(), before, first),
        grow(shared, after, second)
    )?;
    let found = tokio::task::spawn_blocking(move || {
        let differences = before.compare(&after);
        let files = differences.into_iter();
        files.filter_map(|it| File::of(it, ignores_times)).collect()
    });
    Ok(found.await?)
}

async fn grow(tree: Tree, of: &Opened, layers: Vec<(Descriptor, Digest)>) -> Result<Tree> {
    let work = move |mut layers: Layers| {
        let mut tree = tree;
        while let Some(layer) = layers.next()? {
            tree = tree.apply(layer)?;
        }
        Ok(tree)
    };
    with_layers(&of.source, layers, Arc::default(), work).await
}

// === impl File ===

impl File {
    fn of(difference: Difference, ignores_times: bool) -> Option<Self> {
        let path = text(&difference.path);
        let (change, what, before, after) = match difference.change {
            Change::Added(node) => ("added", Vec::new(), None, Some(node)),
            Change::Removed(node) => ("removed", Vec::new(), Some(node), None),
            Change::Changed { before, after } => {
                let what = what(&before, &after, ignores_times);
                if what.is_empty() {
                    return None;
                }
                ("changed", what, Some(before), Some(after))
            }
        };
        Some(Self {
            path,
            change,
            what,
            before: before.as_ref().map(Described::of),
            after: after.as_ref().map(Described::of),
        })
    }
}

// === private ===

fn what(before: &Node, after: &Node, ignores_times: bool) -> Vec<&'static str> {
    let mut what = of_kinds(&before.kind, &after.kind);
    for (name, differs) in [
        ("mode", before.mode != after.mode),
        ("owner", (before.uid, before.gid) != (after.uid, after.gid)),
        ("xattrs", before.xattrs != after.xattrs),
        ("time", before.modified != after.modified && !ignores_times),
    ] {
        if differs {
            what.push(name);
        }
    }
    what
}

fn of_kinds(before: &NodeKind, after: &NodeKind) -> Vec<&'static str> {
    match (before, after) {
        (before, after) if before == after => Vec::new(),
        (
            NodeKind::File { size, .. },
            NodeKind::File {
                size: other_size, ..
            },
        ) => match size == other_size {
            true => vec!["content"],
            false => vec!["size", "content"],
        },
        (NodeKind::Symlink(_), NodeKind::Symlink(_)) => vec!["target"],
        (NodeKind::CharacterDevice(_), NodeKind::CharacterDevice(_))
        | (NodeKind::BlockDevice(_), NodeKind::BlockDevice(_)) => vec!["device"],
        _ => vec!["type"],
    }
}
