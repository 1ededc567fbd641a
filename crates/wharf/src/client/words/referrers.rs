//! `wharf referrers`: what refers to an image, and what refers to that.

mod tree;

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use wharf_image::{ImageError, Source, manifest};
use wharf_spec::{Descriptor, Digest};

use self::tree::Tree;
use crate::cli::client::Referrers;
use crate::client::surroundings;
use crate::client::wait;
use crate::terminal::{say, warn};

/// How deep, and how many: a list may say anything.
const MOST_DEPTH: usize = 16;
const MOST: usize = 1000;
/// Lists that are asked for at once.
const AT_ONCE: usize = 8;

pub(super) fn run(arguments: &Referrers) -> Result<()> {
    let (root, tree) = wait(async {
        let surroundings = surroundings(&arguments.reach, &arguments.place)?;
        let source: Arc<dyn Source> = surroundings.source(&arguments.place).await?;
        let root = match &arguments.which.platform {
            None => source.resolve().await?.descriptor,
            platform => manifest(&source, platform.as_ref()).await?.1,
        };
        let tree = walk(&source, &root.digest, arguments.artifact_type.as_deref()).await?;
        Ok((root, tree))
    })?;
    if arguments.json {
        let told = json!({
            "subject": root,
            "referrers": tree.json(None),
            "complete": tree.is_complete,
        });
        say(&format!("{told:#}"));
    } else {
        say(&root.digest.to_string());
        tree.lines(None, "").iter().for_each(|line| say(line));
    }
    if !tree.is_complete {
        warn("there is more, which is not shown: it is too deep, or too much");
    }
    Ok(())
}

/// Level by level, each list of a level beside the others.
async fn walk(
    source: &Arc<dyn Source>,
    subject: &Digest,
    artifact_type: Option<&str>,
) -> Result<Tree, ImageError> {
    let mut tree = Tree::default();
    let mut seen = HashSet::from([*subject]);
    let mut level = vec![(None, *subject)];
    for depth in 0..=MOST_DEPTH {
        let lists = stream::iter(level)
            .map(|(parent, digest)| async move {
                let list = source.referrers(&digest).await?;
                Ok::<_, ImageError>((parent, list))
            })
            .buffered(AT_ONCE);
        let lists: Vec<(Option<usize>, Vec<Descriptor>)> = lists.try_collect().await?;
        level = Vec::new();
        for (parent, list) in lists {
            for descriptor in list {
                let kind = descriptor.artifact_type.as_deref();
                let is_wanted = artifact_type.is_none_or(|wanted| kind == Some(wanted));
                if depth == 0 && !is_wanted || !seen.insert(descriptor.digest) {
                    continue;
                }
                if depth == MOST_DEPTH || tree.len() == MOST {
                    tree.is_complete = false;
                    return Ok(tree);
                }
                let digest = descriptor.digest;
                level.push((Some(tree.add(parent, descriptor)), digest));
            }
        }
        if level.is_empty() {
            break;
        }
    }
    Ok(tree)
}
