//! `health`

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Secret;
use crate::section::section;

section! {
    /// What is checked in the background.
    Health {
        /// Whether the store answers.
        storagedriver: StorageCheck [since "2.1"];
        /// Files that must not be there: a way to take a registry out of service.
        file: Vec<FileCheck> [since "2.1", env "FILECHECKERS"];
        /// URLs that must answer.
        http: Vec<HttpCheck> [since "2.1", env "HTTPCHECKERS"];
        /// Addresses that must take a connection.
        tcp: Vec<TcpCheck> [since "2.1", env "TCPCHECKERS"];
    }
}

section! {
    /// Whether the store answers.
    StorageCheck {
        /// Check it.
        enabled: bool = "false" [since "2.1"];
        /// How long until the next time.
        interval: Duration = "10s" [since "2.1"];
        /// How many failures in a row it takes.
        threshold: i64 = "0" [since "2.1"];
    }
}

section! {
    /// A file that must not be there.
    FileCheck {
        /// The file.
        file: String [since "2.1"];
        /// How long until the next time.
        interval: Duration = "10s" [since "2.1"];
        /// The first failure counts, whatever stands here.
        threshold: i64 = "0" [since "2.1", state NoEffect];
    }
}

section! {
    /// A URL that must answer a HEAD request.
    HttpCheck {
        /// The URL.
        uri: String [since "2.1"];
        /// Headers of the request.
        headers: BTreeMap<String, Vec<Secret>> [since "2.1"];
        /// The status it must answer.
        statuscode: u16 = "200" [since "2.1"];
        /// How long it may take; 0 for 30 seconds.
        timeout: Duration = "0s" [since "2.1"];
        /// How long until the next time.
        interval: Duration = "10s" [since "2.1"];
        /// How many failures in a row it takes.
        threshold: i64 = "0" [since "2.1"];
    }
}

section! {
    /// An address that must take a connection.
    TcpCheck {
        /// The address, `HOST:PORT`.
        addr: String [since "2.1"];
        /// How long it may take; 0 for 30 seconds.
        timeout: Duration = "0s" [since "2.1"];
        /// How long until the next time.
        interval: Duration = "10s" [since "2.1"];
        /// How many failures in a row it takes.
        threshold: i64 = "0" [since "2.1"];
    }
}
