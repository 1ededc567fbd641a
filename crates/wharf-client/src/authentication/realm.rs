//! The address of a token server, as a registry says it.

use reqwest::Url;

use crate::endpoint::Endpoint;
use crate::error::ClientError;

/// The address, if it is one that may be asked. What a registry with TLS says is not worth
/// giving up TLS for, if there is a secret to be sent.
pub(super) fn parse(
    realm: &str,
    what: &str,
    endpoint: &Endpoint,
    is_secret: bool,
) -> Result<Url, ClientError> {
    let unusable = |problem: String| ClientError::Protocol {
        what: what.to_owned(),
        host: endpoint.url("").authority().to_owned(),
        problem,
    };
    let url = Url::parse(realm).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(mut url) = url else {
        return Err(unusable(format!(
            "{realm:?} is no address to get a token from"
        )));
    };
    if url.scheme() == "http" && is_secret && !endpoint.may_speak_plainly() {
        let problem = format!("it wants passwords to be sent to {realm:?}, without TLS");
        return Err(unusable(problem));
    }
    // Nobody but the user says who the user is.
    url.set_username("").ok();
    url.set_password(None).ok();
    url.set_fragment(None);
    Ok(url)
}
