//! Who stands at the door, as the `auth` section says.

use wharf_auth::{Htpasswd, Silly};
use wharf_config::{Loaded, Remark};
use wharf_http::Guard;

/// Opens what is needed to tell who somebody is.
///
/// # Errors
/// The option that cannot be used.
pub(crate) fn guard(loaded: &Loaded) -> Result<Guard, Remark> {
    let auth = &loaded.config.auth;
    if let Some(silly) = &auth.silly {
        return Ok(Guard::new(Silly::new(&silly.realm, &silly.service)));
    }
    let Some(htpasswd) = &auth.htpasswd else {
        return Ok(Guard::default());
    };
    Htpasswd::open(&htpasswd.realm, &htpasswd.path)
        .map(Guard::new)
        .map_err(|error| {
            let text = format!("{:#}", anyhow::Error::from(error));
            loaded.remark("auth.htpasswd.path", text)
        })
}
