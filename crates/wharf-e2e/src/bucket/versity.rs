//! The other server of buckets: Versity's gateway, which keeps objects as files.

use super::{Bucket, in_new_root};
use crate::server::free_address;
use crate::tool::tool;

// === impl Bucket ===

impl Bucket {
    /// A server of its own, of another make.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn of_versity() -> Self {
        let (scratch, root) = in_new_root();
        let address = free_address();
        let arguments = [
            // Without it, each request is a connection of its own.
            "--keep-alive",
            "--health",
            HEALTH,
            "posix",
            // Else what replaces an object is listed beside it, under a name that ends with
            // `.sgwtmp` and a number, until it has its place.
            "--disableotmp",
            &root,
        ];
        let environment = [
            ("VGW_PORT", address.as_str()),
            ("ROOT_ACCESS_KEY", Self::ACCESS_KEY),
            ("ROOT_SECRET_KEY", Self::SECRET_KEY),
        ];
        let program = tool("versitygw");
        Self::running(
            &program,
            &arguments,
            &environment,
            &address,
            HEALTH,
            scratch,
        )
    }
}

const HEALTH: &str = "/health";
