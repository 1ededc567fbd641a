//! The methods that some route answers.

use std::fmt;

/// A method of the distribution-spec ("Endpoints"). They sort by name, as in an `Allow`
/// header of distribution's.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Method {
    /// Removes.
    Delete,
    /// Reads.
    Get,
    /// Reads all but the body.
    Head,
    /// Appends to an upload.
    Patch,
    /// Starts an upload.
    Post,
    /// Stores, or ends an upload.
    Put,
}

// === impl Method ===

impl Method {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Delete,
        Self::Get,
        Self::Head,
        Self::Patch,
        Self::Post,
        Self::Put,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }

    /// The method of that name, which is case-sensitive (RFC 9110, section 9.1).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
