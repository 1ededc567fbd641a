//! Archives that were compressed as a whole, as `docker load` takes them.

use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::ImageError;
use crate::file::FileSpan;
use crate::scratch::spool;

/// How a file was compressed, by how it begins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
    /// Something that is not undone here.
    Other(&'static str),
}

// === impl Compression ===

impl Compression {
    /// `None` for what is not compressed.
    pub(super) const fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Other("xz")),
            [b'B', b'Z', b'h', ..] => Some(Self::Other("bzip2")),
            _ => None,
        }
    }

    /// Writes what was compressed to a file without a name. It waits for whoever writes.
    pub(super) fn undo(
        self,
        from: impl Read,
        path: &Path,
        scratch: &Path,
    ) -> Result<FileSpan, ImageError> {
        let shown = || path.display().to_string();
        let spooled = match self {
            Self::Gzip => spool(MultiGzDecoder::new(from), path, scratch),
            Self::Zstd => {
                let decoder = zstd::stream::read::Decoder::new(from);
                spool(
                    decoder.map_err(ImageError::file("read", path))?,
                    path,
                    scratch,
                )
            }
            Self::Other(name) => {
                let problem = format!("it is compressed with {name}: unpack it first");
                return Err(ImageError::damaged(shown(), problem));
            }
        };
        spooled.map_err(|error| match error {
            ImageError::File { source, .. } if is_of_content(&source) => {
                ImageError::damaged(shown(), format!("it cannot be unpacked: {source}"))
            }
            error => error,
        })
    }
}

/// The first bytes of something, as far as it has them.
pub(super) fn head(mut from: impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(LONGEST);
    from.by_ref().take(LONGEST as u64).read_to_end(&mut head)?;
    Ok(head)
}

// === private ===

/// Errors of decoders have no number of the system.
fn is_of_content(error: &io::Error) -> bool {
    error.raw_os_error().is_none()
}

/// Bytes that tell all of them.
const LONGEST: usize = 6;
