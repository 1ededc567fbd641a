//! A HEAD request to somebody whom the registry needs.

use std::error::Error as _;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use reqwest::{Client, ClientBuilder, Url};

use super::HealthError;
use super::probe::or_default;

/// A request and the answer that it must get.
#[derive(Clone, Debug)]
pub struct HttpProbe {
    /// Where to, `http://` or `https://`. It is the check's name too.
    pub uri: String,
    /// What to send along, a name as often as it has values.
    pub headers: Vec<(String, String)>,
    /// The status that is well, after redirects.
    pub status: u16,
    /// For the whole exchange; `None` for 30 seconds.
    pub timeout: Option<Duration>,
}

/// One that can be sent.
pub(super) struct HttpProber {
    client: Client,
    url: Url,
    headers: HeaderMap,
    expected: StatusCode,
    timeout: Duration,
}

// === impl HttpProbe ===

impl HttpProbe {
    /// A request for `uri` that must be answered with 200.
    #[must_use]
    pub fn new(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            headers: Vec::new(),
            status: 200,
            timeout: None,
        }
    }

    /// The address, less the password that may stand in it: names are shown to everybody.
    pub(super) fn name(&self) -> String {
        match Url::parse(&self.uri) {
            Ok(mut url) if url.password().is_some() => {
                // It has a host, since it has a password.
                let _ = url.set_password(Some("xxxxx"));
                url.to_string()
            }
            Ok(_) | Err(_) => self.uri.clone(),
        }
    }
}

// === impl HttpProber ===

impl HttpProber {
    pub(super) fn new(probe: &HttpProbe) -> Result<Self, HealthError> {
        let wrong = |reason: String| HealthError::Http {
            uri: probe.name(),
            reason,
        };
        let url = Url::parse(&probe.uri).map_err(|error| wrong(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("it is neither http nor https".to_owned()));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &probe.headers {
            let header = HeaderName::try_from(name).map_err(|error| wrong(error.to_string()))?;
            let value = HeaderValue::try_from(value)
                .map_err(|_| wrong(format!("the value of {name} cannot stand in a header")))?;
            headers.append(header, value);
        }
        let expected = StatusCode::from_u16(probe.status)
            .map_err(|_| wrong(format!("{} is no status", probe.status)))?;
        Ok(Self {
            client: client().map_err(HealthError::Client)?,
            url,
            headers,
            expected,
            timeout: or_default(probe.timeout),
        })
    }

    pub(super) const fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) async fn ask(&self) -> Result<(), String> {
        let request = self
            .client
            .head(self.url.clone())
            .headers(self.headers.clone())
            .timeout(self.timeout);
        match request.send().await {
            Ok(response) if response.status() == self.expected => Ok(()),
            Ok(response) => Err(format!(
                "the answer was {}, not {}",
                response.status().as_u16(),
                self.expected.as_u16()
            )),
            Err(error) => Err(causes(&error.without_url())),
        }
    }
}

/// A client that connects anew each time, since that is what is to be tested. Where the
/// system has no certificates of authorities (a container from scratch), `http://` works
/// all the same, and `https://` fails with the reason.
fn client() -> reqwest::Result<Client> {
    trusting(|| {
        Client::builder()
            .pool_max_idle_per_host(0)
            .user_agent(concat!("wharf/", env!("CARGO_PKG_VERSION")))
    })
}

/// A client that checks servers by the certificates of authorities, as far as there are any.
pub(crate) fn trusting(builder: impl Fn() -> ClientBuilder) -> reqwest::Result<Client> {
    builder().build().or_else(|error| {
        tracing::debug!(
            error = causes(&error),
            "no certificates to check servers by"
        );
        builder().tls_certs_only([]).build()
    })
}

/// An error with what caused it: reqwest's own text says nothing.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
