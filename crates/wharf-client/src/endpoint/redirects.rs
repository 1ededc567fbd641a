//! Answers that send elsewhere (RFC 9110, section 15.4): blobs are often in a bucket.

use reqwest::header::LOCATION;
use reqwest::{Method, Url};

use super::answer::Answer;
use super::request::Request;
use crate::error::ClientError;

/// Where an answer sends the request, if it does. What would change the request's method is
/// not followed.
pub(super) fn target(request: &Request, answer: &Answer) -> Result<Option<Url>, ClientError> {
    let is_read = matches!(request.method, Method::GET | Method::HEAD);
    let is_redirect = match answer.status().as_u16() {
        307 | 308 => true,
        301..=303 => is_read,
        _ => false,
    };
    if !is_redirect {
        return Ok(None);
    }
    let Some(location) = answer.header(&LOCATION) else {
        return Err(answer.unusable("it sends elsewhere without saying where"));
    };
    let next = resolve(answer, location)?;
    if request.is_secret && next.origin() != request.url.origin() {
        return Err(answer.unusable("it sends elsewhere with what is not for others"));
    }
    Ok(Some(next))
}

/// An address out of an answer, against that of the answer.
///
/// # Errors
/// When it is none, or would give up TLS.
pub(crate) fn resolve(answer: &Answer, location: &str) -> Result<Url, ClientError> {
    let next = answer.url().join(location).ok();
    let next = next.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(mut next) = next else {
        return Err(answer.unusable("it sends to something that is no address of the web"));
    };
    if answer.url().scheme() == "https" && next.scheme() == "http" {
        return Err(answer.unusable(
            "it sends from https:// to http://, which is not followed; a registry behind a \
             proxy with TLS must get X-Forwarded-Proto from it",
        ));
    }
    // Nobody but the user says who the user is.
    next.set_username("").ok();
    next.set_password(None).ok();
    next.set_fragment(None);
    Ok(next)
}
