//! `http.tls`

use serde_json::{Value, json};

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("http.tls.certificate", json!("{certificate}"), takes)
            .with("http.tls.key", json!("{key}"))
            .needed("http.tls.key: a key needs its certificate"),
        case("http.tls.key", json!("{key}"), takes)
            .with("http.tls.certificate", json!("{certificate}"))
            .needed("http.tls.certificate: a certificate needs its key"),
        with_certificate("http.tls.clientcas", json!(["{clients}"]), |look| {
            !takes(look)
                && look
                    .curl("https", &look.surroundings.as_client())
                    .succeeds()
        }),
        with_certificate("http.tls.clientauth", json!("request-client-cert"), takes)
            .with("http.tls.clientcas", json!(["{clients}"])),
        with_certificate("http.tls.minimumtls", json!("tls1.3"), |look| {
            !look.curl("https", "--tls-max 1.2").succeeds() && takes(look)
        }),
        with_certificate(
            "http.tls.ciphersuites",
            json!(["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]),
            |look| {
                let only = |suite: &str| {
                    let words = format!("--tls-max 1.2 --ciphers ECDHE-ECDSA-{suite}");
                    look.curl("https", &words).succeeds()
                };
                only("AES128-GCM-SHA256") && !only("AES256-GCM-SHA384")
            },
        ),
    ]
}

fn with_certificate(option: &'static str, value: Value, effect: fn(&Look<'_>) -> bool) -> Case {
    case(option, value, effect)
        .with("http.tls.certificate", json!("{certificate}"))
        .with("http.tls.key", json!("{key}"))
}

/// Whether a client without a certificate is served.
fn takes(look: &Look<'_>) -> bool {
    look.curl("https", "").succeeds()
}
