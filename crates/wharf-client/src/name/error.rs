//! What is wrong with a name.

use wharf_spec::{DigestError, NameError, TagError};

/// Why a text is no [`ImageName`](crate::ImageName). Each says what to write instead.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ImageNameError {
    /// There is nothing.
    #[error("the name of the image is empty: write NAME, NAME:TAG or NAME@DIGEST")]
    Empty,
    /// It is a URL.
    #[error("{0:?} is a URL: leave out what stands before the registry's host")]
    Url(String),
    /// Registries know no such repository.
    #[error("the name of a repository is in lower case: write {lower:?} instead of {text:?}")]
    UpperCase {
        /// The repository.
        text: String,
        /// The same in lower case.
        lower: String,
    },
    /// Docker takes such a text for the ID of an image that it has.
    #[error("{0} is the ID of an image, and no name: a digest is written NAME@sha256:DIGITS")]
    Identifier(String),
    /// What stands for the registry is no host.
    #[error("in the name {text:?}: {source}")]
    Host {
        /// The image's name.
        text: String,
        /// What is wrong with its host.
        source: RegistryHostError,
    },
    /// The repository is none.
    #[error("{text:?} is no repository: {source}")]
    Repository {
        /// The repository.
        text: String,
        /// What is wrong with it.
        source: NameError,
    },
    /// What stands after the colon is no tag.
    #[error("{text:?} is no tag: {source}")]
    Tag {
        /// The tag.
        text: String,
        /// What is wrong with it.
        source: TagError,
    },
    /// What stands after the `@` is no digest.
    #[error("{text:?} is no digest: {source}")]
    Digest {
        /// The digest.
        text: String,
        /// What is wrong with it.
        source: DigestError,
    },
}

/// Why a text is no [`RegistryHost`](crate::RegistryHost).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RegistryHostError {
    /// It does not follow the grammar. distribution/reference: regexp.go, `domainAndPort`
    #[error(
        "{0:?} is no host: write NAME or NAME:PORT, where the name has letters, digits, dots \
         and dashes, or is an IPv6 address in brackets"
    )]
    Invalid(String),
    /// What stands after the colon is no port.
    #[error("{0:?} is no port: write a number from 1 to 65535")]
    Port(String),
    /// No name in DNS is as long.
    #[error(
        "the name of a host has at most {} characters",
        crate::RegistryHost::MAX_LEN
    )]
    TooLong,
}
