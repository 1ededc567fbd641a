//! HAProxy: HTTP/2 outside, HTTP/1.1 inside, and a health check.

use super::Place;

pub(super) fn configuration(place: &Place<'_>, inner: &str) -> String {
    let outer = place.outer;
    let bundle = place.certificate.bundle();
    let bundle = bundle.display();
    format!(
        "global
    log stderr format raw local0 notice
defaults
    mode http
    log global
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend outside
    bind {outer} ssl crt {bundle} alpn h2,http/1.1
    option forwardfor
    http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
    default_backend registry
backend registry
    option httpchk GET /v2/
    http-check expect status 200
    server registry {inner} check inter 1s
"
    )
}
