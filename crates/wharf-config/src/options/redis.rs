//! `redis`

use std::time::Duration;

use crate::Secret;
use crate::section::section;
use crate::value::Ignored;

section! {
    /// The Redis server of `storage.cache`.
    Redis {
        /// Write `addrs`.
        addr: Option<String> [since "2.0", state Gone];
        /// Write `poolsize`, `maxidleconns` and `connmaxidletime`.
        pool: Option<Ignored> [since "2.0", state Gone];
        /// Servers, `HOST:PORT`; several are a cluster.
        addrs: Vec<String> [since "3.0"];
        /// What connections are called.
        clientname: Option<String> [since "3.0"];
        /// The number of the database.
        db: i64 = "0" [since "2.0"];
        /// The version of the protocol.
        protocol: Option<i64> [since "3.0"];
        /// Who to log in as.
        username: Option<String> [since "3.0"];
        /// The password.
        password: Option<Secret> [since "2.0"];
        /// Who to log in as at the sentinels.
        sentinelusername: Option<String> [since "3.0"];
        /// The password there.
        sentinelpassword: Option<Secret> [since "3.0"];
        /// Attempts after the first.
        maxretries: Option<i64> [since "3.0"];
        /// The shortest time between them.
        minretrybackoff: Option<Duration> [since "3.0"];
        /// The longest.
        maxretrybackoff: Option<Duration> [since "3.0"];
        /// How long connecting may take.
        dialtimeout: Option<Duration> [since "2.0"];
        /// How long an answer may take.
        readtimeout: Option<Duration> [since "2.0"];
        /// How long a question may take.
        writetimeout: Option<Duration> [since "2.0"];
        /// Heed the request's own time limit.
        contexttimeoutenabled: bool = "false" [since "3.0"];
        /// Use the oldest idle connection first.
        poolfifo: bool = "false" [since "3.0"];
        /// Connections.
        poolsize: Option<i64> [since "3.0"];
        /// How long to wait for one.
        pooltimeout: Option<Duration> [since "3.0"];
        /// Idle connections at least.
        minidleconns: Option<i64> [since "3.0"];
        /// Idle connections at most.
        maxidleconns: Option<i64> [since "3.0"];
        /// Connections at most.
        maxactiveconns: Option<i64> [since "3.0"];
        /// How long one may be idle.
        connmaxidletime: Option<Duration> [since "3.0"];
        /// How old one may get.
        connmaxlifetime: Option<Duration> [since "3.0"];
        /// Redirects of a cluster that are followed.
        maxredirects: Option<i64> [since "3.0"];
        /// Read from replicas.
        readonly: bool = "false" [since "3.0"];
        /// From the nearest.
        routebylatency: bool = "false" [since "3.0"];
        /// From any.
        routerandomly: bool = "false" [since "3.0"];
        /// The name that sentinels know the server by.
        mastername: Option<String> [since "3.0"];
        /// Do not tell the server who we are.
        disableidentity: bool = "false" [since "3.0"];
        /// What is added when we do.
        identitysuffix: Option<String> [since "3.0"];
        /// Answers of version 3 that are not settled yet.
        unstableresp3: bool = "false" [since "3.0"];
        /// TLS.
        tls: RedisTls [since "2.8"];
        /// The same options once more: variables may name them below `OPTIONS`.
        options: Option<Ignored> [since "3.0"];
    }
}

section! {
    /// TLS to the Redis server.
    RedisTls {
        /// A PEM file with our certificate.
        certificate: Option<String> [since "3.0"];
        /// A PEM file with its key.
        key: Option<String> [since "3.0"];
        /// PEM files with the authorities that the server's certificate may be signed by.
        rootcas: Vec<String> [since "3.0"];
    }
}
