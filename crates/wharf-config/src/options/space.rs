//! `wharfinger.collection`, `wharfinger.trash`, `wharfinger.scrub`

use std::time::Duration;

use crate::section::section;

section! {
    /// How space that nobody needs any more comes back while the registry serves.
    Collection {
        /// Whether it does. `wharf garbage-collect` can be run all the same.
        enabled: bool = "true" [since "wharfinger"];
        /// From the end of one collection to the start of the next.
        interval: Duration = "6h" [since "wharfinger"];
        /// How long what no manifest refers to stays after a client was last told that it is
        /// there: longer than any client takes between its first layer and its manifest. A
        /// repository that somebody is uploading to keeps its layers anyway.
        grace: Duration = "1h" [since "wharfinger"];
        /// How many things are looked at or removed in a second. 0 for any number.
        operations: u32 = "2000" [since "wharfinger"];
        /// How many bytes are read or given back in a second. 0 for any number.
        bytes: u64 = "268435456" [since "wharfinger"];
        /// What becomes of manifests without a tag. The first that fits a repository decides;
        /// where none does, they stay.
        untagged: Vec<Untagged> [since "wharfinger"];
    }
}

section! {
    /// When manifests without a tag go. Those that an index with a tag lists, or that refer to
    /// a manifest that stays, stay with it.
    Untagged {
        /// Repositories by pattern: `*` stands for any characters but `/`, `**` for any part of
        /// the path (`ci/**`).
        repositories: Vec<String> [since "wharfinger"];
        /// How long after they were last pushed, or pulled by digest. 0 for never.
        age: Duration = "720h" [since "wharfinger"];
    }
}

section! {
    /// What was deleted, as long as it can be restored.
    Trash {
        /// How long deleted tags, manifests and repositories can be restored (`7d`). What
        /// they need takes up space until then. 0 for not at all.
        keep: Duration = "0s" [since "wharfinger"];
    }
}

section! {
    /// Whether what is stored is looked through for damage.
    Scrub {
        /// Whether it is, in the background. `wharf scrub` can be run all the same.
        enabled: bool = "false" [since "wharfinger"];
        /// From the end of one look to the start of the next.
        interval: Duration = "720h" [since "wharfinger"];
        /// How many bytes are read in a second. 0 for any number.
        rate: u64 = "52428800" [since "wharfinger"];
    }
}
