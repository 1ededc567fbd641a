//! `wharfinger`: what only this registry has.

use crate::section::{choice, section};

section! {
    /// What only this registry has: distribution ignores it, so that one file serves both.
    Wharfinger {
        /// What a manifest may refer to without the repository holding it.
        sparse: Sparse = "none" [since "wharfinger"];
    }
}

choice! {
    /// What may be missing when a manifest is pushed.
    Sparse {
        /// Nothing.
        None = "none",
        /// Children of an index.
        Indexes = "indexes",
        /// Anything.
        All = "all",
    }
}
