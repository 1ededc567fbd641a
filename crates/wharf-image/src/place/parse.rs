//! A text taken apart.

use std::path::PathBuf;

use wharf_client::ImageName;
use wharf_spec::Digest;

use super::{DaemonImage, LayoutReference, PlaceError, PlaceKind, Stream};

pub(super) fn place(text: &str) -> Result<PlaceKind, PlaceError> {
    if text.is_empty() {
        return Err(PlaceError::Empty);
    }
    if let Some(rest) = text.strip_prefix("docker://") {
        return image(text, required("docker://", rest, "the NAME of an image")?)
            .map(PlaceKind::Registry);
    }
    let (kind, rest) = text.split_once(':').unwrap_or(("", text));
    match kind {
        "oci" => {
            let (path, reference) = layout(required("oci:", rest, DIRECTORY)?)?;
            let directory = required("oci:", path, DIRECTORY)?.into();
            Ok(PlaceKind::Layout {
                directory,
                reference,
            })
        }
        "oci-archive" => {
            let (path, reference) = layout(required("oci-archive:", rest, FILE)?)?;
            let file = stream(required("oci-archive:", path, FILE)?);
            Ok(PlaceKind::LayoutArchive { file, reference })
        }
        "docker-archive" => {
            let (path, name) = split(rest, ':');
            let file = stream(required("docker-archive:", path, FILE)?);
            let name = name.map(|name| image(text, name)).transpose()?;
            Ok(PlaceKind::DockerArchive { file, name })
        }
        "dir" => {
            let path = required("dir:", rest, DIRECTORY)?;
            Ok(PlaceKind::Directory(path.into()))
        }
        "docker-daemon" => {
            let rest = required("docker-daemon:", rest, "the NAME or ID of an image")?;
            let id = rest.parse::<Digest>().map(DaemonImage::Id);
            let image = id.or_else(|_| image(text, rest).map(DaemonImage::Name))?;
            Ok(PlaceKind::Daemon(image))
        }
        kind if FOREIGN.contains(&kind) || rest.starts_with("//") => {
            Err(PlaceError::Kind(kind.to_owned()))
        }
        _ => image(text, text).map(PlaceKind::Registry),
    }
}

fn image(text: &str, name: &str) -> Result<ImageName, PlaceError> {
    name.parse().map_err(|source| PlaceError::Name {
        text: text.to_owned(),
        source,
    })
}

/// `PATH[:NAME]` or `PATH@DIGEST`
fn layout(text: &str) -> Result<(&str, Option<LayoutReference>), PlaceError> {
    if let Some((path, digest)) = text.split_once('@').filter(|(path, _)| !path.contains(':')) {
        let digest = digest.parse().map_err(|source| PlaceError::Digest {
            text: digest.to_owned(),
            source,
        })?;
        return Ok((path, Some(LayoutReference::Digest(digest))));
    }
    let (path, name) = split(text, ':');
    match name {
        Some(name) if !is_reference(name) => Err(PlaceError::Reference(name.to_owned())),
        name => {
            let name = name.map(|name| LayoutReference::Name(name.to_owned()));
            Ok((path, name))
        }
    }
}

fn stream(path: &str) -> Stream {
    match path {
        "-" => Stream::Standard,
        path => Stream::File(PathBuf::from(path)),
    }
}

fn required<'a>(
    kind: &'static str,
    rest: &'a str,
    what: &'static str,
) -> Result<&'a str, PlaceError> {
    match rest {
        "" => Err(PlaceError::Missing(kind, what)),
        rest => Ok(rest),
    }
}

fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

/// `[A-Za-z0-9]+(([-._:@+/]|--)[A-Za-z0-9]+)*`
fn is_reference(text: &str) -> bool {
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // Two dashes are one separator.
    let text = text.replace("--", "-");
    text.split(['-', '.', '_', ':', '@', '+', '/'])
        .all(|word| !word.is_empty() && is_word(word))
}

const DIRECTORY: &str = "the path of a DIRECTORY";
const FILE: &str = "the path of a FILE, or -";
/// Kinds of other programs that could pass for the name of a repository. containers-transports(5)
const FOREIGN: [&str; 6] = [
    "containers-storage",
    "ostree",
    "sif",
    "tarball",
    "ocidir",
    "oci-layout",
];
