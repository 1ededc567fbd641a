//! Google Cloud Storage.

mod rewrite;

use std::sync::Arc;
use std::time::Duration;

use object_store::client::HttpConnector as _;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{Attributes, Result, RetryConfig};

use crate::backend::{Backend, Copying};
use crate::client::{Connector, Manner};

/// Where the bucket is, and how it is spoken to (distribution: `storage.gcs`).
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name.
    pub bucket: String,
    /// Whom to ask, if that is not Google: a URL without a path.
    pub endpoint: Option<String>,
    /// Who asks.
    pub credentials: Credentials,
    /// Requests at once, if they are bounded.
    pub at_once: Option<usize>,
    /// What this client calls itself.
    pub user_agent: Option<String>,
}

/// Who asks.
#[derive(Clone)]
pub enum Credentials {
    /// A service account, whose key is in this file, as Google gives it out.
    KeyFile(String),
    /// A service account, whose key is this text, as it would be in such a file.
    Key(String),
    /// What Google calls application default credentials: the file that
    /// `GOOGLE_APPLICATION_CREDENTIALS` names, the one of `gcloud`, or the account of the
    /// machine.
    Application,
}

/// The backend of that bucket.
///
/// # Errors
/// When that cannot be.
pub fn backend(options: &Options) -> Result<Backend> {
    let endpoint = options.service();
    let manner = Manner {
        provider: "GCS",
        user_agent: options.user_agent.as_deref(),
        skip_verify: false,
        stalled: STALLED,
    };
    let client = manner.options()?;
    let connector = Connector::new(options.at_once);
    let http = connector.connect(&client)?;
    let builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(&options.bucket)
        .with_base_url(endpoint)
        .with_retry(RetryConfig {
            max_retries: RETRIES,
            ..RetryConfig::default()
        })
        .with_client_options(client)
        .with_http_connector(connector);
    let builder = match &options.credentials {
        Credentials::KeyFile(path) => builder.with_service_account_path(path),
        Credentials::Key(key) => builder.with_service_account_key(key),
        Credentials::Application => match std::env::var("GOOGLE_APPLICATION_CREDENTIALS") {
            Ok(path) if !path.is_empty() => builder.with_application_credentials(path),
            Ok(_) | Err(_) => builder,
        },
    };
    let client = builder.build()?;
    let rewriter = rewrite::Rewriter::new(&client, http, endpoint, &options.bucket);
    let copying = Copying::ByItself(Arc::new(rewriter));
    let backend = Backend::new(client.clone(), Attributes::new()).copying(copying);
    // With the key of a service account at hand, Google is not asked for signatures.
    Ok(backend.signing_by(Arc::new(client)))
}

// === impl Options ===

impl Options {
    /// The address of the bucket.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}/{}", self.service(), self.bucket)
    }

    fn service(&self) -> &str {
        let endpoint = self.endpoint.as_deref().unwrap_or(GOOGLE);
        endpoint.trim_end_matches('/')
    }
}

// === impl Credentials ===

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::KeyFile(path) => f.debug_tuple("KeyFile").field(path).finish(),
            Self::Key(_) => f.write_str("Key"),
            Self::Application => f.write_str("Application"),
        }
    }
}

const GOOGLE: &str = "https://storage.googleapis.com";
const RETRIES: usize = 12;
/// Putting parts together may take Google minutes, in which nothing is answered.
const STALLED: Duration = Duration::from_secs(300);
