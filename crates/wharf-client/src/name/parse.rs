//! A text taken apart as distribution/reference does it.

use wharf_spec::{RepositoryName, Tag};

use crate::{ImageName, ImageNameError, RegistryHost};

/// `[HOST/]PATH[:TAG][@DIGEST]`
pub(super) fn image_name(text: &str) -> Result<ImageName, ImageNameError> {
    if text.is_empty() {
        return Err(ImageNameError::Empty);
    }
    if text.contains("://") {
        return Err(ImageNameError::Url(text.to_owned()));
    }
    if is_identifier(text) {
        return Err(ImageNameError::Identifier(text.to_owned()));
    }
    let (name, digest) = split_once(text, '@');
    let digest = digest.map(|text| text.parse().map_err(|source| digest_error(text, source)));
    let digest = digest.transpose()?;
    let (host, rest) = split_host(name);
    let registry = host.map_or_else(|| Ok(RegistryHost::docker_hub()), str::parse);
    let registry = registry.map_err(|source| ImageNameError::Host {
        text: text.to_owned(),
        source,
    })?;
    let (path, tag) = split_once(rest, ':');
    let repository = repository(&registry, path)?;
    let tag = match (tag, digest) {
        (None, Some(_)) => None,
        (tag, _) => Some(parse_tag(tag.unwrap_or(ImageName::DEFAULT_TAG))?),
    };
    Ok(ImageName {
        registry,
        repository,
        tag,
        digest,
    })
}

/// The part before the first slash is a host if it has a dot, a colon or an upper-case letter,
/// which the first component of a path does not have, or is `localhost`.
/// distribution/reference: normalize.go, `splitDockerDomain`
fn split_host(name: &str) -> (Option<&str>, &str) {
    let is_host = |text: &str| {
        text == "localhost"
            || text.contains(['.', ':'])
            || text.chars().any(|character| character.is_ascii_uppercase())
    };
    match name.split_once('/') {
        Some((first, rest)) if is_host(first) => (Some(first), rest),
        _ => (None, name),
    }
}

fn repository(registry: &RegistryHost, path: &str) -> Result<RepositoryName, ImageNameError> {
    let lower = path.to_lowercase();
    if lower != path {
        let text = path.to_owned();
        return Err(ImageNameError::UpperCase { text, lower });
    }
    let is_official = registry.is_docker_hub() && !path.contains('/');
    let parsed = if is_official && !path.is_empty() {
        format!("library/{path}").parse()
    } else {
        path.parse()
    };
    parsed.map_err(|source| ImageNameError::Repository {
        text: path.to_owned(),
        source,
    })
}

fn parse_tag(text: &str) -> Result<Tag, ImageNameError> {
    text.parse().map_err(|source| ImageNameError::Tag {
        text: text.to_owned(),
        source,
    })
}

fn digest_error(text: &str, source: wharf_spec::DigestError) -> ImageNameError {
    ImageNameError::Digest {
        text: text.to_owned(),
        source,
    }
}

fn split_once(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

/// 64 digits in lower case. distribution/reference: regexp.go, `anchoredIdentifierRegexp`
fn is_identifier(text: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 64 && text.bytes().all(is_digit)
}
