//! `redis`

use std::time::Duration;

use crate::Secret;
use crate::section::section;
use crate::value::Ignored;

section! {
    /// The Redis servers that `storage.cache.blobdescriptor: redis` and `wharfinger.locks.driver:
    /// redis` ask. One connection serves all requests: there is no pool.
    Redis {
        /// Write `addrs`.
        addr: Option<String> [since "2.0", state Gone];
        /// Nothing takes its place: there is no pool.
        pool: Option<Ignored> [since "2.0", state Gone];
        /// Servers, `HOST:PORT`: one; the sentinels that know `mastername`; or else members of a
        /// cluster.
        addrs: Vec<String> [since "3.0"];
        /// What connections are called, but those to a cluster.
        clientname: Option<String> [since "3.0"];
        /// The number of the database. A cluster has one only.
        db: i64 = "0" [since "2.0"];
        /// The version of the protocol: 2, which every server speaks, or 3.
        protocol: i64 = "2" [since "3.0"];
        /// Who to log in as.
        username: Option<String> [since "3.0"];
        /// The password.
        password: Option<Secret> [since "2.0"];
        /// Who to log in as at the sentinels.
        sentinelusername: Option<String> [since "3.0"];
        /// The password there.
        sentinelpassword: Option<Secret> [since "3.0"];
        /// Attempts after the first. Nothing is asked twice here: the bucket is asked instead.
        maxretries: Option<i64> [since "3.0", state NoEffect];
        /// The shortest time between them.
        minretrybackoff: Option<Duration> [since "3.0", state NoEffect];
        /// The longest.
        maxretrybackoff: Option<Duration> [since "3.0", state NoEffect];
        /// How long connecting to a server may take.
        dialtimeout: Duration = "1s" [since "2.0"];
        /// How long an answer may take once the question is written.
        readtimeout: Duration = "300ms" [since "2.0"];
        /// How long writing the question may take.
        writetimeout: Duration = "200ms" [since "2.0"];
        /// Heed the request's own time limit.
        contexttimeoutenabled: bool = "false" [since "3.0", state NoEffect];
        /// Use the oldest idle connection first.
        poolfifo: bool = "false" [since "3.0", state NoEffect];
        /// Connections.
        poolsize: Option<i64> [since "3.0", state NoEffect];
        /// How long to wait for one.
        pooltimeout: Option<Duration> [since "3.0", state NoEffect];
        /// Idle connections at least.
        minidleconns: Option<i64> [since "3.0", state NoEffect];
        /// Idle connections at most.
        maxidleconns: Option<i64> [since "3.0", state NoEffect];
        /// Connections at most.
        maxactiveconns: Option<i64> [since "3.0", state NoEffect];
        /// How long one may be idle.
        connmaxidletime: Option<Duration> [since "3.0", state NoEffect];
        /// How old one may get.
        connmaxlifetime: Option<Duration> [since "3.0", state NoEffect];
        /// Redirects of a cluster that are followed.
        maxredirects: Option<i64> [since "3.0", state NoEffect];
        /// Read from replicas. They may not know yet of what was removed, and are not asked.
        readonly: bool = "false" [since "3.0", state NoEffect];
        /// From the nearest.
        routebylatency: bool = "false" [since "3.0", state NoEffect];
        /// From any.
        routerandomly: bool = "false" [since "3.0", state NoEffect];
        /// The name that sentinels know the server by.
        mastername: Option<String> [since "3.0"];
        /// Do not tell the server which program this is.
        disableidentity: bool = "false" [since "3.0"];
        /// What is added when it is told.
        identitysuffix: Option<String> [since "3.0"];
        /// Answers of version 3 that are not settled yet.
        unstableresp3: bool = "false" [since "3.0", state NoEffect];
        /// TLS, which is spoken where anything of this is said.
        tls: RedisTls [since "2.8"];
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
