//! What is refused, and how. That no answer has a status of 500 or more is checked where
//! answers are read.

mod manifests;
mod methods;
mod paths;
mod preconditions;
mod uploads;

use crate::harness::Wharf;
use crate::wire::{Request, Response};

/// The request is refused with this status and these codes, in the words of the API.
async fn refused(wharf: &Wharf, request: Request, status: u16, codes: &[&str]) -> Response {
    let asked =
        String::from_utf8_lossy(&request.bytes()[..200.min(request.bytes().len())]).into_owned();
    let response = wharf.ask(request).await;
    assert_eq!(
        (response.status, response.codes()),
        (status, codes.iter().map(ToString::to_string).collect()),
        "{asked}"
    );
    is_in_the_words_of_the_api(&response);
    response
}

/// OCI distribution-spec, "Error Codes".
fn is_in_the_words_of_the_api(response: &Response) {
    assert_eq!(
        response.header("Content-Type"),
        Some("application/json"),
        "{}",
        response.head
    );
    for error in response.json()["errors"].as_array().unwrap() {
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|message| !message.is_empty()),
            "{error}"
        );
    }
}
