//! Behind HAProxy.

use wharf_e2e::proxy::Proxy;

use crate::fixture::server;
use crate::proxied::{location, push_and_pull, push_and_pull_by_docker};

#[test]
fn location_carries_the_outer_scheme_and_host() {
    let server = server();
    let haproxy = Proxy::haproxy(&server);
    let expected = format!("https://{}/v2/haproxy/app/blobs/uploads/", haproxy.host());
    let location = location(&haproxy, "haproxy/app");
    assert!(location.starts_with(&expected), "{location}");
    push_and_pull(&server, &haproxy, "haproxy/app");
    push_and_pull_by_docker(&server, &haproxy, "haproxy/app");
}
