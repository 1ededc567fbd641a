//! What `wharf user` and `wharf token` have in common: where accounts are kept.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use wharf_auth::{Directory, DirectoryError, Htpasswd};
use wharf_config::load;

use crate::cli::{CalledAs, Kept, Within};
use crate::config::tell;
use crate::sources::sources;

/// Where accounts are kept, as a command was told.
pub(crate) struct Where<'a> {
    config: Option<&'a Path>,
    directory: Option<&'a Path>,
}

/// The directory, and the htpasswd file beside it.
pub(crate) struct Place {
    pub(crate) directory: Directory,
    htpasswd: Option<PathBuf>,
}

// === impl Where ===

impl<'a> From<&'a Kept> for Where<'a> {
    fn from(kept: &'a Kept) -> Self {
        Self {
            config: kept.config.as_deref(),
            directory: kept.directory.as_deref(),
        }
    }
}

impl<'a> From<&'a Within> for Where<'a> {
    fn from(within: &'a Within) -> Self {
        Self {
            config: within.path.as_deref().or(within.flag.as_deref()),
            directory: within.directory.as_deref(),
        }
    }
}

// === impl Place ===

impl Place {
    /// As flags or the configuration say; `None` when that was refused, and has been told.
    /// `open` either makes the directory or wants it to be there.
    ///
    /// # Errors
    /// When nothing says where, or it cannot be used.
    pub(crate) fn find(
        kept: &Where<'_>,
        name: CalledAs,
        open: fn(PathBuf) -> Result<Directory, DirectoryError>,
    ) -> Result<Option<Self>> {
        if let Some(directory) = kept.directory {
            return Ok(Some(Self {
                directory: open(directory.to_owned())?,
                htpasswd: None,
            }));
        }
        let loaded = match load(&sources(kept.config, name)?) {
            Ok(loaded) => loaded,
            Err(refused) => {
                tell(&refused);
                return Ok(None);
            }
        };
        let config = loaded.config;
        let Some(directory) = config.wharfinger.auth.directory else {
            bail!(
                "nothing says where accounts are kept: set wharfinger.auth.directory in the \
                 configuration and name that, or use --directory DIRECTORY"
            );
        };
        Ok(Some(Self {
            directory: open(directory.into())?,
            htpasswd: config.auth.htpasswd.map(|htpasswd| htpasswd.path.into()),
        }))
    }

    /// Whether the htpasswd file has somebody of that name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn is_in_htpasswd(&self, name: &str) -> Result<bool> {
        match &self.htpasswd {
            Some(path) => Ok(Htpasswd::has(path, name)?),
            None => Ok(false),
        }
    }

    /// What is looked through for accounts.
    pub(crate) fn describe(&self) -> String {
        let directory = self.directory.path().display();
        match &self.htpasswd {
            Some(path) => format!("{directory} or {}", path.display()),
            None => directory.to_string(),
        }
    }
}
