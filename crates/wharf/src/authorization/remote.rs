//! `auth.token.jwks` as a URL.

use std::sync::Arc;

use wharf_auth::RemoteKeys;
use wharf_config::{Loaded, Remark};
use wharf_http::JwksUrl;

/// The keys that are to be fetched, where they are; nothing was asked for yet.
///
/// # Errors
/// When they cannot be there.
pub(crate) fn keys(loaded: &Loaded) -> Result<Option<Arc<RemoteKeys>>, Remark> {
    let token = loaded.config.auth.token.as_ref();
    let Some(url) = token.and_then(|token| token.jwks.as_deref()) else {
        return Ok(None);
    };
    if !url.contains("://") {
        return Ok(None);
    }
    let url =
        JwksUrl::new(url).map_err(|error| loaded.remark("auth.token.jwks", error.to_string()))?;
    if url.is_plain() {
        tracing::warn!("auth.token.jwks: whoever is on the way can change keys: use https://");
    }
    Ok(Some(RemoteKeys::new(url)))
}
