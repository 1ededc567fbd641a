//! The commands that speak to registries, as they are written.

pub(crate) mod images;
mod login;
mod reach;
mod trees;
mod words;

use clap::Subcommand;

pub(crate) use self::login::{LogIn, LogOut, Login};
pub(crate) use self::reach::{Creds, Reach, Whose};
pub(crate) use self::trees::{Diff, Export, Trees, Unpack};
pub(crate) use self::words::{
    Blob, BlobDelete, BlobGet, BlobHead, BlobPut, Config, ConfigOf, DigestOf, Listed, Ls, Manifest,
    ManifestDelete, ManifestGet, ManifestPut, Range, Ranged, Referrers, Rm, Stream, Tag, TagImage,
    Words, is_one_image,
};

/// What a client of registries can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    #[command(flatten)]
    Login(Login),
    #[command(flatten)]
    Images(Box<images::Images>),
    #[command(flatten)]
    Words(Words),
    #[command(flatten)]
    Trees(Trees),
}
