//! A store to collect: images whose layers several repositories share, and beside them blobs that
//! were linked once and that nothing needs any more.

use std::ops::Range;
use std::path::Path;

use anyhow::{Result, bail};
use wharf_spec::Digest;

use super::tree::Tree;
use crate::content::Content;
use crate::goods::image;

/// A store with that many images, a multiple of [`IMAGES`].
#[derive(Clone, Debug)]
pub struct Collected {
    tree: Tree,
    images: usize,
}

/// Images of a repository.
pub const IMAGES: usize = 100;
/// Layers of an image. The repositories beside each other share most of them.
const LAYERS: usize = 9;
/// Blobs of a repository that nothing needs, each linked there and nowhere else.
const GARBAGE: usize = 50;
/// One of so many images has a tag.
const TAGGED: usize = 10;
/// One of so many images is looked at when a collection is over.
const SAMPLE: usize = 7;

// === impl Collected ===

impl Collected {
    /// Below this directory.
    #[must_use]
    pub fn new(root: &Path, images: usize) -> Self {
        Self {
            tree: Tree::new(root),
            images,
        }
    }

    /// Layer links, those of the garbage included.
    #[must_use]
    pub fn links(&self) -> u64 {
        let of_one = self.layers_of_one() + IMAGES + GARBAGE;
        (self.repositories() * of_one) as u64
    }

    /// Bytes that nothing needs.
    #[must_use]
    pub fn garbage_bytes(&self) -> u64 {
        let numbers = (0..self.repositories()).flat_map(garbage_numbers);
        numbers.map(|number| garbage(number).len()).sum()
    }

    /// Writes what stays; takes some minutes for 100,000 images.
    ///
    /// # Errors
    /// Of the file system.
    pub fn write(&self) -> Result<()> {
        halves(self.images, |numbers| {
            for number in numbers {
                self.tree.blob(&layer(number))?;
            }
            Ok(())
        })?;
        halves(self.repositories(), |numbers| {
            for number in numbers {
                self.write_repository(number)?;
            }
            Ok(())
        })
    }

    /// Writes what nothing needs, again after a collection.
    ///
    /// # Errors
    /// Of the file system.
    pub fn litter(&self) -> Result<()> {
        halves(self.repositories(), |repositories| {
            for repository in repositories {
                for number in garbage_numbers(repository) {
                    let content = garbage(number);
                    self.tree.blob(&content)?;
                    self.tree.layer_link(&name(repository), content.digest)?;
                }
            }
            Ok(())
        })
    }

    /// Whether all of the garbage is gone, and what is needed is there.
    ///
    /// # Errors
    /// When not.
    pub fn check(&self) -> Result<()> {
        for repository in 0..self.repositories() {
            for number in garbage_numbers(repository) {
                let digest = garbage(number).digest;
                if self.tree.has_blob(digest) || self.tree.has_layer(&name(repository), digest) {
                    bail!("{digest} of {} was not collected", name(repository));
                }
            }
        }
        for at in (0..self.images).step_by(SAMPLE) {
            let repository = name(at / IMAGES);
            let parts = self.layers_of(at).map(layer).chain([config(at)]);
            for digest in parts.map(|part| part.digest) {
                if !self.tree.has_blob(digest) || !self.tree.has_layer(&repository, digest) {
                    bail!("{digest} of {repository} is needed, and is gone");
                }
            }
            if !self.tree.has_blob(self.manifest(at).digest) {
                bail!("a manifest of {repository} is gone");
            }
        }
        Ok(())
    }

    fn repositories(&self) -> usize {
        self.images / IMAGES
    }

    fn write_repository(&self, number: usize) -> Result<()> {
        let repository = name(number);
        for at in 0..self.layers_of_one() {
            let digest = layer((number * IMAGES + at) % self.images).digest;
            self.tree.layer_link(&repository, digest)?;
        }
        for at in number * IMAGES..(number + 1) * IMAGES {
            let (config, manifest) = (config(at), self.manifest(at));
            self.tree.blob(&config)?;
            self.tree.layer_link(&repository, config.digest)?;
            self.tree.blob(&manifest)?;
            self.tree.revision_link(&repository, manifest.digest)?;
            if at % TAGGED == 0 {
                let tag = format!("v{at}");
                self.tree.current_tag(&repository, &tag, manifest.digest)?;
            }
        }
        Ok(())
    }

    fn manifest(&self, at: usize) -> Content {
        let described = |content: Content| (content.digest, content.len());
        let layers: Vec<(Digest, u64)> = self.layers_of(at).map(layer).map(described).collect();
        image(described(config(at)), &layers, &format!("image {at}"))
    }

    /// The numbers of an image's layers: in a repository they follow each other.
    fn layers_of(&self, at: usize) -> impl Iterator<Item = usize> {
        let (first, all) = (at / IMAGES * IMAGES + at % IMAGES * LAYERS, self.images);
        (first..first + LAYERS).map(move |number| number % all)
    }

    /// How many layers the images of a repository have between them.
    fn layers_of_one(&self) -> usize {
        (IMAGES * LAYERS).min(self.images)
    }
}

/// Half of the work on each of two threads.
fn halves(all: usize, work: impl Fn(Range<usize>) -> Result<()> + Sync) -> Result<()> {
    std::thread::scope(|scope| {
        let first = scope.spawn(|| work(0..all / 2));
        let second = work(all / 2..all);
        match first.join() {
            Ok(first) => first.and(second),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn name(repository: usize) -> String {
    format!("group{:02}/app{repository:05}", repository / IMAGES)
}

fn layer(number: usize) -> Content {
    Content::of(format!("layer {number:09}"))
}

fn config(number: usize) -> Content {
    Content::of(format!("{{\"image\":{number}}}"))
}

fn garbage_numbers(repository: usize) -> Range<usize> {
    repository * GARBAGE..(repository + 1) * GARBAGE
}

fn garbage(number: usize) -> Content {
    Content::of(format!("needed once {number:09}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links_below(root: &Path) -> u64 {
        let mut links = 0;
        for entry in std::fs::read_dir(root).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                links += links_below(&path);
            } else if path.to_str().unwrap().contains("/_layers/") {
                links += 1;
            }
        }
        links
    }

    #[test]
    fn what_is_missing_or_left_is_seen() {
        let root = std::env::temp_dir().join(format!("wharf-bench-litter-{}", std::process::id()));
        let store = Collected::new(&root, 2 * IMAGES);
        store.write().unwrap();
        store.check().unwrap();
        store.litter().unwrap();
        assert_eq!(links_below(&root), store.links());
        let left = store.check().unwrap_err().to_string();
        assert!(left.contains("was not collected"), "{left}");

        for number in 0..2 * GARBAGE {
            let digest = garbage(number).digest;
            std::fs::remove_file(store.tree.blob_path(digest)).unwrap();
            let repository = name(number / GARBAGE);
            std::fs::remove_file(store.tree.layer_path(&repository, digest)).unwrap();
        }
        store.check().unwrap();
        std::fs::remove_file(store.tree.blob_path(layer(3).digest)).unwrap();
        let gone = store.check().unwrap_err().to_string();
        assert!(gone.contains("is needed, and is gone"), "{gone}");
        super::super::removal::remove(&root);
    }
}
