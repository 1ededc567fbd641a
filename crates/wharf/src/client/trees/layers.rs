//! Layers on their way from async code to a thread that reads them in order.
//!
//! A few are opened ahead, each with a pipe that is filled while those below it are applied: that
//! is what bounds the memory, whatever a layer has.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wharf_image::{ImageError, Source};
use wharf_layers::{LayerSource, Pipe, PipeSender, pipe};
use wharf_spec::{Descriptor, Digest};

/// Layers that wait; besides them one is applied, and one waits to wait.
const AHEAD: usize = 2;
/// Pieces of a layer that wait, and bytes of one.
const PIECES: usize = 32;
const PIECE: usize = 128 << 10;

/// The end at which a thread takes them.
pub(super) struct Layers {
    receiver: mpsc::Receiver<LayerSource>,
    left: usize,
}

/// A layer's bytes, which are counted.
struct Counted {
    pipe: Pipe,
    count: Arc<AtomicU64>,
}

/// Runs `work` on a thread that may block, with the layers of an image.
///
/// # Errors
/// Those of the work: what goes wrong with a layer reaches it as an error of reading.
pub(super) async fn with_layers<T: Send + 'static>(
    source: &Arc<dyn Source>,
    layers: Vec<(Descriptor, Digest)>,
    count: Arc<AtomicU64>,
    work: impl FnOnce(Layers) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let left = layers.len();
    let working = tokio::task::spawn_blocking(move || work(Layers { receiver, left }));
    let (done, ()) = tokio::join!(working, feed(source, layers, count, sender));
    done.context("the thread that applies layers has died")?
}

// === impl Layers ===

impl Layers {
    /// The next one; `None` after the last. It blocks.
    ///
    /// # Errors
    /// When the others do not come, since all of it is about to end.
    pub(super) fn next(&mut self) -> Result<Option<LayerSource>> {
        if self.left == 0 {
            return Ok(None);
        }
        let Some(layer) = self.receiver.blocking_recv() else {
            // To take that for the end would make an image of some of its layers.
            bail!("interrupted");
        };
        self.left -= 1;
        Ok(Some(layer))
    }
}

// === impl Counted ===

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.pipe.read(buffer)?;
        self.count.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

// === private ===

/// Opens one layer after the other, until there is none, or nobody wants them.
async fn feed(
    source: &Arc<dyn Source>,
    layers: Vec<(Descriptor, Digest)>,
    count: Arc<AtomicU64>,
    sender: mpsc::Sender<LayerSource>,
) {
    let mut pumps = JoinSet::new();
    for (descriptor, diff_id) in layers {
        let (filled, pipe) = pipe(PIECES);
        pumps.spawn(pump(Arc::clone(source), descriptor.clone(), filled));
        let count = Arc::clone(&count);
        let layer = LayerSource {
            descriptor,
            diff_id,
            bytes: Box::new(Counted { pipe, count }),
        };
        if sender.send(layer).await.is_err() {
            break;
        }
    }
    drop(sender);
    while pumps.join_next().await.is_some() {}
}

async fn pump(source: Arc<dyn Source>, descriptor: Descriptor, sender: PipeSender) {
    if let Err(error) = fill(&source, &descriptor, &sender).await {
        let _ = sender.send(Err(io::Error::other(error))).await;
    }
}

async fn fill(
    source: &Arc<dyn Source>,
    descriptor: &Descriptor,
    sender: &PipeSender,
) -> Result<(), ImageError> {
    let mut stream = source.blob(descriptor).await?;
    while let Some(mut piece) = stream.chunk().await? {
        while !piece.is_empty() {
            let part = piece.split_to(piece.len().min(PIECE));
            // Whoever gave up knows why.
            if sender.send(Ok(part)).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_that_do_not_come_are_not_the_end() {
        let (sender, receiver) = mpsc::channel(1);
        drop(sender);
        let mut layers = Layers { receiver, left: 1 };
        assert!(layers.next().is_err() && layers.next().is_err());
        layers.left = 0;
        assert!(layers.next().unwrap().is_none());
    }
}
