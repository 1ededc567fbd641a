//! What `wharf user` and `wharf token` have in common: where accounts are kept, and how they
//! are told.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use wharf_auth::{Directory, DirectoryError, Htpasswd};
use wharf_config::load;

use crate::cli::{CalledAs, ConfigFile, Kept};
use crate::config::tell;
use crate::sources::sources;
use crate::terminal::say;

/// The directory, and the htpasswd file beside it.
pub(crate) struct Place {
    pub(crate) directory: Directory,
    htpasswd: Option<PathBuf>,
}

// === impl Place ===

impl Place {
    /// As flags or the configuration say; `None` when that was refused, and has been told.
    /// `open` either makes the directory or wants it to be there.
    ///
    /// # Errors
    /// When nothing says where, or it cannot be used.
    pub(crate) fn find(
        kept: &Kept,
        name: CalledAs,
        open: fn(PathBuf) -> Result<Directory, DirectoryError>,
    ) -> Result<Option<Self>> {
        if let Some(directory) = &kept.directory {
            return Ok(Some(Self {
                directory: open(directory.clone())?,
                htpasswd: None,
            }));
        }
        let file = ConfigFile {
            path: kept.config.clone(),
        };
        let loaded = match load(&sources(&file, name)?) {
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
                 configuration and name that with --config FILE, or use --directory DIRECTORY"
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

/// A time of the files, in UTC, to the second.
///
/// # Errors
/// When it is of no year that has four digits.
pub(crate) fn time(seconds: u64) -> Result<String> {
    let seconds = i64::try_from(seconds).context("a time is far too large")?;
    Ok(Timestamp::from_second(seconds)?.to_string())
}

/// Columns, each as wide as its widest cell.
pub(crate) fn say_table<const COLUMNS: usize>(heads: [&str; COLUMNS], rows: &[[String; COLUMNS]]) {
    let mut widths = heads.map(|head| head.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |cells: [&str; COLUMNS]| {
        let padded = cells.iter().zip(widths);
        let cells: Vec<_> = padded
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        say(cells.join("  ").trim_end());
    };
    line(heads);
    for row in rows {
        line(row.each_ref().map(String::as_str));
    }
}
