//! Places, as people write them.
//!
//! | text | place |
//! |---|---|
//! | `NAME` or `docker://NAME` | a repository of a registry |
//! | `oci:DIR[:NAME]` or `oci:DIR@DIGEST` | an OCI layout in a directory |
//! | `oci-archive:FILE[:NAME]` or `oci-archive:FILE@DIGEST` | the same in a tar archive |
//! | `docker-archive:FILE[:NAME]` | an archive as `docker save` writes it |
//! | `dir:DIR` | a directory as skopeo writes it |
//! | `docker-daemon:NAME` or `docker-daemon:ID` | an image of Docker's engine |
//!
//! In place of a FILE, `-` is standard input or output. Where a repository's name begins like
//! one of these, `docker://` before it makes it clear.

mod error;
mod parse;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use wharf_client::ImageName;
use wharf_spec::Digest;

pub use self::error::PlaceError;

/// A place, which is printed as it was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    kind: PlaceKind,
    text: String,
}

/// What a place is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PlaceKind {
    /// An image in a registry.
    Registry(ImageName),
    /// A directory with an OCI layout (image-spec: image-layout.md).
    Layout {
        /// The directory.
        directory: PathBuf,
        /// Which of its images.
        reference: Option<LayoutReference>,
    },
    /// An OCI layout in a tar archive.
    LayoutArchive {
        /// The archive.
        file: Stream,
        /// Which of its images.
        reference: Option<LayoutReference>,
    },
    /// An archive of `docker save`.
    DockerArchive {
        /// The archive.
        file: Stream,
        /// Which of its images.
        name: Option<ImageName>,
    },
    /// skopeo's directory: one image. containers-transports(5), "dir"
    Directory(PathBuf),
    /// Docker's engine.
    Daemon(DaemonImage),
}

/// An archive: a file, or what flows in or out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Stream {
    /// Standard input where it is read, standard output where it is written.
    Standard,
    /// A file.
    File(PathBuf),
}

/// Which image of a layout.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LayoutReference {
    /// The one of this name (image-spec: annotations.md, `org.opencontainers.image.ref.name`).
    Name(String),
    /// The one with this digest.
    Digest(Digest),
}

/// Which image of an engine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DaemonImage {
    /// The one of this name.
    Name(ImageName),
    /// The one with this ID.
    Id(Digest),
}

// === impl Place ===

impl Place {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> &PlaceKind {
        &self.kind
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self {
            kind: parse::place(text)?,
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A place that nobody wrote. The path of an archive may have colons then.
impl From<PlaceKind> for Place {
    fn from(kind: PlaceKind) -> Self {
        let text = kind.to_string();
        Self { kind, text }
    }
}

// === impl PlaceKind ===

impl fmt::Display for PlaceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(name) => name.fmt(f),
            Self::Layout {
                directory,
                reference,
            } => write!(
                f,
                "oci:{}{}",
                directory.display(),
                shown(reference.as_ref())
            ),
            Self::LayoutArchive { file, reference } => {
                let path = file.path().display();
                write!(f, "oci-archive:{path}{}", shown(reference.as_ref()))
            }
            Self::DockerArchive { file, name } => {
                write!(f, "docker-archive:{}", file.path().display())?;
                name.as_ref()
                    .map_or(Ok(()), |name| write!(f, ":{}", name.familiar()))
            }
            Self::Directory(path) => write!(f, "dir:{}", path.display()),
            Self::Daemon(image) => write!(f, "docker-daemon:{image}"),
        }
    }
}

// === impl Stream ===

impl Stream {
    /// The file's path; `-` of a stream.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Standard => Path::new("-"),
            Self::File(path) => path,
        }
    }
}

// === impl DaemonImage ===

impl fmt::Display for DaemonImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(&name.familiar()),
            Self::Id(digest) => digest.fmt(f),
        }
    }
}

// === private ===

fn shown(reference: Option<&LayoutReference>) -> String {
    match reference {
        None => String::new(),
        Some(LayoutReference::Name(name)) => format!(":{name}"),
        Some(LayoutReference::Digest(digest)) => format!("@{digest}"),
    }
}
