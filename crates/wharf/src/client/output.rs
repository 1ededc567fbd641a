//! Where a command writes bytes.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// Standard output, or a file that has its name only when all of it was written.
pub(super) struct Output {
    to: Box<dyn Write + Send>,
    /// What the file is called until then, and then.
    renamed: Option<(PathBuf, PathBuf)>,
    shown: String,
}

/// What is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    Text,
    /// Not to be shown on a terminal.
    Binary,
}

// === impl Output ===

impl Output {
    /// That file, or standard output.
    ///
    /// # Errors
    /// When the file cannot be made, or what people cannot read would be shown to them.
    pub(super) fn open(path: Option<&Path>, form: Form) -> Result<Self> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            let stdout = io::stdout();
            if form == Form::Binary && stdout.is_terminal() {
                bail!("this is not for a terminal: use -o FILE, or a pipe");
            }
            return Ok(Self {
                to: Box::new(stdout),
                renamed: None,
                shown: "standard output".to_owned(),
            });
        };
        let shown = path.display().to_string();
        let found = path.metadata().ok();
        // A device or a pipe is written to, and not replaced.
        let is_other = found.as_ref().is_some_and(|found| !found.is_file());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // In a container each process may have the same number.
        let now = jiff::Timestamp::now().as_nanosecond();
        let partial = path.with_file_name(format!(".{name}.{}-{now}", std::process::id()));
        let written = if is_other { path } else { &partial };
        let failed = || format!("cannot write {shown}");
        let file = create(written, is_other).with_context(failed)?;
        if let (Some(found), false) = (found, is_other) {
            // Who could not read it before cannot read it afterwards.
            let kept = file.set_permissions(found.permissions());
            kept.with_context(failed)?;
        }
        Ok(Self {
            to: Box::new(file),
            renamed: (!is_other).then(|| (partial, path.to_owned())),
            shown,
        })
    }

    /// Writes some more where that holds up nobody.
    ///
    /// # Errors
    /// When nobody takes them.
    pub(super) async fn put(mut self, bytes: bytes::Bytes) -> Result<Self> {
        let written = tokio::task::spawn_blocking(move || {
            let written = self.to.write_all(&bytes);
            written.with_context(|| format!("cannot write {}", self.shown))?;
            Ok(self)
        });
        written.await?
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When not all of it reached the file.
    #[expect(
        clippy::disallowed_methods,
        reason = "a file of the person who runs this, and none of a storage"
    )]
    pub(super) fn finish(mut self) -> Result<()> {
        let failed = format!("cannot write {}", self.shown);
        self.to.flush().with_context(|| failed.clone())?;
        if let Some((partial, path)) = &self.renamed {
            std::fs::rename(partial, path).context(failed)?;
            self.renamed = None;
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Drop for Output {
    /// What is not whole is worth nothing.
    #[expect(
        clippy::disallowed_methods,
        reason = "a file that was made here, and none of a storage"
    )]
    fn drop(&mut self) {
        if let Some((partial, _)) = &self.renamed {
            let _ = std::fs::remove_file(partial);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a file of the person who runs this, and none of a storage"
)]
fn create(path: &Path, is_there: bool) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(!is_there)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_has_its_name_when_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let names = || directory.path().read_dir().unwrap().count();
        let mut output = Output::open(Some(&path), Form::Binary).unwrap();
        output.write_all(b"some").unwrap();
        assert_eq!((path.exists(), names()), (false, 1));
        drop(output);
        assert_eq!(names(), 0);
        let mut output = Output::open(Some(&path), Form::Binary).unwrap();
        output.write_all(b"all").unwrap();
        output.finish().unwrap();
        assert_eq!((path.metadata().unwrap().len(), names()), (3, 1));
    }

    #[test]
    fn who_may_read_a_file_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let write = || Output::open(Some(&path), Form::Binary).unwrap().finish();
        write().unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        write().unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_device_stays_one() {
        let null = Path::new("/dev/null");
        let mut output = Output::open(Some(null), Form::Binary).unwrap();
        output.write_all(b"nothing").unwrap();
        output.finish().unwrap();
        assert!(!null.metadata().unwrap().is_file());
    }
}
