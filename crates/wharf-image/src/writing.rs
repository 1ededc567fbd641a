//! Files that are written into a directory: small ones, and blobs, which go on where a copy that
//! was interrupted has stopped.

use bytes::Bytes;
use wharf_client::ClientError;

use crate::directory::{Directory, Durability, Unfinished};
use crate::file::blocking;
use crate::members::Members as _;
use crate::{Blob, ImageError};

/// Writes a file as a whole.
pub(crate) async fn write_file(
    directory: &Directory,
    name: &str,
    bytes: Bytes,
) -> Result<(), ImageError> {
    let begun = directory.clone();
    let mut file = blocking(move || begun.begin()).await?;
    file.write(bytes).await?;
    file.publish(name).await
}

/// The same of a file that nothing could mend, since no digest stands for it: the disk has its
/// content before it gets its name.
pub(crate) async fn write_list(
    directory: &Directory,
    name: &str,
    bytes: Bytes,
) -> Result<(), ImageError> {
    let begun = directory.clone();
    let mut file = blocking(move || begun.begin()).await?;
    file.write(bytes).await?;
    file.publish_as(name, Durability::Disk).await
}

/// Whether a file has a blob: a file that was damaged is written anew.
pub(crate) async fn is_there(
    directory: &Directory,
    blob: &Blob,
    name: &str,
) -> Result<bool, ImageError> {
    let (directory, name) = (directory.clone(), name.to_owned());
    let (digest, size) = (blob.descriptor.digest, blob.descriptor.size);
    blocking(move || match directory.member(&name)? {
        Some(span) if span.length() == size => {
            let is_right = span.digest(digest.algorithm())? == digest;
            if is_right {
                directory.settle(&span)?;
            }
            Ok(is_right)
        }
        Some(_) | None => Ok(false),
    })
    .await
}

/// Writes a blob under a name, which it gets when all of it is there and right. What comes from
/// a registry stays where it is if the copy is interrupted, for the next one to go on with.
pub(crate) async fn store(
    directory: &Directory,
    blob: &Blob,
    name: &str,
) -> Result<(), ImageError> {
    let (begun, digest) = (directory.clone(), blob.descriptor.digest);
    let is_far = blob.home().is_some();
    let mut file = blocking(move || match is_far {
        true => begun.go_on(&digest),
        false => begun.begin(),
    })
    .await?;
    let there = file.length()?;
    let mut written = fill(&mut file, blob).await;
    if let Err(error) = &written {
        // What was there may be at fault; and some servers and proxies cannot give the rest.
        let is_refused = is_client(error) && file.length()? == there;
        if there > 0 && (is_mismatch(error) || is_refused) {
            file.clear()?;
            written = fill(&mut file, blob).await;
        }
    }
    if let Err(error) = &written
        && (is_mismatch(error) || is_disk(error))
    {
        file.clear()?;
    }
    written?;
    file.publish(name).await
}

// === private ===

/// Writes what is not there yet.
async fn fill(file: &mut Unfinished, blob: &Blob) -> Result<(), ImageError> {
    let mut stream = match file.length()? {
        0 => blob.open().await?,
        _ => {
            let span = file.span()?;
            let algorithm = blob.descriptor.digest.algorithm();
            let hashed = blocking(move || span.hash(algorithm)).await?;
            match blob.rest(hashed) {
                Some(rest) => rest,
                None => {
                    file.clear()?;
                    blob.open().await?
                }
            }
        }
    };
    while let Some(bytes) = stream.chunk().await? {
        file.write(bytes).await?;
    }
    Ok(())
}

/// The registry does not give it, and not for want of a connection.
fn is_client(error: &ImageError) -> bool {
    match error {
        ImageError::Client(ClientError::Network { .. }) => false,
        ImageError::Client(_) => true,
        _ => false,
    }
}

/// A full disk is not left full.
fn is_disk(error: &ImageError) -> bool {
    matches!(error, ImageError::File { .. })
}

fn is_mismatch(error: &ImageError) -> bool {
    matches!(
        error,
        ImageError::DigestMismatch { .. } | ImageError::Client(ClientError::DigestMismatch { .. })
    )
}
