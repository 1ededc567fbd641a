//! Where clients can have objects from without this process.

use std::net::IpAddr;

use async_trait::async_trait;

use crate::{Result, StorePath};

/// What a client is about to do with an object.
#[derive(Clone, Copy, Debug)]
pub struct Fetch {
    /// Whether it wants the bytes, or to know of them only.
    pub method: FetchMethod,
    /// Who it is, as far as that is known.
    pub client: Option<IpAddr>,
}

/// Whether a client wants the bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FetchMethod {
    /// It does.
    Get,
    /// It does not.
    Head,
}

/// Knows where clients can have objects from.
#[async_trait]
pub trait Locate: Send + Sync + 'static {
    /// The URL at which the client can have the object, for some minutes; nothing if it has to
    /// ask here. Whether there is such an object is not looked at.
    ///
    /// # Errors
    /// When the URL cannot be signed.
    async fn locate(&self, path: &StorePath, fetch: Fetch) -> Result<Option<String>>;
}
