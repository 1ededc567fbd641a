//! Hard links: another name for a file of this layer or a lower one.

use rustix::fs::{AtFlags, FileType, linkat, statat};
use rustix::io::Errno;

use crate::action::is_reserved;
use crate::error::{Reason, Refusal};
use crate::name::EntryPath;

use super::Unpacking;
use super::hide::replace;
use super::root::{Links, child};

// === impl Unpacking ===

impl Unpacking {
    /// Gives the file at the path `target` the name `name` in the directory `parent`. The target
    /// is looked for without following links: no tool that writes layers names it so, and what
    /// is behind a link need not be what the writer meant.
    ///
    /// The link has the file's owner, mode and times, whatever its own header says: they are one
    /// file.
    pub(super) fn link(&mut self, target: &[u8], parent: &[u8], name: &[u8]) -> Result<(), Reason> {
        let path = EntryPath::parse(target)?;
        if path.is_root() {
            return Err(Refusal::HardLinkToDirectory.into());
        }
        // Our mark, or what AUFS kept for itself.
        if path.bytes().split(|byte| *byte == b'/').any(is_reserved) {
            return Err(Refusal::HardLinkMissing.into());
        }
        let (directory, file) = path.split();
        let links = Links::Refused(Refusal::HardLinkThroughLink);
        let found = self
            .root
            .find(directory, links)?
            .ok_or(Refusal::HardLinkMissing)?;
        match statat(&found.fd, file, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => {
                return Err(Refusal::HardLinkToDirectory.into());
            }
            Ok(_) => {}
            Err(Errno::NOENT) => return Err(Refusal::HardLinkMissing.into()),
            Err(errno) => return Err(Reason::disk("looking for a hard link's target")(errno)),
        }
        let place = self.place(parent)?;
        let new = child(&place.path, name);
        if new == path.bytes() {
            return Err(Refusal::HardLinkToItself.into());
        }
        let link = || linkat(&found.fd, file, &place.fd, name, AtFlags::empty());
        let linked = match link() {
            Err(Errno::EXIST) => {
                replace(&mut self.root, &mut self.directories, &place, name)?;
                link()
            }
            other => other,
        };
        match linked {
            Ok(()) => {
                self.brought.add(&new);
                Ok(())
            }
            // What it replaced had the target in it.
            Err(Errno::NOENT) => Err(Refusal::HardLinkMissing.into()),
            Err(errno) => Err(Reason::disk("making a hard link")(errno)),
        }
    }
}
