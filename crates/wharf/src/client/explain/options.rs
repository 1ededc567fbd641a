//! What commands need to reach a registry as its settings do.

use std::path::Path;

use wharf_client::{ClientSettings, Exchange, ProxyChoice, Verification};

use super::shell::{host, quoted};

/// Options of `curl`.
pub(super) struct Options {
    /// Whether any certificate of the registry is believed.
    is_careless: bool,
    authority: Option<String>,
    identity: Option<String>,
    proxy: Option<String>,
    mirrors: Vec<String>,
    unverified_mirrors: Vec<String>,
}

// === impl Options ===

impl Options {
    pub(super) fn of(settings: &ClientSettings) -> Self {
        let file = |path: &Path| quoted(&path.display().to_string());
        let authority = settings.authorities.first();
        let identity = settings.identity.as_ref().map(|identity| {
            let (certificate, key) = (&identity.certificate.path, &identity.key.path);
            format!("--cert {} --key {}", file(certificate), file(key))
        });
        let mirrors = settings.mirrors.iter().map(|mirror| &mirror.registry);
        Self {
            is_careless: settings.verification == Verification::None,
            authority: authority.map(|authority| format!("--cacert {}", file(&authority.path))),
            identity,
            proxy: match &settings.proxy {
                ProxyChoice::Environment => None,
                ProxyChoice::Direct => Some("--noproxy '*'".to_owned()),
                // A password may stand in it.
                ProxyChoice::At(_) => Some("-x \"$WHARF_PROXY\"".to_owned()),
            },
            mirrors: mirrors.map(|it| it.asked().to_owned()).collect(),
            unverified_mirrors: settings
                .unverified_mirrors
                .iter()
                .map(|it| it.asked().to_owned())
                .collect(),
        }
    }

    /// Those for one exchange: mirrors are not reached as the registry is, and nobody but the
    /// registry sees the certificate for it.
    pub(super) fn for_exchange(&self, exchange: &Exchange) -> Vec<String> {
        let registry = &exchange.registry;
        let is_mirror = self.mirrors.contains(registry);
        let is_careless = if is_mirror {
            self.unverified_mirrors.contains(registry)
        } else {
            self.is_careless
        };
        let is_own = !is_mirror && host(&exchange.url) == registry;
        let insecure = is_careless.then(|| "-k".to_owned());
        let identity = self.identity.clone().filter(|_| is_own);
        let all = [
            insecure,
            self.authority.clone(),
            identity,
            self.proxy.clone(),
        ];
        all.into_iter().flatten().collect()
    }
}
