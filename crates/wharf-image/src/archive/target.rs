//! An archive that images are written to, one blob after another.

use std::collections::HashSet;
use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use rustix::fs::{CWD, FileType, Mode, OFlags};
use tokio::sync::Mutex;
use wharf_client::ImageName;
use wharf_spec::Digest;

use super::listing::Listing;
use crate::directory::{Directory, Durability, Unfinished};
use crate::file::blocking;
use crate::layout::{INDEX, MARK, MARK_TEXT, blob_name};
use crate::output::Output;
use crate::place::Stream;
use crate::tar::{Sink, TarWriter};
use crate::target::{PlacedManifest, Taken, Target};
use crate::{Blob, ImageError, LayoutReference};

/// What kind of archive it is, and what its images are called.
#[derive(Clone, Debug)]
pub(crate) enum ArchiveForm {
    /// An OCI layout.
    Layout(Option<LayoutReference>),
    /// An OCI layout with what `docker load` of every version looks for.
    Docker(Option<ImageName>),
}

/// It.
pub(crate) struct ArchiveTarget {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// `None` when it is finished, or broken.
    writer: Option<TarWriter>,
    /// The file that is to take the archive's name at the end.
    unfinished: Option<(Unfinished, String)>,
    written: HashSet<Digest>,
    listing: Listing,
}

// === impl ArchiveTarget ===

impl ArchiveTarget {
    /// A file appears under its name when it is finished, and replaces what was there.
    pub(crate) async fn create(
        stream: &Stream,
        form: ArchiveForm,
        durability: Durability,
    ) -> Result<Self, ImageError> {
        let path = stream.path().to_owned();
        let opened = stream.clone();
        let (file, unfinished) = blocking(move || create(&opened, durability)).await?;
        Ok(Self::new(
            path,
            Sink::File(Output::new(file)),
            form,
            unfinished,
        ))
    }

    /// One that goes wherever `sink` leads.
    pub(crate) fn to(sink: Sink, path: &Path, form: ArchiveForm) -> Self {
        Self::new(path.to_owned(), sink, form, None)
    }

    fn new(
        path: PathBuf,
        sink: Sink,
        form: ArchiveForm,
        unfinished: Option<(Unfinished, String)>,
    ) -> Self {
        let state = State {
            writer: Some(TarWriter::new(sink)),
            unfinished,
            written: HashSet::new(),
            listing: Listing::new(form),
        };
        Self {
            path,
            state: Mutex::new(state),
        }
    }

    fn broken(&self) -> ImageError {
        ImageError::damaged(self.place(), "writing it failed before")
    }

    /// Writes one file. Whatever fails on the way, nothing can follow it.
    async fn write(&self, state: &mut State, name: &str, bytes: Bytes) -> Result<(), ImageError> {
        let mut writer = state.writer.take().ok_or_else(|| self.broken())?;
        let written = writer.file(name, bytes).await;
        written.map_err(ImageError::file("write", &self.path))?;
        state.writer = Some(writer);
        Ok(())
    }

    async fn copy(&self, writer: &mut TarWriter, blob: &Blob) -> Result<(), ImageError> {
        let failed = || ImageError::file("write", &self.path);
        let mut stream = blob.open().await?;
        let name = blob_name(&blob.descriptor.digest);
        let begun = writer.begin(&name, blob.descriptor.size).await;
        begun.map_err(failed())?;
        while let Some(bytes) = stream.chunk().await? {
            writer.write(bytes).await.map_err(failed())?;
        }
        writer.end().await.map_err(failed())
    }
}

#[async_trait]
impl Target for ArchiveTarget {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    async fn has_manifest(&self, _digest: &Digest) -> Result<bool, ImageError> {
        Ok(false)
    }

    async fn put_blob(&self, blob: &Blob) -> Result<Taken, ImageError> {
        let mut state = self.state.lock().await;
        if state.written.contains(&blob.descriptor.digest) {
            return Ok(Taken::Existed);
        }
        let mut writer = state.writer.take().ok_or_else(|| self.broken())?;
        self.copy(&mut writer, blob).await?;
        state.writer = Some(writer);
        state.written.insert(blob.descriptor.digest);
        Ok(Taken::Stored)
    }

    async fn put_manifest(&self, manifest: PlacedManifest) -> Result<(), ImageError> {
        let mut state = self.state.lock().await;
        state.listing.check(&manifest, &self.place())?;
        let digest = manifest.descriptor.digest;
        if state.written.insert(digest) {
            let name = blob_name(&digest);
            self.write(&mut state, &name, manifest.bytes.clone())
                .await?;
        }
        state.listing.put(manifest);
        Ok(())
    }

    async fn finish(&self) -> Result<(), ImageError> {
        let mut state = self.state.lock().await;
        let files = [
            (MARK, Bytes::from_static(MARK_TEXT.as_bytes())),
            (INDEX, state.listing.index()),
        ];
        let files = files.into_iter().chain(state.listing.docker_files());
        for (name, bytes) in files.collect::<Vec<_>>() {
            self.write(&mut state, name, bytes).await?;
        }
        let failed = || ImageError::file("write", &self.path);
        let writer = state.writer.take().ok_or_else(|| self.broken())?;
        writer.finish().await.map_err(failed())?;
        let Some((unfinished, name)) = state.unfinished.take() else {
            return Ok(());
        };
        let directory = unfinished.directory().clone();
        unfinished.publish(&name).await?;
        blocking(move || directory.sync(".")).await
    }
}

// === private ===

/// Where the archive is written to. What is no regular file, as a pipe, is written as it is.
fn create(
    stream: &Stream,
    durability: Durability,
) -> Result<(File, Option<(Unfinished, String)>), ImageError> {
    let path = stream.path();
    let failed = |error: rustix::io::Errno| ImageError::file("write", path)(error.into());
    if let Stream::Standard = stream {
        let output = rustix::io::fcntl_dupfd_cloexec(std::io::stdout().as_fd(), 0);
        return Ok((output.map_err(failed)?.into(), None));
    }
    let there = rustix::fs::stat(path).map(|stat| FileType::from_raw_mode(stat.st_mode));
    if there.is_ok_and(|kind| kind != FileType::RegularFile) {
        let output = rustix::fs::openat(CWD, path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty());
        return Ok((output.map_err(failed)?.into(), None));
    }
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| failed(rustix::io::Errno::INVAL))?;
    let directory = Directory::open(path.parent().unwrap_or(Path::new("")))?;
    let unfinished = directory.with_durability(durability).begin()?;
    let file = unfinished.output.file();
    let file = file.try_clone().map_err(ImageError::file("write", path))?;
    Ok((file, Some((unfinished, name.to_owned()))))
}
