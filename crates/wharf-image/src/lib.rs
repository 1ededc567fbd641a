//! Places that hold images, and copies from any of them to any other: registries, OCI layouts
//! as directories and archives, archives as `docker save` writes them, skopeo's directories,
//! and Docker's engine.
//!
//! Bytes are passed on as they are, so digests stay what they were; what cannot be kept is
//! told. Every blob is verified by whoever reads it, and no archive is unpacked.

mod archive;
mod attached;
mod blob;
mod copy;
mod daemon;
mod directory;
mod docker_archive;
mod error;
mod file;
mod image;
mod inspect;
mod layout;
mod manifests;
mod members;
mod output;
mod place;
mod platform;
mod registry;
mod scratch;
mod skopeo_directory;
mod source;
mod surroundings;
mod tags;
mod tar;
mod target;
mod writing;

pub use attached::Attached;
pub use blob::{Blob, BlobStream};
pub use copy::{
    Copied, CopyOptions, Event, Platforms, Progress, Rewritten, choose, copy, copy_into,
};
pub use daemon::{DaemonAddress, DaemonAddressError};
pub use directory::Durability;
pub use error::ImageError;
pub use image::{Image, manifest};
pub use inspect::{
    BaseImage, ImageDetails, Inspection, LayerDetails, PlatformEntry, Step, inspect,
};
pub use place::{DaemonImage, LayoutReference, Place, PlaceError, PlaceKind, Stream};
pub use platform::{PlatformError, WantedPlatform};
pub use registry::{RegistrySource, RegistryTarget};
pub use source::{Root, Source};
pub use surroundings::{Asker, Surroundings};
pub use tags::{TagDetails, tag_details};
pub use target::{PlacedManifest, Role, Taken, Target};
