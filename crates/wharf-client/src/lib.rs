//! The other end of the wire: what a client of registries is made of. Names of images as
//! Docker understands them, the credentials that people keep for registries, and a client of
//! one registry that reads and writes, verified and bounded.
//!
//! - [`ImageName`] and [`RegistryHost`] are what people write; [`Credentials`] are what they
//!   have kept with `wharf login`, `docker login` or `podman login`.
//! - [`RegistryClient`] is one registry, with the mirrors, proxies, certificates and patience of
//!   its [`ClientSettings`]. It gets tokens, follows redirects, and repeats what can be repeated.
//! - What is read is what was asked for: a manifest has its digest, and the last bytes of a
//!   [`BlobReader`] are given out when the digest of all is right. A broken connection costs
//!   what was not there yet, and [`RegistryClient::blob_after`] goes on after a broken process.
//! - What is written comes from an [`UploadSource`], since parts of it may have to be sent again.
//! - An [`Observer`] is told of every [`Exchange`] with any server, for those who want to see or
//!   to repeat by hand what a pull is.
//!
//! Memory is bounded whatever servers send: a manifest, or for each blob that is read the pieces
//! of [`PieceSettings`]. Nothing here looks at the environment unless it is asked to: paths,
//! proxies and patience are handed in.
//!
//! An image of one platform, copied from one registry to another:
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use bytes::{Bytes, BytesMut};
//! use wharf_client::{ClientSettings, CredentialFiles, CredentialScope, Credentials};
//! use wharf_client::{ImageName, RegistryClient};
//! use wharf_spec::Manifest;
//!
//! let files = CredentialFiles::from_environment(|variable| std::env::var_os(variable));
//! let credentials = Credentials::new(files);
//! let settings = ClientSettings::default();
//!
//! // A pull: the manifest, then what it refers to.
//! let from: ImageName = "ghcr.io/someone/app:1.0".parse()?;
//! let credential = credentials.get(&CredentialScope::from(&from)).await?;
//! let source = RegistryClient::new(from.registry.clone(), &settings, credential)?;
//! let reference = from.reference().ok_or("neither tag nor digest")?;
//! let fetched = source.manifest(&from.repository, &reference, &[]).await?;
//! let manifest = Manifest::parse(fetched.bytes.clone(), Some(&fetched.media_type))?;
//!
//! // A push: the blobs, then the manifest.
//! let to: ImageName = "localhost:5000/app:1.0".parse()?;
//! let target = RegistryClient::new(to.registry.clone(), &settings, None)?;
//! for blob in manifest.references() {
//!     let mut reader = source.blob(&from.repository, blob.digest, Some(blob.size));
//!     let mut bytes = BytesMut::new();
//!     while let Some(chunk) = reader.chunk().await? {
//!         bytes.extend_from_slice(&chunk);
//!     }
//!     let bytes: Arc<Bytes> = Arc::new(bytes.freeze());
//!     let pushed = target.push_blob(&to.repository, &blob.digest, blob.size, bytes, &[]);
//!     println!("{} {:?}", blob.digest, pushed.await?);
//! }
//! let reference = to.reference().ok_or("neither tag nor digest")?;
//! target.push_manifest(&to.repository, &reference, &fetched.media_type, fetched.bytes).await?;
//! # Ok(())
//! # }
//! ```

mod authentication;
mod blobs;
mod certificates;
mod credentials;
mod endpoint;
mod error;
mod listings;
mod manifests;
mod name;
mod observer;
mod referrers;
mod registry;
mod settings;
mod uploads;

pub use blobs::{BlobHead, BlobReader};
pub use credentials::{
    Credential, CredentialError, CredentialFiles, CredentialScope, Credentials, Kept, Secret,
};
pub use endpoint::{UploadBytes, UploadSource};
pub use error::{ClientError, NetworkProblem, Refusal, RegistryError, SettingsError};
pub use listings::Pages;
pub use manifests::{FetchedManifest, ManifestHead, PushedManifest};
pub use name::{ImageName, ImageNameError, RegistryHost, RegistryHostError};
pub use observer::{
    AnswerHead, Authorization, Exchange, FormField, Observer, Purpose, SentContent,
};
pub use registry::RegistryClient;
pub use settings::{
    ClientIdentity, ClientSettings, Mirror, Patience, Pem, PieceSettings, Protocol, ProxyChoice,
    Verification,
};
pub use uploads::PushedBlob;
