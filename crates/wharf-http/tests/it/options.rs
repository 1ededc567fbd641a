//! What an operator can choose about the answers.

mod headers;
mod health;
mod host;
mod manifests;
mod pages;
mod prefix;
mod read_only;

use crate::wire::{Request, Response};

/// The same request with these headers too.
fn with_headers(request: Request, headers: &[(&str, &str)]) -> Request {
    headers.iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    })
}

/// RFC 8288: where the next page is.
fn next_page(response: &Response) -> Option<&str> {
    response
        .header("Link")?
        .strip_prefix('<')
        .unwrap()
        .strip_suffix(">; rel=\"next\"")
}
