//! `notifications`

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Secret;
use crate::section::section;

section! {
    /// Who is told of pushes and pulls.
    Notifications {
        /// What is told.
        events: Events [since "2.8", env "EVENTCONFIG", state NoEffect];
        /// Who is told.
        endpoints: Vec<Endpoint> [since "2.0", state NotBuilt];
    }
}

section! {
    /// What is told.
    Events {
        /// Tell of what a manifest refers to as well.
        includereferences: bool = "false" [since "2.8"];
    }
}

section! {
    /// One who is told.
    Endpoint {
        /// Its name in logs and metrics.
        name: Option<String> [since "2.0"];
        /// Leave it out.
        disabled: bool = "false" [since "2.0"];
        /// Where events are posted.
        url: Option<String> [since "2.0"];
        /// Headers of these requests.
        headers: BTreeMap<String, Vec<Secret>> [since "2.0"];
        /// How long it may take.
        timeout: Duration = "1s" [since "2.0"];
        /// Failures in a row after which it is left alone for a while.
        threshold: i64 = "10" [since "2.0"];
        /// For how long.
        backoff: Duration = "1s" [since "2.0"];
        /// Write `ignore.mediatypes`.
        ignoredmediatypes: Vec<String> [since "2.6"];
        /// What it is not told.
        ignore: Ignore [since "2.7"];
    }
}

section! {
    /// What an endpoint is not told.
    Ignore {
        /// Of these media types.
        mediatypes: Vec<String> [since "2.7"];
        /// These actions: `push`, `pull`, `mount`, `delete`.
        actions: Vec<String> [since "2.7"];
    }
}
