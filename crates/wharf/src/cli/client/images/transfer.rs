//! How images are moved, as it is written.

use std::num::NonZeroUsize;
use std::str::FromStr;

use clap::Args;
use wharf_image::WantedPlatform;

use super::super::Reach;

/// How images are moved, and what is told of it.
#[derive(Args, Debug)]
pub(crate) struct Transfer {
    /// Only the image for this platform, such as linux/arm64 or linux/arm/v7, or `all`; may be
    /// repeated
    ///
    /// By default all of them where there is room for several, as in registries and layouts,
    /// and this machine's where there is not. With one platform, the image comes without its
    /// index; with several, the index gets shorter, and so another digest.
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub(crate) platform: Vec<PlatformChoice>,

    /// Keep the whole index with these platforms alone, and so its digest; most registries
    /// refuse that
    #[arg(long, requires = "platform")]
    pub(crate) sparse: bool,

    /// What refers to the image, too: signatures, lists of contents, attestations
    #[arg(long)]
    pub(crate) referrers: bool,

    /// How many blobs are on their way at once
    #[arg(long, value_name = "N", default_value = "3")]
    pub(crate) parallel: NonZeroUsize,

    /// Wait at the end until the disk has every file that was written
    ///
    /// Without it, power loss within some seconds may damage what was written. The same command
    /// finds what is damaged by its digest, and fetches it again.
    #[arg(long)]
    pub(crate) sync: bool,

    /// Tell every request, as a `curl` command that does the same
    #[arg(long, conflicts_with_all = ["json", "quiet"])]
    pub(crate) explain: bool,

    #[command(flatten)]
    pub(crate) telling: Telling,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// How it is told what happens.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Telling {
    /// One JSON object for each thing that happens, on standard output (docs/client.md, "Events")
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) json: bool,

    /// Nothing but the digest
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// A platform, or all of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum PlatformChoice {
    All,
    One(WantedPlatform),
}

// === impl PlatformChoice ===

impl FromStr for PlatformChoice {
    type Err = wharf_image::PlatformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            text => text.parse().map(Self::One),
        }
    }
}
