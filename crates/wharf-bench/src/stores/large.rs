//! Stores with many tags: a thousand in one repository; and one with more of everything than a page shows: 100,000 images in one repository, and
//! 10,000 repositories with one image each.

use std::path::Path;

use anyhow::Result;
use wharf_spec::Digest;

use super::filled::Filling;
use super::tree::Tree;
use crate::content::Content;
use crate::goods::{Sizes, image};

/// The repository with the many tags.
pub const MANY_TAGS: &str = "bench/many";
/// A repository with [`SOME`] of them.
pub const SOME_TAGS: &str = "bench/some";
/// How many tags [`SOME_TAGS`] has.
pub const SOME: usize = 1_000;

/// The tag number `at`: they sort as their numbers do.
#[must_use]
pub fn tag(at: usize) -> String {
    format!("v{at:06}")
}

/// The repository number `at`.
#[must_use]
pub fn repository(at: usize) -> String {
    format!("team{:02}/service{at:06}", at / 1000)
}

/// The manifest that the tag number `at` of [`MANY_TAGS`] points to.
#[must_use]
pub fn manifest(at: usize) -> Content {
    let blob = |content: &Content| (content.digest, content.len());
    image(blob(&config()), &[blob(&layer())], &tag(at))
}

/// Writes the store; takes half a minute.
///
/// # Errors
/// Of the file system.
pub fn write(root: &Path, sizes: &Sizes) -> Result<()> {
    let tree = Tree::new(root);
    for content in [config(), layer()] {
        tree.blob(&content)?;
    }
    let half = sizes.tags / 2;
    std::thread::scope(|scope| {
        let first = scope.spawn(|| write_tags(&tree, 0..half));
        let second = write_tags(&tree, half..sizes.tags).and_then(|()| write_others(&tree, sizes));
        match first.join() {
            Ok(first) => first.and(second),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Writes [`SOME_TAGS`] alone.
///
/// # Errors
/// Of the file system.
pub fn write_some_tags(root: &Path) -> Result<()> {
    let tree = Tree::new(root);
    for content in [config(), layer()] {
        tree.blob(&content)?;
    }
    belongs(&tree, SOME_TAGS)?;
    let digest = write_manifest(&tree, SOME_TAGS, 0)?;
    (0..SOME).try_for_each(|at| tree.tag(SOME_TAGS, &tag(at), digest))
}

/// The same by pushes.
///
/// # Errors
/// When a push fails.
pub fn push_some_tags(filling: &mut Filling) -> Result<()> {
    for content in [config(), layer()] {
        filling.blob(SOME_TAGS, &content)?;
    }
    let manifest = manifest(0);
    (0..SOME).try_for_each(|at| filling.manifest(SOME_TAGS, &tag(at), &manifest))
}

fn write_tags(tree: &Tree, numbers: std::ops::Range<usize>) -> Result<()> {
    belongs(tree, MANY_TAGS)?;
    for at in numbers {
        let digest = write_manifest(tree, MANY_TAGS, at)?;
        tree.current_tag(MANY_TAGS, &tag(at), digest)?;
    }
    Ok(())
}

fn write_others(tree: &Tree, sizes: &Sizes) -> Result<()> {
    let digest = manifest(0).digest;
    for at in 0..sizes.repositories {
        let name = repository(at);
        belongs(tree, &name)?;
        tree.revision_link(&name, digest)?;
        tree.current_tag(&name, "latest", digest)?;
    }
    Ok(())
}

fn write_manifest(tree: &Tree, repository: &str, at: usize) -> Result<Digest> {
    let manifest = manifest(at);
    tree.blob(&manifest)?;
    tree.revision_link(repository, manifest.digest)?;
    Ok(manifest.digest)
}

fn belongs(tree: &Tree, repository: &str) -> Result<()> {
    tree.layer_link(repository, config().digest)?;
    tree.layer_link(repository, layer().digest)
}

fn config() -> Content {
    Content::of("{}")
}

fn layer() -> Content {
    Content::of("the layer that all images share")
}
