//! Buckets, from what the operator wrote.

mod amazon;
mod google;
mod microsoft;

use std::sync::Arc;

use wharf_store_cloud::{Backend, CloudStore, Locks, azure, gcs, s3};

/// A bucket that is described, but not spoken to yet.
pub(crate) struct Described {
    provider: Provider,
    root: String,
    /// Bytes of the first parts of an upload.
    part: u64,
}

/// Whose bucket it is, or whose protocol is spoken, and what there is to know for that.
enum Provider {
    Amazon(s3::Options),
    Google(gcs::Options),
    Microsoft(azure::Options),
}

// === impl Described ===

impl Described {
    /// The store in it, and where that is. The provider is not asked yet.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub(crate) fn open(
        &self,
        locks: Option<Arc<dyn Locks>>,
    ) -> anyhow::Result<(CloudStore, String)> {
        let backend = self.provider.backend()?;
        let address = self.provider.address();
        let place = format!("{address}/{}", self.root.trim_matches('/'));
        let store = match locks {
            None => CloudStore::new(backend, &self.root, self.part),
            Some(locks) => CloudStore::locked_by(backend, &self.root, self.part, locks),
        };
        Ok((store, place.trim_end_matches('/').to_owned()))
    }
}

impl Described {
    /// What all who use it call it, by whatever address they reach it.
    pub(crate) fn name(&self) -> String {
        let name = self.provider.name();
        let name = format!("{name}/{}", self.root.trim_matches('/'));
        name.trim_end_matches('/').to_owned()
    }
}

// === impl Provider ===

impl Provider {
    fn backend(&self) -> anyhow::Result<Backend> {
        Ok(match self {
            Self::Amazon(options) => s3::backend(options)?,
            Self::Google(options) => gcs::backend(options)?,
            Self::Microsoft(options) => azure::backend(options)?,
        })
    }

    fn name(&self) -> String {
        match self {
            Self::Amazon(options) => format!("s3/{}", options.bucket),
            Self::Google(options) => format!("gcs/{}", options.bucket),
            Self::Microsoft(options) => format!("azure/{}/{}", options.account, options.container),
        }
    }

    /// The address of the bucket.
    fn address(&self) -> String {
        match self {
            Self::Amazon(options) => options.address(),
            Self::Google(options) => options.address(),
            Self::Microsoft(options) => options.address(),
        }
    }
}

/// The prefix of every object's name, or why it cannot be that.
fn root(written: Option<&str>) -> Result<String, String> {
    let root = written.unwrap_or_default();
    // These are written in a key as they are.
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "/._-=+".contains(character);
    if root.chars().all(is_plain) {
        Ok(root.to_owned())
    } else {
        Err("letters, digits and /._-=+ are possible here".to_owned())
    }
}

/// Whether a text is the URL of a server, without anything but a path after the host.
fn is_server(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let is_whole = rest.chars().all(|character| character.is_ascii_graphic());
        is_whole && !rest.is_empty() && !rest.starts_with('/') && !rest.contains(['?', '#'])
    })
}
