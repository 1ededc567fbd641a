//! Blobs, several at once.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use wharf_spec::Descriptor;

use super::{Copied, CopyOptions, Event};
use crate::source::Source;
use crate::target::{Taken, Target};
use crate::{Blob, ImageError};

/// Copies blobs, each once, and counts what became of them.
pub(super) async fn blobs(
    source: &Arc<dyn Source>,
    target: &Arc<dyn Target>,
    blobs: Vec<Descriptor>,
    options: &CopyOptions,
    copied: &mut Copied,
) -> Result<(), ImageError> {
    let counted = Mutex::new(copied);
    let counted = &counted;
    let copies = stream::iter(blobs).map(Ok::<_, ImageError>);
    let limit = options.parallel.get();
    copies
        .try_for_each_concurrent(limit, |descriptor| async move {
            let taken = one(source, target, &descriptor, options).await?;
            let mut copied = counted.lock().unwrap_or_else(PoisonError::into_inner);
            match taken {
                Taken::Existed => copied.skipped += 1,
                Taken::Mounted(_) => copied.mounted += 1,
                Taken::Stored => {
                    copied.stored += 1;
                    copied.bytes += descriptor.size;
                }
            }
            Ok(())
        })
        .await
}

async fn one(
    source: &Arc<dyn Source>,
    target: &Arc<dyn Target>,
    descriptor: &Descriptor,
    options: &CopyOptions,
) -> Result<Taken, ImageError> {
    options.progress.tell(&Event::Begun(descriptor.clone()));
    let (progress, digest) = (options.progress.clone(), descriptor.digest);
    let blob = Blob::new(descriptor.clone(), Arc::clone(source), move |bytes| {
        progress.tell(&Event::Bytes { digest, bytes });
    });
    let taken = target.put_blob(&blob).await?;
    options.progress.tell(&match taken.clone() {
        Taken::Existed => Event::Skipped(descriptor.clone()),
        Taken::Stored => Event::Done(descriptor.clone()),
        Taken::Mounted(from) => Event::Mounted {
            descriptor: descriptor.clone(),
            from,
        },
    });
    Ok(taken)
}
