//! `http`

use std::collections::BTreeMap;
use std::time::Duration;

use super::Tls;
use crate::Secret;
use crate::section::{choice, section};

section! {
    /// How clients reach the registry.
    Http {
        /// Where to listen: `HOST:PORT`, or the path of a unix socket. Without a host it is
        /// every interface; port 0 takes any free one. A socket passed by systemd is taken
        /// instead.
        addr: String = "':5000'" [since "2.0"];
        /// What `addr` is.
        net: Network = "tcp" [since "2.0"];
        /// The URL that clients reach the registry by, where it cannot tell from requests.
        host: Option<String> [since "2.0"];
        /// The path that everything is below; begins and ends with `/`.
        prefix: Option<String> [since "2.0"];
        /// Signed the state of uploads; here it stands in the path.
        secret: Option<Secret> [since "2.0", state NoEffect];
        /// Write `Location` without scheme and host.
        relativeurls: bool = "false" [since "2.3"];
        /// How long requests may go on when the registry is told to stop; 0 for not at all.
        draintimeout: Duration = "60s" [since "2.7"];
        /// TLS, without a proxy in front.
        tls: Tls [since "2.0"];
        /// Headers that answers get.
        headers: BTreeMap<String, Vec<String>> [since "2.1"];
        /// Another listener, for operators.
        debug: Debug [since "2.0"];
        /// HTTP/2 over TLS.
        http2: Http2 [since "2.1"];
        /// HTTP/2 without TLS.
        h2c: H2c [since "3.0"];
    }
}

choice! {
    /// Kinds of sockets.
    Network {
        /// TCP.
        Tcp = "tcp",
        /// A unix socket.
        Unix = "unix",
    }
}

section! {
    /// Another listener, for operators.
    Debug {
        /// Where to listen, `HOST:PORT`. Without it there is none.
        addr: Option<String> [since "2.0"];
        /// Metrics.
        prometheus: Prometheus [since "2.7"];
    }
}

section! {
    /// Metrics, on the debug listener.
    Prometheus {
        /// Offer them.
        enabled: bool = "false" [since "2.7"];
        /// At this path.
        path: String = "/metrics" [since "2.7"];
    }
}

section! {
    /// HTTP/2 over TLS.
    Http2 {
        /// Offer HTTP/1.1 alone.
        disabled: bool = "false" [since "2.1"];
    }
}

section! {
    /// HTTP/2 without TLS.
    H2c {
        /// Take it from clients that begin with it.
        enabled: bool = "false" [since "3.0"];
    }
}
