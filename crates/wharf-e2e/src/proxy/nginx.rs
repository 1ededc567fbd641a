//! nginx.

use super::{PASSWORD, Place, USER};
use crate::command::Run;

/// How nginx is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// The host in `Host`, the scheme in `X-Forwarded-Proto`, everything streamed.
    Forwarding,
    /// The same, and the client's address in `X-Forwarded-For`; it asks from
    /// [`ADDRESS`](Site::ADDRESS).
    Addressed,
    /// As `Forwarding`, but the registry sees its own address and learns of no other.
    Silent,
    /// As distribution's documentation and most tutorials have it: a password for everybody,
    /// every header that might help, bodies gathered before they are passed on, HTTP/1.0
    /// inside, and the API's version where the registry does not tell it.
    Tutorial,
    /// Below a path, as for a registry with `http.prefix`; with slashes at both ends.
    Below(&'static str),
}

// === impl Site ===

impl Site {
    /// Where `Addressed` asks from: another address of this machine than clients have.
    pub const ADDRESS: &str = "127.0.0.9";

    /// Whether it wants a password.
    pub(super) const fn asks(self) -> bool {
        matches!(self, Self::Tutorial)
    }

    fn location(self) -> &'static str {
        match self {
            Self::Forwarding | Self::Addressed | Self::Silent => "/",
            Self::Tutorial => "/v2/",
            Self::Below(prefix) => prefix,
        }
    }

    fn directives(self) -> String {
        const STREAMED: &str =
            "proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off;";
        const TOLD: &str = "proxy_http_version 1.1; proxy_request_buffering off;
            proxy_buffering off;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;";
        match self {
            Self::Silent => STREAMED.to_owned(),
            Self::Forwarding | Self::Below(_) => TOLD.to_owned(),
            Self::Addressed => {
                let address = Self::ADDRESS;
                format!(
                    "{TOLD}
            proxy_bind {address};
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
                )
            }
            Self::Tutorial => "auth_basic \"Registry realm\";
            auth_basic_user_file htpasswd;
            add_header Docker-Distribution-Api-Version $api_version always;
            proxy_set_header Host $http_host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_read_timeout 900;"
                .to_owned(),
        }
    }
}

/// One user, hashed as `htpasswd` does by default.
pub(super) fn htpasswd() -> String {
    let hashed = Run::tool("openssl")
        .words("passwd -apr1")
        .arg(PASSWORD)
        .ok()
        .text();
    format!("{USER}:{hashed}\n")
}

pub(super) fn configuration(place: &Place<'_>, inner: &str, site: Site) -> String {
    let directory = place.directory.display();
    let outer = place.outer;
    let certificate = place.certificate.file();
    let certificate = certificate.display();
    let key = place.certificate.key();
    let key = key.display();
    let location = site.location();
    let directives = site.directives();
    format!(
        "daemon off;
user root;
worker_processes 1;
pid {directory}/pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    map $upstream_http_docker_distribution_api_version $api_version {{
        '' 'registry/2.0';
    }}
    server {{
        listen {outer} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        client_max_body_size 0;
        chunked_transfer_encoding on;
        location {location} {{
            proxy_pass http://{inner};
            {directives}
        }}
    }}
}}
"
    )
}
