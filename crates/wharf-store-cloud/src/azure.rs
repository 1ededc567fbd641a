//! Azure Blob Storage.

mod blocks;
mod copy;

use std::sync::Arc;
use std::time::Duration;

use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::{Attributes, BackoffConfig, Result, RetryConfig};

use crate::backend::{Backend, Copying};
use crate::client::{Connector, Manner};
use crate::parts::Gathering;

/// Where the container is, and how it is spoken to (distribution: `storage.azure`).
#[derive(Clone, Debug)]
pub struct Options {
    /// The storage account.
    pub account: String,
    /// The container's name.
    pub container: String,
    /// Who asks.
    pub credentials: Credentials,
    /// The domain of the service, `core.windows.net` if nothing else is meant.
    pub realm: String,
    /// The whole address of the service, if it does not follow from account and realm. It has
    /// no container in it.
    pub service_url: Option<String>,
    /// Attempts after the first, if they are not as many as usual.
    pub retries: Option<usize>,
    /// About how long before the second attempt, if that is said.
    pub first_pause: Option<Duration>,
    /// Whether a certificate need not be right.
    pub skip_verify: bool,
}

/// Who asks.
#[derive(Clone)]
pub enum Credentials {
    /// Whoever has the account's key, in base64.
    SharedKey(String),
    /// An application that is registered with Entra.
    ClientSecret {
        /// Its tenant.
        tenant: String,
        /// Its name there.
        client: String,
        /// Its secret.
        secret: String,
    },
    /// As the environment says: an application (`AZURE_TENANT_ID`, `AZURE_CLIENT_ID`,
    /// `AZURE_CLIENT_SECRET`), a workload of Kubernetes (`AZURE_FEDERATED_TOKEN_FILE` instead of
    /// the secret), or the identity of the machine.
    Default,
}

/// The backend of that container.
///
/// # Errors
/// When that cannot be.
pub fn backend(options: &Options) -> Result<Backend> {
    let backoff = BackoffConfig::default();
    let manner = Manner {
        provider: "Azure",
        user_agent: None,
        skip_verify: options.skip_verify,
        stalled: STALLED,
    };
    let builder = MicrosoftAzureBuilder::new()
        .with_account(&options.account)
        .with_container_name(&options.container)
        .with_endpoint(options.service())
        .with_retry(RetryConfig {
            max_retries: options.retries.unwrap_or(RETRIES),
            backoff: BackoffConfig {
                init_backoff: options.first_pause.unwrap_or(backoff.init_backoff),
                ..backoff
            },
            ..RetryConfig::default()
        })
        .with_client_options(manner.options()?)
        .with_http_connector(Connector::new(None));
    let client = options.credentials.give(builder).build()?;
    let blocks = blocks::Blocks(client.clone());
    let copying = Copying::ByItself(Arc::new(copy::Copier::new(blocks.clone())));
    let backend = Backend {
        objects: Arc::new(blocks),
        ..Backend::new(client.clone(), Attributes::new())
    };
    let backend = backend.gathering(Gathering::Apart).copying(copying);
    // With the account's key at hand, Azure is not asked for a key to sign with.
    Ok(backend.signing_by(Arc::new(client)))
}

// === impl Options ===

impl Options {
    /// The address of the container.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}/{}", self.service(), self.container)
    }

    fn service(&self) -> String {
        match &self.service_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("https://{}.blob.{}", self.account, self.realm),
        }
    }
}

// === impl Credentials ===

impl Credentials {
    fn give(&self, builder: MicrosoftAzureBuilder) -> MicrosoftAzureBuilder {
        match self {
            Self::SharedKey(key) => builder
                .with_access_key(key)
                .with_credential_type("access_key"),
            Self::ClientSecret {
                tenant,
                client,
                secret,
            } => of_authority(builder)
                .with_client_secret_authorization(client, secret, tenant)
                .with_credential_type("client_secret"),
            Self::Default => of_environment(of_authority(builder)),
        }
    }
}

/// The order is that of Microsoft's own clients.
fn of_environment(builder: MicrosoftAzureBuilder) -> MicrosoftAzureBuilder {
    let client = variable("AZURE_CLIENT_ID");
    let tenant = variable("AZURE_TENANT_ID");
    if let (Some(client), Some(tenant)) = (&client, &tenant) {
        if let Some(secret) = variable("AZURE_CLIENT_SECRET") {
            return builder
                .with_client_secret_authorization(client, secret, tenant)
                .with_credential_type("client_secret");
        }
        if let Some(file) = variable("AZURE_FEDERATED_TOKEN_FILE") {
            return builder
                .with_client_id(client)
                .with_tenant_id(tenant)
                .with_federated_token_file(file)
                .with_credential_type("workload_identity");
        }
    }
    let mut builder = builder.with_credential_type("managed_identity");
    if let Some(client) = client {
        builder = builder.with_client_id(client);
    }
    if let Some(endpoint) = variable("IDENTITY_ENDPOINT") {
        builder = builder.with_msi_endpoint(endpoint);
    }
    builder
}

/// Who knows the applications: another one than usual in sovereign clouds.
fn of_authority(builder: MicrosoftAzureBuilder) -> MicrosoftAzureBuilder {
    match variable("AZURE_AUTHORITY_HOST") {
        Some(host) => {
            let host = host.trim_end_matches('/').to_owned();
            builder.with_config(AzureConfigKey::AuthorityHost, host)
        }
        None => builder,
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::SharedKey(_) => "SharedKey",
            Self::ClientSecret { .. } => "ClientSecret",
            Self::Default => "Default",
        })
    }
}

const RETRIES: usize = 12;
const STALLED: Duration = Duration::from_secs(60);
