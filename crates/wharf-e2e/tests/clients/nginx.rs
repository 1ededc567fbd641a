//! Behind nginx.

use wharf_e2e::command::Run;
use wharf_e2e::proxy::{Proxy, Site};
use wharf_e2e::server::{Kind, Setup};

use crate::fixture::server;
use crate::proxied::{location, push_and_pull, push_and_pull_by_docker, values};

#[test]
fn location_carries_the_outer_scheme_and_host() {
    let server = server();
    let nginx = Proxy::nginx(&server, Site::Forwarding);
    let expected = format!("https://{}/v2/nginx/forwarded/blobs/uploads/", nginx.host());
    let location = location(&nginx, "nginx/forwarded");
    assert!(location.starts_with(&expected), "{location}");
    push_and_pull(&server, &nginx, "nginx/forwarded");
}

#[test]
fn relative_urls_need_no_forwarding() {
    let server = Setup::of(Kind::under_test()).relative_urls().start();
    let nginx = Proxy::nginx(&server, Site::Silent);
    let location = location(&nginx, "nginx/relative");
    assert!(
        location.starts_with("/v2/nginx/relative/blobs/uploads/"),
        "{location}"
    );
    push_and_pull(&server, &nginx, "nginx/relative");
}

/// The password is nginx's affair: the registry sees it and does not mind.
#[test]
fn the_set_up_of_the_tutorials() {
    let server = server();
    let nginx = Proxy::nginx(&server, Site::Tutorial);
    let version = |head: &str| values(head, "docker-distribution-api-version");
    let refused = nginx.head_of_stranger("GET", "/v2/");
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
    assert_eq!(
        values(&refused, "www-authenticate"),
        ["Basic realm=\"Registry realm\""]
    );
    assert_eq!(version(&refused), ["registry/2.0"]);
    let welcome = nginx.head_of("GET", "/v2/");
    assert!(welcome.starts_with("HTTP/1.1 200 "), "{welcome}");
    assert_eq!(version(&welcome), ["registry/2.0"]);

    let expected = format!("https://{}/v2/nginx/tutorial/blobs/uploads/", nginx.host());
    let location = location(&nginx, "nginx/tutorial");
    assert!(location.starts_with(&expected), "{location}");
    Run::tool("skopeo")
        .words("list-tags --no-creds --cert-dir")
        .arg(nginx.certificate().directory())
        .arg(format!("docker://{}/nginx/tutorial", nginx.host()))
        .fails();
    push_and_pull(&server, &nginx, "nginx/tutorial");
    push_and_pull_by_docker(&server, &nginx, "nginx/tutorial");
}
