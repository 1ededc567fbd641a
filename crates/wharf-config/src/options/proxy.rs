//! `proxy`

use std::time::Duration;

use crate::Secret;
use crate::section::section;

section! {
    /// Serve as a cache of another registry.
    Proxy {
        /// The other registry.
        remoteurl: Option<String> [since "2.0"];
        /// Who to log in as.
        username: Option<String> [since "2.0"];
        /// The password.
        password: Option<Secret> [since "2.0"];
        /// A program that knows both.
        exec: Option<Exec> [since "3.0"];
        /// How long what was fetched is kept; 0 for ever.
        ttl: Duration = "168h" [since "3.0"];
        /// How long writing it may take.
        cachewritetimeout: Duration = "5m" [since "3.0"];
    }
}

section! {
    /// A program that knows name and password, as Docker's credential helpers do.
    Exec {
        /// The program.
        command: String [since "3.0"];
        /// How long what it says holds.
        lifetime: Option<Duration> [since "3.0"];
    }
}
