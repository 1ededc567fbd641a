//! What a request is for, in a line.

use wharf_client::{Authorization, Exchange, Purpose};
use wharf_spec::{Digest, Reference};

use super::documents::{Documents, Role};

pub(super) fn of(exchange: &Exchange, documents: &Documents) -> String {
    let is_head = exchange.method == "HEAD";
    let blob = |digest: &Digest| blob(digest, documents);
    let what = match &exchange.purpose {
        Purpose::Ping => "ping: is a registry there, and whom does it want to see?".to_owned(),
        Purpose::Token(_) if exchange.url.contains("offline_token=true") => {
            "token: is there one to keep in place of the password?".to_owned()
        }
        Purpose::Token(scopes) if scopes.is_empty() => "token: proves who is asking".to_owned(),
        Purpose::Token(scopes) => format!("token: allows {}", scopes.join(" and ")),
        Purpose::Manifest(reference) if is_head => {
            format!("manifest {reference}: is it there, and which one is it?")
        }
        Purpose::Manifest(Reference::Tag(tag)) => {
            format!("manifest {tag}: what the tag stands for")
        }
        Purpose::Manifest(Reference::Digest(digest)) => match documents.role(digest) {
            Some(Role::Child(Some(platform))) => format!("manifest for {platform}, from the index"),
            _ => format!("manifest {digest}"),
        },
        Purpose::ManifestPush(Reference::Tag(tag)) => {
            format!("manifest {tag}: now that all is there, the tag is made")
        }
        Purpose::ManifestPush(reference) => format!("manifest {reference} is written"),
        Purpose::ManifestDelete(reference) => format!("manifest {reference} is deleted"),
        Purpose::BlobHead(digest) => format!("{}: is it there?", blob(digest)),
        Purpose::Blob(digest) => blob(digest),
        Purpose::BlobDelete(digest) => format!("{} is deleted", blob(digest)),
        Purpose::Mount { digest, from } => format!("{}: is taken from {from}", blob(digest)),
        Purpose::UploadStart(digest) => format!("{}: an upload begins", blob(digest)),
        Purpose::UploadChunk { digest, offset: 0 } => format!("{}: its bytes", blob(digest)),
        Purpose::UploadChunk { digest, offset } => {
            format!("{}: its bytes from {offset} on", blob(digest))
        }
        Purpose::UploadStatus(digest) => format!("{}: how much came?", blob(digest)),
        Purpose::UploadEnd(digest) => format!("{}: the upload ends", blob(digest)),
        Purpose::UploadCancel(digest) => format!("{}: the upload is given up", blob(digest)),
        Purpose::Tags => "tags".to_owned(),
        Purpose::Catalog => "catalog: all repositories".to_owned(),
        Purpose::Referrers(digest) => format!("referrers: what is about {digest}"),
    };
    match exchange.authorization {
        Authorization::Nothing => what,
        Authorization::Basic(_) | Authorization::IdentityToken(_) => {
            format!("{what} (with the password)")
        }
        Authorization::Bearer(_) | Authorization::RegistryToken => format!("{what} (with a token)"),
    }
}

fn blob(digest: &Digest, documents: &Documents) -> String {
    match documents.role(digest) {
        Some(Role::Config) => "config: how to run it, and the DiffIDs of its layers".to_owned(),
        Some(Role::Layer { number, of, .. }) => format!("layer {number} of {of}"),
        Some(Role::SomeLayer(_)) => format!("layer {digest}"),
        Some(Role::Child(_)) | None => format!("blob {digest}"),
    }
}
