//! Docker's engine, through its API: images come and go as archives.
//! <https://docs.docker.com/reference/api/engine/>

mod address;
mod engine;

use std::io;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use wharf_client::ImageName;
use wharf_spec::Digest;

pub use self::address::{DaemonAddress, DaemonAddressError};
use self::engine::Engine;
use crate::archive::{self, ArchiveForm, ArchiveTarget};
use crate::file::{FileSpan, blocking};
use crate::output::Output;
use crate::place::DaemonImage;
use crate::source::Source;
use crate::tar::Sink;
use crate::target::{PlacedManifest, Taken, Target};
use crate::{Blob, ImageError, docker_archive, scratch};

/// Takes an image out of an engine, to a file without a name in `scratch`: an archive cannot
/// be read before its end has come.
pub(crate) async fn source(
    address: &DaemonAddress,
    image: &DaemonImage,
    scratch: &Path,
) -> Result<Arc<dyn Source>, ImageError> {
    let engine = Engine::new(address)?;
    let path = scratch.to_owned();
    let file = blocking(move || scratch::file(&path)).await?;
    let kept = file
        .try_clone()
        .map_err(ImageError::file("write", scratch))?;
    let mut output = Output::new(file);
    let mut archive = engine.get(image).await?;
    while let Some(bytes) = engine.chunk(&mut archive).await? {
        output
            .write(bytes)
            .await
            .map_err(ImageError::file("write", scratch))?;
    }
    output
        .flush()
        .await
        .map_err(ImageError::file("write", scratch))?;
    let name = format!("docker-daemon:{image}");
    let members = blocking(move || archive::contents(FileSpan::new(kept, Path::new(&name))?));
    // An engine gives what it was asked for, whatever it calls that.
    docker_archive::open(members.await?, None).await
}

/// An engine that images are loaded into.
pub(crate) struct DaemonTarget {
    archive: ArchiveTarget,
    loading: Mutex<Option<JoinHandle<Result<(), ImageError>>>>,
}

// === impl DaemonTarget ===

impl DaemonTarget {
    /// Without a name, images keep those that they have.
    pub(crate) fn open(
        address: &DaemonAddress,
        name: Option<ImageName>,
    ) -> Result<Self, ImageError> {
        let engine = Engine::new(address)?;
        let (sender, receiver) = mpsc::channel(PIECES);
        let path = match &name {
            Some(name) => format!("docker-daemon:{}", name.familiar()),
            None => format!("the engine at {address}"),
        };
        let form = ArchiveForm::Docker(name);
        let archive = ArchiveTarget::to(Sink::Channel(sender), Path::new(&path), form);
        let loading = tokio::spawn(async move { engine.load(receiver).await });
        Ok(Self {
            archive,
            loading: Mutex::new(Some(loading)),
        })
    }

    /// Why nothing can be written any more: what the engine said, if it said anything.
    async fn reason(&self, error: ImageError) -> ImageError {
        // The engine has closed the connection; otherwise it is not its fault.
        let is_closed = |source: &io::Error| source.kind() == io::ErrorKind::BrokenPipe;
        if !matches!(&error, ImageError::File { source, .. } if is_closed(source)) {
            return error;
        }
        let loading = self.loading.lock().await.take();
        match loading {
            None => error,
            Some(loading) => match loading.await {
                Ok(Err(said)) => said,
                _ => error,
            },
        }
    }
}

#[async_trait]
impl Target for DaemonTarget {
    fn place(&self) -> String {
        self.archive.place()
    }

    async fn has_manifest(&self, digest: &Digest) -> Result<bool, ImageError> {
        self.archive.has_manifest(digest).await
    }

    async fn put_blob(&self, blob: &Blob) -> Result<Taken, ImageError> {
        match self.archive.put_blob(blob).await {
            Err(error) => Err(self.reason(error).await),
            taken => taken,
        }
    }

    async fn put_manifest(&self, manifest: PlacedManifest) -> Result<(), ImageError> {
        match self.archive.put_manifest(manifest).await {
            Err(error) => Err(self.reason(error).await),
            put => put,
        }
    }

    async fn finish(&self) -> Result<(), ImageError> {
        if let Err(error) = self.archive.finish().await {
            return Err(self.reason(error).await);
        }
        let loading = self.loading.lock().await.take();
        match loading {
            Some(loading) => loading.await.unwrap_or(Err(ImageError::Interrupted)),
            None => Ok(()),
        }
    }
}

/// Nobody is left who could end the archive: the engine is to forget it.
impl Drop for DaemonTarget {
    fn drop(&mut self) {
        if let Some(loading) = self.loading.get_mut().take() {
            loading.abort();
        }
    }
}

/// Pieces of an archive that are on their way to an engine.
const PIECES: usize = 4;
