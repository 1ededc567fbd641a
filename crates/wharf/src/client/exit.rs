//! What the exit codes of a client mean (docs/client.md, "Exit codes").

use std::error::Error as StdError;
use std::io;
use std::process::ExitCode;

use anyhow::Error;
use wharf_client::ClientError;
use wharf_image::ImageError;
use wharf_layers::{LayerError, Reason, UnpackError};

/// Why a command did not do what it was asked for, as far as scripts branch on it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Failure {
    NotFound,
    Denied,
    Damaged,
    Network,
    Interrupted,
}

/// The command was stopped by SIGINT or SIGTERM.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("interrupted: run the same command again to finish")]
pub(super) struct Interrupted;

/// All that an error knows. Some say themselves what their cause is, which is not said twice.
pub(crate) fn message(error: &Error) -> String {
    let mut message = String::new();
    for cause in error.chain() {
        let said = cause.to_string();
        if message.ends_with(&said) {
            continue;
        }
        if !message.is_empty() {
            message += ": ";
        }
        message += &said;
    }
    message
}

/// The exit code of an error.
pub(crate) fn code(error: &Error) -> ExitCode {
    let failure = error.chain().find_map(failure);
    failure.map_or(ExitCode::FAILURE, |failure| ExitCode::from(failure.code()))
}

/// Whether nothing else can be asked for there, either.
pub(super) fn is_network(error: &Error) -> bool {
    error.chain().find_map(failure) == Some(Failure::Network)
}

fn failure(cause: &(dyn StdError + 'static)) -> Option<Failure> {
    if let Some(error) = cause.downcast_ref::<ImageError>() {
        return of_image(error);
    }
    if let Some(error) = cause.downcast_ref::<ClientError>() {
        return of_client(error);
    }
    if let Some(error) = cause.downcast_ref::<LayerError>() {
        return of_layer(error);
    }
    if let Some(UnpackError::Layer(error)) = cause.downcast_ref() {
        return of_layer(error);
    }
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return of_stream(error);
    }
    cause.is::<Interrupted>().then_some(Failure::Interrupted)
}

fn of_image(error: &ImageError) -> Option<Failure> {
    match error {
        ImageError::Client(error) => of_client(error),
        ImageError::NotFound { .. } | ImageError::NoPlatform { .. } => Some(Failure::NotFound),
        ImageError::Damaged { .. }
        | ImageError::DigestMismatch { .. }
        | ImageError::Manifest { .. } => Some(Failure::Damaged),
        ImageError::Daemon { .. } => Some(Failure::Network),
        ImageError::Interrupted => Some(Failure::Interrupted),
        ImageError::File {
            action: "open",
            source,
            ..
        } if source.kind() == io::ErrorKind::NotFound => Some(Failure::NotFound),
        ImageError::File { source, .. } => of_stream(source),
        ImageError::Ambiguous { .. }
        | ImageError::Declined { .. }
        | ImageError::TooLarge { .. }
        | ImageError::Unsupported { .. } => None,
    }
}

fn of_client(error: &ClientError) -> Option<Failure> {
    match error {
        ClientError::NotFound { .. } => Some(Failure::NotFound),
        ClientError::Denied { .. } => Some(Failure::Denied),
        ClientError::DigestMismatch { .. } => Some(Failure::Damaged),
        ClientError::Network { .. } => Some(Failure::Network),
        ClientError::Source { source, .. } => of_stream(source),
        ClientError::Unverified { .. }
        | ClientError::Refused { .. }
        | ClientError::Protocol { .. }
        | ClientError::Settings(_)
        | ClientError::Credentials(_) => None,
    }
}

fn of_layer(error: &LayerError) -> Option<Failure> {
    match &*error.reason {
        Reason::Damaged(_) => Some(Failure::Damaged),
        Reason::Source(error) => of_stream(error),
        Reason::Refused(_) | Reason::Excess(_) | Reason::Disk { .. } => None,
    }
}

/// What was carried through an error of reading.
fn of_stream(error: &io::Error) -> Option<Failure> {
    let inner: &(dyn StdError + 'static) = error.get_ref()?;
    failure(inner)
}

// === impl Failure ===

impl Failure {
    const fn code(self) -> u8 {
        match self {
            Self::NotFound => 3,
            Self::Denied => 4,
            Self::Damaged => 5,
            Self::Network => 6,
            // As a shell has it for SIGINT.
            Self::Interrupted => 130,
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use wharf_client::NetworkProblem;

    use super::*;

    #[test]
    fn the_cause_is_found_wherever_it_is() {
        let network = || ClientError::Network {
            what: "a blob".to_owned(),
            host: "localhost".to_owned(),
            problem: NetworkProblem::Stalled(60),
        };
        let wrapped = Err::<(), _>(network()).context("the image").unwrap_err();
        let image = Error::from(ImageError::from(network()));
        let layer = Error::from(UnpackError::Layer(LayerError {
            position: 1,
            digest: format!("sha256:{}", "0".repeat(64)).parse().unwrap(),
            entry: None,
            reason: Box::new(Reason::Source(io::Error::other(network()))),
        }));
        for error in [wrapped, image, layer] {
            assert_eq!(error.chain().find_map(failure), Some(Failure::Network));
        }
        let file = Error::from(ImageError::File {
            action: "open",
            path: "a.tar".into(),
            source: io::Error::other("it is locked"),
        });
        let expected = "the archive: cannot open a.tar: it is locked";
        assert_eq!(message(&file.context("the archive")), expected);
        let other = Error::from(io::Error::other("full"));
        assert_eq!(other.chain().find_map(failure), None);
    }
}
