//! Connections: one kind for the registry, one for everybody that it sends us to.

use reqwest::{Client, Proxy, redirect};
use rustls::ClientConfig;

use super::trust::Trust;
use crate::RegistryHost;
use crate::certificates::HostCertificates;
use crate::error::SettingsError;
use crate::settings::{ClientSettings, ProxyChoice};

/// Pools of connections.
#[derive(Clone, Debug)]
pub(super) struct Connectors {
    /// With the registry, to which this client shows its certificate.
    pub(super) own: Client,
    /// With others.
    pub(super) foreign: Client,
}

// === impl Connectors ===

impl Connectors {
    pub(super) fn new(
        settings: &ClientSettings,
        registry: &RegistryHost,
    ) -> Result<Self, SettingsError> {
        let directories = &settings.certificate_directories;
        let of_host = HostCertificates::find(directories, registry)?;
        // Its token server is believed by the same authorities, as Docker and Podman have it.
        let given = of_host.authorities.iter().chain(&settings.authorities);
        let trust = Trust::new(settings.verification, given)?;
        let foreign = client(settings, &settings.proxy, trust.settings(None)?)?;
        let identity = settings.identity.as_ref().or(of_host.identity.as_ref());
        // The environment means others. Go: net/http, `ProxyFromEnvironment`
        let is_direct = settings.proxy == ProxyChoice::Environment && registry.is_loopback();
        let proxy = if is_direct {
            &ProxyChoice::Direct
        } else {
            &settings.proxy
        };
        let own = if identity.is_some() || is_direct {
            client(settings, proxy, trust.settings(identity)?)?
        } else {
            foreign.clone()
        };
        Ok(Self { own, foreign })
    }
}

// === private ===

fn client(
    settings: &ClientSettings,
    proxied: &ProxyChoice,
    tls: ClientConfig,
) -> Result<Client, SettingsError> {
    // HTTP/1.1 alone: the layers of an image come at once and are used one after the other, so
    // that some wait. Over HTTP/2 those that wait would fill the window of the one connection,
    // and the one that is waited for would never come.
    let builder = Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(settings.patience.connect)
        .user_agent(&settings.user_agent)
        // A connection that the registry closed meanwhile costs an attempt.
        .pool_idle_timeout(IDLE)
        .tls_backend_preconfigured(tls);
    let builder = match proxied {
        ProxyChoice::Environment => builder,
        ProxyChoice::Direct => builder.no_proxy(),
        ProxyChoice::At(address) => builder.proxy(proxy(address)?),
    };
    let built = builder.build();
    built.map_err(|error| SettingsError::Client(super::causes(&error)))
}

fn proxy(address: &str) -> Result<Proxy, SettingsError> {
    let unusable = |reason: String| SettingsError::Address {
        // A password may stand in it.
        text: address
            .rsplit_once('@')
            .map_or(address, |(_, host)| host)
            .to_owned(),
        purpose: "the address of a proxy",
        reason,
    };
    // One that nobody speaks would be taken, and then left out.
    let scheme = address
        .split_once("://")
        .map_or("http", |(scheme, _)| scheme);
    if !["http", "https"]
        .iter()
        .any(|it| scheme.eq_ignore_ascii_case(it))
    {
        return Err(unusable(
            "it is to begin with http:// or https://".to_owned(),
        ));
    }
    let proxy = Proxy::all(address);
    proxy.map_err(|error| unusable(super::causes(&error.without_url())))
}

/// Less than servers and the boxes between wait.
const IDLE: std::time::Duration = std::time::Duration::from_secs(30);
