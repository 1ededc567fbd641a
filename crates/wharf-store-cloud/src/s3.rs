//! S3, and what speaks its protocol.

mod copy;
mod endpoint;

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{Attribute, Attributes, ClientOptions, Result, RetryConfig};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use self::endpoint::Endpoint;
pub use self::endpoint::Variant;
use crate::backend::{Backend, Copying};
use crate::client::Manner;

/// Where the bucket is, and how it is spoken to (distribution: `storage.s3`).
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name.
    pub bucket: String,
    /// Where it is; `us-east-1` if nothing is said.
    pub region: Option<String>,
    /// Whom to ask, if that is not Amazon: a host, or a URL.
    pub endpoint: Option<String>,
    /// Which of Amazon's addresses to ask.
    pub variant: Variant,
    /// The scheme and host of what clients are sent to, if that is another one.
    pub redirect_endpoint: Option<String>,
    /// Who asks: a key and its secret. Without them the environment, a web identity, the
    /// container's or the machine's role is taken.
    pub credentials: Option<Credentials>,
    /// Whether the bucket's name is in the path, not in the host's name.
    pub path_style: bool,
    /// Whether an endpoint without a scheme is asked by HTTPS.
    pub secure: bool,
    /// Whether a certificate need not be right.
    pub skip_verify: bool,
    /// How objects are encrypted by the provider.
    pub encryption: Encryption,
    /// The class of what is written (`x-amz-storage-class`), if one is said.
    pub storage_class: Option<String>,
    /// The canned access list of what is written (`x-amz-acl`), if one is said.
    pub access_list: Option<String>,
    /// What this client calls itself.
    pub user_agent: Option<String>,
    /// How large objects are copied.
    pub copies: Copies,
}

/// A key and its secret.
#[derive(Clone)]
pub struct Credentials {
    /// The key.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
    /// What belongs to a key that holds for a time only.
    pub session_token: Option<String>,
}

/// How objects are encrypted by the provider.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Encryption {
    /// As the bucket says.
    Default,
    /// With a key of the provider's (`AES256`).
    Provider,
    /// With this key of its key management (`aws:kms`).
    Kms(String),
}

/// How large objects are copied.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Copies {
    /// Larger ones are copied in parts.
    pub threshold: u64,
    /// Bytes of a part.
    pub part: u64,
    /// Parts at once.
    pub at_once: usize,
}

/// The backend of that bucket.
///
/// # Errors
/// When that cannot be.
pub fn backend(options: &Options) -> Result<Backend> {
    let mut attributes = Attributes::new();
    if let Some(class) = &options.storage_class {
        attributes.insert(Attribute::StorageClass, class.clone().into());
    }
    let endpoint = options.service();
    let client = build(options, &endpoint)?;
    let signer = match &options.redirect_endpoint {
        None => client.clone(),
        Some(other) => {
            let other = Endpoint {
                url: other.trim_end_matches('/').to_owned(),
                path_style: endpoint.path_style,
            };
            build(options, &other)?
        }
    };
    let copier = copy::Copier::new(client.clone(), options)?;
    let copying = Copying::InParts(Arc::new(copier));
    let backend = Backend::new(client, attributes).copying(copying);
    Ok(backend.signing_by(Arc::new(signer)))
}

fn build(options: &Options, endpoint: &Endpoint) -> Result<AmazonS3> {
    let region = options.region.as_deref();
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&options.bucket)
        .with_region(region.unwrap_or(endpoint::DEFAULT_REGION))
        .with_endpoint(&endpoint.url)
        .with_virtual_hosted_style_request(!endpoint.path_style)
        // The answer to a deletion of many repeats their keys, in which the library looks for
        // the names of errors.
        .with_disable_bulk_delete(true)
        // Nobody can change it on its way: it need not be hashed a second time.
        .with_unsigned_payload(endpoint.is_secure() && !options.skip_verify)
        .with_retry(RetryConfig {
            max_retries: RETRIES,
            ..RetryConfig::default()
        })
        .with_client_options(client(options)?);
    if let Some(credentials) = &options.credentials {
        builder = builder
            .with_access_key_id(&credentials.access_key)
            .with_secret_access_key(&credentials.secret_key);
        if let Some(token) = &credentials.session_token {
            builder = builder.with_token(token);
        }
    } else {
        for name in CREDENTIALS {
            if let Ok(value) = std::env::var(name) {
                builder = builder.with_config(name.to_ascii_lowercase().parse()?, value);
            }
        }
    }
    builder = match &options.encryption {
        Encryption::Default => builder,
        Encryption::Provider => builder.with_config(SSE.parse::<AmazonS3ConfigKey>()?, "AES256"),
        Encryption::Kms(key) => builder.with_sse_kms_encryption(key),
    };
    builder.build()
}

fn client(options: &Options) -> Result<ClientOptions> {
    let manner = Manner {
        provider: "S3",
        user_agent: options.user_agent.as_deref(),
        skip_verify: options.skip_verify,
        stalled: STALLED,
    };
    let client = manner.options()?;
    let Some(list) = &options.access_list else {
        return Ok(client);
    };
    let list = HeaderValue::from_str(list).map_err(|error| object_store::Error::Generic {
        store: "S3",
        source: error.into(),
    })?;
    Ok(client.with_default_headers(HeaderMap::from_iter([(ACCESS_LIST, list)])))
}

// === impl Options ===

impl Options {
    /// A bucket of Amazon's with nothing else said.
    #[must_use]
    pub fn of(bucket: &str) -> Self {
        Self {
            bucket: bucket.to_owned(),
            region: None,
            endpoint: None,
            variant: Variant::default(),
            redirect_endpoint: None,
            credentials: None,
            path_style: false,
            secure: true,
            skip_verify: false,
            encryption: Encryption::Default,
            storage_class: None,
            access_list: None,
            user_agent: None,
            copies: Copies::default(),
        }
    }

    /// The address of the bucket.
    #[must_use]
    pub fn address(&self) -> String {
        self.service().bucket(&self.bucket)
    }

    fn service(&self) -> Endpoint {
        Endpoint::of(self)
    }
}

// === impl Copies ===

impl Default for Copies {
    /// As distribution.
    fn default() -> Self {
        Self {
            threshold: 32 << 20,
            part: 32 << 20,
            at_once: 100,
        }
    }
}

// === impl Credentials ===

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

/// What the environment may say of who asks, where the configuration does not; it says nothing
/// else.
const CREDENTIALS: [&str; 10] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_METADATA_ENDPOINT",
];
const ACCESS_LIST: HeaderName = HeaderName::from_static("x-amz-acl");
const SSE: &str = "aws_server_side_encryption";
const RETRIES: usize = 12;
const STALLED: Duration = Duration::from_secs(60);
