//! What a client does while a collection runs, and what must be true afterwards.

use bytes::Bytes;
use wharf_registry::{Error, Mount, NoFrames, Registry, Repository, Result};
use wharf_spec::{Algorithm, Reference, UploadId};
use wharf_store::MemoryStore;

use crate::fixtures::{paths_with, pull, pull_blob, push_blob, repository, sha256};
use crate::images::{digest_of, image, index, push, push_image, try_push};
use crate::paths;

const NAME: &str = "library/app";
const OTHER: &str = "library/other";
const CONFIG: &[u8] = b"the config";
const LAYER: &[u8] = b"the layer";

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scene {
    /// Its layers are there, and no manifest refers to them.
    Image,
    /// It has been there for long, without a tag.
    Again,
    /// Of an image that is there without a tag.
    Index,
    /// Of what no repository holds, but the store does.
    Upload,
    OldUpload,
    Mount,
    Head,
    HeadManifest,
}

/// What the client was told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Told {
    Yes,
    No,
}

// === impl Scene ===

impl Scene {
    /// Whether a collection can make the request fail.
    pub(crate) fn can_be_refused(self) -> bool {
        match self {
            // What is missing is written again.
            Self::Upload => false,
            Self::Image
            | Self::Again
            | Self::Index
            | Self::OldUpload
            | Self::Mount
            | Self::Head
            | Self::HeadManifest => true,
        }
    }

    /// What is there long before.
    pub(crate) async fn prepare(self, store: &MemoryStore) {
        let app = repository(store, NAME);
        push_image(&app, "old", "latest").await;
        let picture = image(CONFIG, &[LAYER]);
        match self {
            Self::Image | Self::Head => {
                push_blob(&app, CONFIG).await;
                push_blob(&app, LAYER).await;
            }
            Self::Again | Self::Index | Self::HeadManifest => {
                push_blob(&app, CONFIG).await;
                push_blob(&app, LAYER).await;
                push(&app, &picture).await;
            }
            Self::Upload => {
                push_blob(&app, LAYER).await;
                app.delete_blob(sha256(LAYER)).await.unwrap();
            }
            Self::OldUpload => {
                let id = app.start_upload(Algorithm::Sha256).await.unwrap().id;
                let upload = app.upload(&id).await.unwrap();
                let mut layer = Bytes::from_static(LAYER);
                upload.append(None, &mut layer).await.unwrap();
            }
            Self::Mount => {
                push_blob(&repository(store, OTHER), LAYER).await;
            }
        }
    }

    pub(crate) async fn act(self, registry: &Registry, store: &MemoryStore) -> Result<()> {
        let app = registry.repository(NAME.parse().unwrap());
        let picture = image(CONFIG, &[LAYER]);
        match self {
            Self::Image | Self::Again => try_push(&app, &picture, "latest").await.map(|_| ()),
            Self::Index => try_push(&app, &index(&[&picture]), "latest")
                .await
                .map(|_| ()),
            Self::Upload => {
                let mut layer = Bytes::from_static(LAYER);
                app.push_blob(sha256(LAYER), &mut layer).await
            }
            Self::OldUpload => {
                let id = upload_in(store);
                let upload = app.upload(&id).await?;
                upload.finish(None, &mut NoFrames, sha256(LAYER)).await
            }
            Self::Mount => {
                let from = OTHER.parse().unwrap();
                match app.mount(sha256(LAYER), Some(&from)).await? {
                    Mount::Mounted => Ok(()),
                    Mount::Absent => Err(Error::BlobUnknown(sha256(LAYER))),
                }
            }
            Self::Head => app.blob_size(sha256(LAYER)).await.map(|_| ()),
            Self::HeadManifest => {
                let reference = Reference::Digest(digest_of(&picture));
                app.manifest(&reference).await.map(|_| ())
            }
        }
    }

    /// Whether the client was told the truth.
    pub(crate) async fn look(
        self,
        store: &MemoryStore,
        told: Told,
    ) -> std::result::Result<(), String> {
        let app = repository(store, NAME);
        let old = pull(&app, "latest")
            .await
            .map_err(|error| format!("latest: {error:?}"))?;
        let picture = image(CONFIG, &[LAYER]);
        let (expected, parts): (_, &[&[u8]]) = match (self, told) {
            (Self::Image | Self::Again, Told::Yes) => (Some(digest_of(&picture)), &[CONFIG, LAYER]),
            (Self::Index, Told::Yes) => {
                whole(&app, &digest_of(&picture).to_string()).await?;
                (Some(digest_of(&index(&[&picture]))), &[CONFIG, LAYER])
            }
            (Self::HeadManifest, Told::Yes) => {
                whole(&app, &digest_of(&picture).to_string()).await?;
                (None, &[CONFIG, LAYER])
            }
            (Self::Upload | Self::OldUpload | Self::Mount | Self::Head, Told::Yes) => {
                (None, &[LAYER])
            }
            (_, Told::No) => (None, &[]),
        };
        for part in parts {
            let found = pull_blob(&app, sha256(part)).await;
            found.map_err(|error| format!("{error:?}"))?;
        }
        let is_new = expected.is_some_and(|expected| old.digest == expected);
        match (expected, told) {
            (Some(_), Told::Yes) if !is_new => Err("the tag has not moved".into()),
            (_, Told::No) if paths_with(store, "latest/current").len() != 1 => Err("no tag".into()),
            (_, Told::No) if old.digest != old_image() => Err("the tag has moved".into()),
            (_, Told::No) if self == Self::Image => {
                let revision = paths::revision_link(NAME, digest_of(&picture));
                if store.snapshot().contains_key(revision.as_str()) {
                    return Err("a manifest that lacks something stays".into());
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn old_image() -> wharf_spec::Digest {
    digest_of(&image(b"config of old", &[b"layer of old"]))
}

async fn whole(app: &Repository, reference: &str) -> std::result::Result<(), String> {
    let found = pull(app, reference).await;
    found
        .map(|_| ())
        .map_err(|error| format!("{reference}: {error:?}"))
}

/// The only one there is.
fn upload_in(store: &MemoryStore) -> UploadId {
    let path = paths_with(store, "/startedat").remove(0);
    let (_, upload) = path.split_once("/_uploads/").unwrap();
    upload.split('/').next().unwrap().parse().unwrap()
}
