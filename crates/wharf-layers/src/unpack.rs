//! A root filesystem made of layers.
//!
//! Every path is walked part by part from an open directory, and no part is opened if it is a
//! symbolic link: what a link says is walked in turn, and its `/` is the root of the image, as
//! inside a chroot (Docker applies layers inside one; containerd and umoci imitate it). No path
//! is ever given to the system whole, so there is nothing that a link, or somebody who moves
//! directories meanwhile, could lead elsewhere. `openat2` could walk several parts at once, but
//! would not tell where it arrived, which whiteouts have to know; with one way for every kernel
//! there is nothing that only old kernels run.
//!
//! While layers are applied the directory can be entered by its owner alone, since a file's
//! setuid bit stands before the layer it came in was verified.

mod brought;
mod directories;
mod hide;
mod link;
mod make;
mod mark;
mod metadata;
mod notice;
mod root;

use std::path::{Path, PathBuf};

use crate::action::Action;
use crate::archive::{Archive, Entry};
use crate::error::{LayerError, Reason};
use crate::layer::{LayerReader, LayerReport, LayerSource};
use crate::limits::{Limits, Usage, check_names};

use self::brought::Brought;
use self::directories::Directories;
use self::mark::Mark;
use self::notice::Notices;
use self::root::Root;

pub use mark::{MARK, remove};
pub use notice::Notice;

/// What the caller decides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How much the layers may be.
    pub limits: Limits,
}

/// A directory that layers are applied to. Dropped before [`Unpacking::finish`], it leaves the
/// directory marked as incomplete.
pub struct Unpacking {
    options: Options,
    root: Root,
    mark: Mark,
    directories: Directories,
    brought: Brought,
    usage: Usage,
    notices: Notices,
    layers: Vec<LayerReport>,
}

/// What became of an image.
#[derive(Clone, Debug)]
pub struct Report {
    /// The layers, the lowest first.
    pub layers: Vec<LayerReport>,
    /// What could not be made as the image has it, and how often.
    pub notices: Vec<(Notice, u64)>,
}

/// How far it has come.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// An entry begins.
    Entry {
        /// Which layer, the lowest being 1.
        position: usize,
        /// The path as the archive has it.
        name: &'a [u8],
        /// Bytes of the compressed layer that were read.
        compressed: u64,
        /// Bytes of the archive that were read.
        uncompressed: u64,
    },
    /// Some more bytes of that entry's content were written.
    Content {
        /// How many.
        bytes: u64,
    },
    /// Something cannot be made as the image has it. Told once for each kind.
    Notice(Notice),
}

/// Why a directory does not have the image.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// A layer was given up; the directory is marked as incomplete, and says why.
    #[error(transparent)]
    Layer(LayerError),
    /// Something is there that no unpacking left. Nothing was changed.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// It is being unpacked to at this moment. Nothing was changed.
    #[error("an image is being unpacked to {} already", .0.display())]
    InUse(PathBuf),
    /// Files of images whose names differ in case would be one file there.
    #[error("the file system of {} does not tell upper from lower case", .0.display())]
    CaseInsensitive(PathBuf),
    /// The directory cannot be used, or not be completed.
    #[error("{}: {action} failed", path.display())]
    Disk {
        /// Which directory.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
}

// === impl Unpacking ===

impl Unpacking {
    /// Takes a directory, which is made if it is not there (its parent has to be). One that is
    /// marked as incomplete is cleared, and the image begun anew.
    ///
    /// # Errors
    /// When it has anything else in it, or somebody else is at it.
    pub fn begin(directory: &Path, options: Options) -> Result<Self, UnpackError> {
        let (root, mark, directories) = mark::begin(directory)?;
        Ok(Self {
            options,
            root,
            mark,
            directories,
            brought: Brought::default(),
            usage: Usage::default(),
            notices: Notices::default(),
            layers: Vec::new(),
        })
    }

    /// Applies the next layer. It blocks.
    ///
    /// # Errors
    /// When the layer is not what was promised, refused, or cannot be written: the directory
    /// stays marked as incomplete, and its mark says why.
    pub fn apply(
        mut self,
        source: LayerSource,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Self, UnpackError> {
        match self.layer(source, progress) {
            Ok(report) => {
                self.layers.push(report);
                Ok(self)
            }
            Err(error) => {
                self.mark.tell(&error);
                Err(UnpackError::Layer(error))
            }
        }
    }

    /// Gives directories their owners, modes and times, and takes the mark away.
    ///
    /// # Errors
    /// When the disk does not let it: the directory stays marked as incomplete.
    pub fn finish(mut self) -> Result<Report, UnpackError> {
        let Self {
            root,
            directories,
            notices,
            mark,
            ..
        } = &mut self;
        let path = mark.path().to_owned();
        let failed = |reason| mark::disk_error(&path, reason);
        let top = directories.settle(root, notices).map_err(failed)?;
        // Taking the mark away changes the root's time, so the root comes after it.
        mark.remove(root)?;
        directories::settle_root(root, &top, notices).map_err(failed)?;
        Ok(Report {
            layers: self.layers,
            notices: self.notices.counts(),
        })
    }

    fn layer(
        &mut self,
        source: LayerSource,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<LayerReport, LayerError> {
        self.brought = Brought::default();
        let position = self.layers.len() + 1;
        let (limits, mut usage) = (self.options.limits, self.usage);
        let reader = LayerReader::open(source, position, &limits, &mut usage)?;
        let mut archive = Archive::new(reader);
        let applied = self.entries(&mut archive, position, progress);
        applied.map_err(|reason| archive.error(reason))?;
        let report = archive.finish()?;
        self.usage = usage;
        Ok(report)
    }

    fn entries(
        &mut self,
        archive: &mut Archive<'_>,
        position: usize,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), Reason> {
        while let Some(entry) = archive.next()? {
            let (compressed, uncompressed) = archive.progress();
            progress(Progress::Entry {
                position,
                name: &entry.name,
                compressed,
                uncompressed,
            });
            self.entry(&entry, archive, progress)?;
            check_names(self.directories.names())?;
            self.notices.tell(progress);
        }
        Ok(())
    }

    fn entry(
        &mut self,
        entry: &Entry,
        archive: &mut Archive<'_>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), Reason> {
        match Action::of(entry)? {
            Action::Put(path) => self.put(&path, entry, archive, progress),
            Action::Hide(path) => self.hide(&path),
            Action::HideAllIn(path) => self.hide_all_in(&path),
            Action::Ignore => Ok(()),
        }
    }
}
