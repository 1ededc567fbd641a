//! What is wrong with a place.

use wharf_client::ImageNameError;

/// Why a text is no [`Place`](crate::Place). Each says what to write instead.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PlaceError {
    /// There is nothing.
    #[error(
        "a place is empty: write NAME, oci:DIR, oci-archive:FILE, docker-archive:FILE, dir:DIR \
         or docker-daemon:NAME"
    )]
    Empty,
    /// Other programs know such places.
    #[error(
        "{0}: is no kind of place here: there are docker://, oci:, oci-archive:, \
         docker-archive:, dir: and docker-daemon:"
    )]
    Kind(String),
    /// A kind without its path or name.
    #[error("{0} is followed by {1}")]
    Missing(&'static str, &'static str),
    /// What stands for an image's name is none.
    #[error("in {text:?}: {source}")]
    Name {
        /// The place.
        text: String,
        /// What is wrong with the name.
        source: ImageNameError,
    },
    /// What stands for the name within a layout is none (image-spec: annotations.md).
    #[error(
        "{0:?} cannot name an image in a layout: it has words of letters and digits, and one \
         of `-._:@+/` or `--` between them"
    )]
    Reference(String),
    /// What stands after the `@` is no digest.
    #[error("{text:?} is no digest: {source}")]
    Digest {
        /// The digest.
        text: String,
        /// What is wrong with it.
        source: wharf_spec::DigestError,
    },
}
