//! Where a value came from.

use std::fmt;
use std::sync::Arc;

/// Where a value of the configuration came from; in an error it is what to look at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// A line of the file, counted from 1.
    File {
        /// The file, as it was named.
        name: Arc<str>,
        /// The line.
        line: usize,
    },
    /// A variable of the environment.
    Environment(Arc<str>),
    /// A flag of the command line.
    Flag(&'static str),
}

// === impl Origin ===

impl Origin {
    /// The same source, at another line of it.
    pub(crate) fn at(&self, line: usize) -> Self {
        match self {
            Self::File { name, .. } => Self::File {
                name: Arc::clone(name),
                line,
            },
            Self::Default | Self::Environment(_) | Self::Flag(_) => self.clone(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Environment(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}
