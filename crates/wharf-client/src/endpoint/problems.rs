//! From errors of connections to errors that people can do something about.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::Url;

use crate::error::{ClientError, NetworkProblem};

/// Why there is no answer, or no more of it.
#[derive(Debug)]
pub(super) enum Failure {
    Http(reqwest::Error),
    Stalled(Duration),
    /// What was to be sent could not be read.
    Source(io::Error),
}

// === impl Failure ===

impl Failure {
    pub(super) fn into_error(self, what: &str, url: &Url) -> ClientError {
        let what = what.to_owned();
        let problem = match self {
            Self::Source(source) => return ClientError::Source { what, source },
            Self::Stalled(patience) => NetworkProblem::Stalled(patience.as_secs()),
            Self::Http(error) => problem(error),
        };
        ClientError::Network {
            what,
            host: host(url),
            problem,
        }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error)
    }
}

/// An error with what caused it, since its own text says little. Addresses may hold secrets:
/// they are taken out before.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// An answer that cannot be used.
pub(super) fn protocol(what: &str, url: &Url, problem: String) -> ClientError {
    ClientError::Protocol {
        what: what.to_owned(),
        host: host(url),
        problem,
    }
}

/// Host and port alone: the rest may hold secrets.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

// === private ===

fn problem(error: reqwest::Error) -> NetworkProblem {
    let error = error.without_url();
    let text = causes(&error);
    if is_of_tls(&error) {
        NetworkProblem::Tls(text)
    } else if error.is_connect() || error.is_builder() {
        NetworkProblem::Connect(text)
    } else {
        NetworkProblem::Broken(text)
    }
}

/// Whether TLS refused, and not only the connection ended while it was set up.
fn is_of_tls(error: &(dyn Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    // Its source is that of what it holds.
    let held = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    let cause = held.map(|held| held as &(dyn Error + 'static));
    cause.or_else(|| error.source()).is_some_and(is_of_tls)
}
