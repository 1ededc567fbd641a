//! `validation` and `policy`

use crate::section::{choice, section};

section! {
    /// What manifests may contain.
    Validation {
        /// Validation is on unless `disabled` says otherwise; if this is true it wins.
        enabled: Option<bool> [since "2.2", state Gone];
        /// Take any URL, and indexes without what they refer to.
        disabled: bool = "false" [since "2.3"];
        /// What they may refer to.
        manifests: Manifests [since "2.2"];
    }
}

section! {
    /// What manifests may refer to.
    Manifests {
        /// URLs that layers may be fetched from instead.
        urls: Urls [since "2.2"];
        /// Children of indexes.
        indexes: Indexes [since "3.0"];
    }
}

section! {
    /// URLs of layers that are kept elsewhere. Without either list, any http or https URL
    /// without a fragment may stand in a manifest.
    Urls {
        /// Regular expressions, one of which must match.
        allow: Vec<String> [since "2.2"];
        /// Regular expressions, none of which may match.
        deny: Vec<String> [since "2.2"];
    }
}

section! {
    /// Children of indexes.
    Indexes {
        /// Which of them the repository must hold.
        platforms: Platforms = "all" [since "3.0"];
        /// Those of `list`.
        platformlist: Vec<Platform> [since "3.0"];
    }
}

choice! {
    /// Which children of an index the repository must hold.
    Platforms {
        /// All of them.
        All = "all",
        /// None of them.
        None = "none",
        /// Those of the platforms in `platformlist`.
        List = "list",
    }
}

section! {
    /// A platform.
    Platform {
        /// As in the index: `amd64`.
        architecture: String [since "3.0"];
        /// As in the index: `linux`.
        os: String [since "3.0"];
    }
}

section! {
    /// What may be pushed.
    Policy {
        /// Of repositories.
        repository: Classes [since "2.7"];
    }
}

section! {
    /// What a repository may hold.
    Classes {
        /// `image`, `plugin`; anything if there are none.
        classes: Vec<String> [since "2.7"];
    }
}
