//! The files of a push, in the order in which a registry makes them.
// distribution: registry/storage/paths.go

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Waits;
use super::together::Together;

/// A client's pushes, one after the other.
pub(super) struct Push<'a> {
    registry: PathBuf,
    thread: usize,
    number: u64,
    together: &'a Together,
    waits: Waits,
}

/// Content, and the name that it gets when it is durable.
struct Placed {
    temporary: PathBuf,
    place: PathBuf,
}

// === impl Push ===

impl<'a> Push<'a> {
    pub(super) fn new(root: &Path, thread: usize, together: &'a Together, waits: Waits) -> Self {
        Self {
            registry: root.join("docker/registry/v2"),
            thread,
            number: 0,
            together,
            waits,
        }
    }

    /// A new tag of a manifest that is there.
    pub(super) fn tag(&mut self) -> io::Result<()> {
        self.number += 1;
        let [history, current] = self.tag_of(&self.digest(0))?;
        self.before_name()?;
        history.put_in_place()?;
        self.before_name()?;
        current.put_in_place()?;
        self.before_answer()
    }

    /// Two blobs, a manifest, and its tag.
    pub(super) fn image(&mut self) -> io::Result<()> {
        self.number += 1;
        let [config, layer, manifest] = [1, 2, 3].map(|part| self.digest(part));
        self.blob(&config, 200)?;
        self.blob(&layer, 10 << 10)?;
        let data = Placed::new(&self.data(&manifest), &[b'm'; 500])?;
        let revisions = "repositories/bench/push/_manifests/revisions/sha256";
        let revision = self.registry.join(revisions).join(&manifest).join("link");
        let revision = Placed::new(&revision, &LINK)?;
        let [history, current] = self.tag_of(&manifest)?;
        self.before_name()?;
        data.put_in_place()?;
        self.before_name()?;
        revision.put_in_place()?;
        history.put_in_place()?;
        self.before_name()?;
        current.put_in_place()?;
        self.before_answer()
    }

    fn blob(&self, digest: &str, size: usize) -> io::Result<()> {
        let repository = self.registry.join("repositories/bench/push");
        let upload = repository.join("_uploads").join(digest);
        fs::create_dir_all(&upload)?;
        fs::write(upload.join("startedat"), "2026-11-23T12:00:00Z")?;
        let data = Placed {
            temporary: upload.join("data"),
            place: self.data(digest),
        };
        fs::write(&data.temporary, vec![b'b'; size])?;
        data.make_directory()?;
        self.before_name()?;
        data.put_in_place()?;
        self.before_name()?;
        let link = repository.join("_layers/sha256").join(digest).join("link");
        Placed::new(&link, &LINK)?.put_in_place()?;
        self.before_answer()?;
        fs::remove_file(upload.join("startedat"))?;
        fs::remove_dir(upload)
    }

    /// Its history and its head.
    fn tag_of(&self, manifest: &str) -> io::Result<[Placed; 2]> {
        let tag = format!("{}-{}", self.thread, self.number);
        let tag = format!("repositories/bench/push/_manifests/tags/{tag}");
        let tag = self.registry.join(tag);
        let history = tag.join("index/sha256").join(manifest).join("link");
        Ok([
            Placed::new(&history, &LINK)?,
            Placed::new(&tag.join("current/link"), &LINK)?,
        ])
    }

    fn data(&self, digest: &str) -> PathBuf {
        let (first, _) = digest.split_at(2);
        let path = format!("blobs/sha256/{first}/{digest}/data");
        self.registry.join(path)
    }

    /// Another one for each part of each push, spread over the first byte as those of contents
    /// are.
    fn digest(&self, part: u64) -> String {
        let spread = self.number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
        let (number, thread) = (self.number, self.thread);
        match part {
            0 => "11".repeat(32),
            part => format!("{spread:02x}{number:040x}{thread:018x}{part:04x}"),
        }
    }

    fn before_name(&self) -> io::Result<()> {
        match self.waits {
            Waits::Names => self.together.wait(),
            Waits::Never | Waits::Answers => Ok(()),
        }
    }

    fn before_answer(&self) -> io::Result<()> {
        match self.waits {
            Waits::Names | Waits::Answers => self.together.wait(),
            Waits::Never => Ok(()),
        }
    }
}

// === impl Placed ===

impl Placed {
    /// Content beside the place where it will stand.
    fn new(place: &Path, content: &[u8]) -> io::Result<Self> {
        let placed = Self {
            temporary: place.with_extension("tmp"),
            place: place.to_owned(),
        };
        placed.make_directory()?;
        fs::write(&placed.temporary, content)?;
        Ok(placed)
    }

    /// From the top only if it has to be.
    fn make_directory(&self) -> io::Result<()> {
        self.place.parent().map_or(Ok(()), fs::create_dir_all)
    }

    fn put_in_place(self) -> io::Result<()> {
        fs::rename(self.temporary, self.place)
    }
}

/// As many bytes as `sha256:` and a digest.
const LINK: [u8; 71] = [b'l'; 71];
