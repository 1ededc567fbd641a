//! Headers that an operator wants on answers.

use http::header::{CONNECTION, CONTENT_LENGTH, TRAILER, TRANSFER_ENCODING, UPGRADE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Headers for every answer of the API (distribution: `http.headers`): refusals included,
/// but not `/`, redirects and paths where nothing is.
///
/// What the API itself has to say in a header of the same name is said instead, but a
/// `Vary` is added to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ResponseHeaders(HeaderMap);

/// Why a header cannot be on answers.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ResponseHeaderError {
    /// It cannot be the name of a header.
    #[error("{0:?} is no name of a header")]
    Name(String),
    /// The name is one by which the server says where an answer ends.
    #[error("the header {0} belongs to the connection and cannot be chosen")]
    Connection(HeaderName),
    /// It cannot be the value of a header.
    #[error("the value {value:?} of the header {name} has characters that no header can have")]
    Value {
        /// Whose value.
        name: HeaderName,
        /// The text.
        value: String,
    },
    /// There are tens of thousands of them.
    #[error("there are too many headers")]
    TooMany,
}

// === impl ResponseHeaders ===

impl ResponseHeaders {
    /// Headers by name and value; a name may come several times.
    ///
    /// # Errors
    /// The first that cannot be sent.
    pub fn new<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ResponseHeaderError> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name = HeaderName::try_from(name)
                .map_err(|_| ResponseHeaderError::Name(name.to_owned()))?;
            if OF_THE_CONNECTION.contains(&name) {
                return Err(ResponseHeaderError::Connection(name));
            }
            let value =
                HeaderValue::try_from(value.trim()).map_err(|_| ResponseHeaderError::Value {
                    name: name.clone(),
                    value: value.to_owned(),
                })?;
            headers
                .try_append(name, value)
                .map_err(|_| ResponseHeaderError::TooMany)?;
        }
        Ok(Self(headers))
    }

    /// Puts them on an answer.
    pub(crate) fn add_to(&self, answer: &mut HeaderMap) {
        for name in self.0.keys() {
            if answer.contains_key(name) && name != VARY {
                continue;
            }
            for value in self.0.get_all(name) {
                answer.append(name.clone(), value.clone());
            }
        }
    }
}

const OF_THE_CONNECTION: [HeaderName; 5] = [
    CONNECTION,
    CONTENT_LENGTH,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];
