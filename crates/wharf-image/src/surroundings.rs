//! What places need to be opened: how registries are reached and who asks there, where the
//! engine is, and where large things may lie for a while.

use std::path::PathBuf;
use std::sync::Arc;

use wharf_client::{
    ClientSettings, Credential, CredentialScope, Credentials, ImageName, RegistryClient,
};

use crate::archive::{self, ArchiveForm, ArchiveTarget};
use crate::daemon::{self, DaemonAddress, DaemonTarget};
use crate::directory::{Directory, Durability};
use crate::file::blocking;
use crate::layout::{LayoutSource, LayoutTarget, Wanted};
use crate::place::{DaemonImage, Place, PlaceKind};
use crate::registry::{RegistrySource, RegistryTarget};
use crate::skopeo_directory::{DirectorySource, DirectoryTarget};
use crate::source::Source;
use crate::target::Target;
use crate::{ImageError, docker_archive};

/// It. A source and a target that are reached differently have one each.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// How registries are reached.
    pub settings: ClientSettings,
    /// Who asks there.
    pub asker: Asker,
    /// Docker's engine.
    pub daemon: DaemonAddress,
    /// A directory for archives that come as streams.
    pub scratch: PathBuf,
    /// Of the files that are written.
    pub durability: Durability,
}

/// Who asks at registries.
#[derive(Clone, Debug)]
pub enum Asker {
    /// Nobody in particular.
    Nobody,
    /// Whoever this is, at every registry that is reached this way.
    Given(Credential),
    /// Who is kept for the registry or the repository, if anybody is.
    Kept(Credentials),
}

// === impl Surroundings ===

impl Surroundings {
    /// Opens a place to read from.
    ///
    /// # Errors
    /// When it is not there, or is not what it should be. Registries are asked only later.
    pub async fn source(&self, place: &Place) -> Result<Arc<dyn Source>, ImageError> {
        match place.kind().clone() {
            PlaceKind::Registry(name) => {
                let client = self.client(&name).await?;
                Ok(Arc::new(RegistrySource::new(client, name)))
            }
            PlaceKind::Layout {
                directory,
                reference,
            } => {
                let members = blocking(move || Directory::open(&directory)).await?;
                let wanted = reference.map_or(Wanted::All, Wanted::Reference);
                Ok(Arc::new(
                    LayoutSource::open(Arc::new(members), wanted).await?,
                ))
            }
            PlaceKind::LayoutArchive { file, reference } => {
                let members = archive::open(&file, &self.scratch).await?;
                let wanted = reference.map_or(Wanted::All, Wanted::Reference);
                Ok(Arc::new(LayoutSource::open(members, wanted).await?))
            }
            PlaceKind::DockerArchive { file, name } => {
                let members = archive::open(&file, &self.scratch).await?;
                docker_archive::open(members, name).await
            }
            PlaceKind::Directory(path) => Ok(Arc::new(DirectorySource::open(&path).await?)),
            PlaceKind::Daemon(image) => daemon::source(&self.daemon, &image, &self.scratch).await,
        }
    }

    /// Opens a place to write to.
    ///
    /// # Errors
    /// When it cannot be written. Registries are asked only later.
    pub async fn target(&self, place: &Place) -> Result<Arc<dyn Target>, ImageError> {
        match place.kind().clone() {
            PlaceKind::Registry(name) => {
                let settings = ClientSettings {
                    mirrors: Vec::new(),
                    ..self.settings.clone()
                };
                let client = self.client_with(&name, &settings).await?;
                Ok(Arc::new(RegistryTarget::new(client, name)))
            }
            PlaceKind::Layout {
                directory,
                reference,
            } => Ok(Arc::new(
                LayoutTarget::open(&directory, reference, self.durability).await?,
            )),
            PlaceKind::LayoutArchive { file, reference } => {
                let form = ArchiveForm::Layout(reference);
                Ok(Arc::new(
                    ArchiveTarget::create(&file, form, self.durability).await?,
                ))
            }
            PlaceKind::DockerArchive { file, name } => {
                let form = ArchiveForm::Docker(name);
                Ok(Arc::new(
                    ArchiveTarget::create(&file, form, self.durability).await?,
                ))
            }
            PlaceKind::Directory(path) => Ok(Arc::new(
                DirectoryTarget::open(&path, self.durability).await?,
            )),
            PlaceKind::Daemon(DaemonImage::Name(name)) => {
                Ok(Arc::new(DaemonTarget::open(&self.daemon, Some(name))?))
            }
            PlaceKind::Daemon(DaemonImage::Id(_)) => Err(ImageError::Unsupported {
                place: place.to_string(),
                problem: "an image gets its ID from its content: give it a name".to_owned(),
            }),
        }
    }

    /// The engine, for several images that keep their names.
    ///
    /// # Errors
    /// When its address cannot be used. It is spoken to only later.
    pub fn engine(&self) -> Result<Arc<dyn Target>, ImageError> {
        Ok(Arc::new(DaemonTarget::open(&self.daemon, None)?))
    }

    /// A client of an image's registry, with the credential for its repository.
    ///
    /// # Errors
    /// When credentials cannot be read, or the settings cannot be used.
    pub async fn client(&self, name: &ImageName) -> Result<RegistryClient, ImageError> {
        self.client_with(name, &self.settings).await
    }

    async fn client_with(
        &self,
        name: &ImageName,
        settings: &ClientSettings,
    ) -> Result<RegistryClient, ImageError> {
        let mut settings = settings.clone();
        let credential = match &self.asker {
            Asker::Nobody => None,
            Asker::Given(credential) => Some(credential.clone()),
            Asker::Kept(credentials) => {
                let without = settings.mirrors.iter_mut();
                for mirror in without.filter(|mirror| mirror.credential.is_none()) {
                    mirror.credential = kept(credentials, mirror.registry.clone().into()).await?;
                }
                kept(credentials, name.into()).await?
            }
        };
        Ok(RegistryClient::new(
            name.registry.clone(),
            &settings,
            credential,
        )?)
    }
}

// === private ===

async fn kept(
    credentials: &Credentials,
    scope: CredentialScope,
) -> Result<Option<Credential>, ImageError> {
    let found = credentials.get(&scope).await;
    Ok(found.map_err(wharf_client::ClientError::from)?)
}
