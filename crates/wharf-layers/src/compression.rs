//! How a layer is compressed: its first bytes tell, as they do for Docker, whatever the media
//! type says; the DiffID tells whether that was right.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use wharf_spec::media_type;

use crate::error::Damage;

/// A layer as it comes.
pub(crate) enum Decoder<R: BufRead> {
    Plain(R),
    /// Members may follow each other (RFC 1952, section 2.2).
    Gzip(Box<MultiGzDecoder<R>>),
    /// Frames may follow each other, some of which hold no content (RFC 8878, section 3.1).
    Zstd(zstd::Decoder<'static, R>),
}

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// zstd's skippable frames: the first byte has these bits and four of its own.
const SKIPPABLE: (u8, [u8; 3]) = (0x50, [0x2a, 0x4d, 0x18]);
/// 128 MiB: what `zstd -d` takes, and `zstd --ultra -22` needs.
const MOST_WINDOW_LOG: u32 = 27;

/// Whether it is one of the types of layers, or none at all, which Docker takes for one.
pub(crate) fn check_media_type(given: &str) -> Result<(), Damage> {
    const LAYERS: [&str; 3] = [
        media_type::OCI_LAYER,
        media_type::OCI_NONDISTRIBUTABLE_LAYER,
        "application/vnd.docker.image.rootfs.diff.tar",
    ];
    const FOREIGN: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar";
    const SUFFIXES: [&str; 5] = ["", "+gzip", "+zstd", ".gzip", ".zstd"];
    let known = LAYERS.iter().chain([&FOREIGN]).any(|layer| {
        given
            .strip_prefix(layer)
            .is_some_and(|suffix| SUFFIXES.contains(&suffix))
    });
    if known || given.is_empty() {
        Ok(())
    } else {
        Err(Damage::NotALayer(given.to_owned()))
    }
}

// === impl Decoder ===

impl<R: BufRead> Decoder<R> {
    /// Looks at what is buffered, which is at least as much as a magic number has unless the
    /// source ends before: the caller has filled the buffer.
    pub(crate) fn new(mut compressed: R) -> io::Result<Self> {
        let start = compressed.fill_buf()?;
        let skippable = start.split_first().is_some_and(|(first, rest)| {
            first & 0xf0 == SKIPPABLE.0 && rest.starts_with(&SKIPPABLE.1)
        });
        Ok(if start.starts_with(&GZIP) {
            Self::Gzip(Box::new(MultiGzDecoder::new(compressed)))
        } else if start.starts_with(&ZSTD) || skippable {
            let mut decoder = zstd::Decoder::with_buffer(compressed)?;
            decoder.window_log_max(MOST_WINDOW_LOG)?;
            Self::Zstd(decoder)
        } else {
            Self::Plain(compressed)
        })
    }

    pub(crate) fn compressed(&self) -> &R {
        match self {
            Self::Plain(compressed) => compressed,
            Self::Gzip(decoder) => decoder.get_ref(),
            Self::Zstd(decoder) => decoder.get_ref(),
        }
    }

    pub(crate) fn compressed_mut(&mut self) -> &mut R {
        match self {
            Self::Plain(compressed) => compressed,
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Zstd(decoder) => decoder.get_mut(),
        }
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(compressed) => compressed.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_of_layers() {
        for layer in [
            "",
            media_type::OCI_LAYER,
            media_type::OCI_LAYER_GZIP,
            media_type::OCI_LAYER_ZSTD,
            media_type::OCI_NONDISTRIBUTABLE_LAYER_ZSTD,
            media_type::DOCKER_LAYER,
            media_type::DOCKER_FOREIGN_LAYER,
        ] {
            assert_eq!(check_media_type(layer), Ok(()), "{layer}");
        }
        for other in [
            "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
            "application/vnd.in-toto+json",
            media_type::OCI_CONFIG,
        ] {
            assert!(check_media_type(other).is_err(), "{other}");
        }
    }
}
