//! Paths walked from the root, one part at a time.

use std::rc::Rc;

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, mkdirat, openat, readlinkat};
use rustix::io::Errno;

use crate::error::{Reason, Refusal};
use crate::name::{MOST_DEPTH, MOST_LINKS, MOST_LOOKUPS, check_bytes, join, pop};

/// The directory of the image.
pub(super) struct Root {
    /// Open for reading.
    pub(super) fd: OwnedFd,
    /// The file system it is on.
    pub(super) device: u64,
    /// Where the last entry was put: the next one is probably put there too.
    last: Option<(Vec<u8>, Rc<Place>)>,
    /// Directories that no entry described, made since they were asked for.
    made: Vec<Vec<u8>>,
}

/// An open directory within the root, and where that is.
pub(super) struct Place {
    /// Only good for finding what is in it (`O_PATH`).
    pub(super) fd: OwnedFd,
    /// Its path after symbolic links; empty for the root.
    pub(super) path: Vec<u8>,
    pub(super) depth: usize,
}

/// What becomes of symbolic links in a path.
#[derive(Clone, Copy)]
pub(super) enum Links {
    /// They are followed as inside a chroot.
    Followed,
    /// The entry is refused, for this reason.
    Refused(Refusal),
}

const PLACE: OFlags = OFlags::PATH
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

// === impl Root ===

impl Root {
    pub(super) fn new(fd: OwnedFd, device: u64) -> Self {
        Self {
            fd,
            device,
            last: None,
            made: Vec::new(),
        }
    }

    /// The directory that `path` leads to, made with its parents where it is missing.
    pub(super) fn make(&mut self, path: &[u8]) -> Result<Rc<Place>, Reason> {
        if let Some((last, place)) = &self.last
            && last == path
        {
            return Ok(Rc::clone(place));
        }
        let mut made = Vec::new();
        let mut walk = Walk::new(self, Links::Followed, path)?;
        while let Some(missing) = walk.run()? {
            match mkdirat(&walk.at.fd, &missing, Mode::RWXU) {
                Ok(()) => made.push(child(&walk.at.path, &missing)),
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(Reason::disk("making a directory")(errno)),
            }
            walk.todo.push(missing);
        }
        let place = Rc::new(walk.at);
        self.made.append(&mut made);
        self.last = Some((path.to_owned(), Rc::clone(&place)));
        Ok(place)
    }

    /// The directory that `path` leads to, if it is there.
    pub(super) fn find(&self, path: &[u8], links: Links) -> Result<Option<Place>, Reason> {
        let mut walk = Walk::new(self, links, path)?;
        Ok(walk.run()?.is_none().then_some(walk.at))
    }

    /// To be called whenever something was removed: paths may lead elsewhere now.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// Which directories were made without an entry, since the last call.
    pub(super) fn take_made(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.made)
    }
}

/// The path of what is called `name` in the directory at `path`.
pub(super) fn child(path: &[u8], name: &[u8]) -> Vec<u8> {
    let mut child = path.to_owned();
    join(&mut child, name);
    child
}

// === impl Walk ===

/// A walk that has come to `at`, and has `todo` before it, the next part last.
struct Walk<'a> {
    root: &'a Root,
    links: Links,
    followed: usize,
    looked_up: usize,
    at: Place,
    todo: Vec<Vec<u8>>,
}

impl<'a> Walk<'a> {
    fn new(root: &'a Root, links: Links, path: &[u8]) -> Result<Self, Reason> {
        let at = root.top()?;
        let mut walk = Self {
            root,
            links,
            followed: 0,
            looked_up: 0,
            at,
            todo: Vec::new(),
        };
        walk.push(path);
        Ok(walk)
    }

    fn push(&mut self, path: &[u8]) {
        let parts = path.split(|byte| *byte == b'/').rev();
        self.todo
            .extend(parts.filter(|part| !part.is_empty()).map(<[u8]>::to_owned));
    }

    /// Goes on to the end, or to a part that is not there, which it returns.
    fn run(&mut self) -> Result<Option<Vec<u8>>, Reason> {
        while let Some(part) = self.todo.pop() {
            self.looked_up += 1;
            if self.looked_up > MOST_LOOKUPS {
                return Err(Refusal::TooManyLinks.into());
            }
            match part.as_slice() {
                b"." => {}
                b".." => self.up()?,
                _ => match openat(&self.at.fd, &part, PLACE, Mode::empty()) {
                    Ok(fd) => self.enter(fd, &part)?,
                    Err(Errno::NOENT) => return Ok(Some(part)),
                    Err(Errno::NOTDIR | Errno::LOOP) => self.follow(&part)?,
                    Err(Errno::NAMETOOLONG) => return Err(Refusal::NameTooLong.into()),
                    Err(errno) => return Err(Reason::disk("opening a directory")(errno)),
                },
            }
        }
        Ok(None)
    }

    fn enter(&mut self, fd: OwnedFd, part: &[u8]) -> Result<(), Reason> {
        self.at.fd = fd;
        self.at.depth += 1;
        join(&mut self.at.path, part);
        check_bytes(&self.at.path)?;
        if self.at.depth > MOST_DEPTH {
            return Err(Refusal::TooDeep.into());
        }
        Ok(())
    }

    /// Where `..` of a link leads: never above the root. The path so far has no links in it.
    fn up(&mut self) -> Result<(), Reason> {
        let mut path = std::mem::take(&mut self.at.path);
        pop(&mut path);
        self.looked_up += self.at.depth;
        let parent = self
            .root
            .find(&path, Links::Refused(Refusal::ParentNotDirectory))?;
        self.at = parent.ok_or(Refusal::ParentNotDirectory)?;
        Ok(())
    }

    fn follow(&mut self, part: &[u8]) -> Result<(), Reason> {
        let target = match readlinkat(&self.at.fd, part, Vec::new()) {
            Ok(target) => target.into_bytes(),
            Err(Errno::INVAL) => return Err(Refusal::ParentNotDirectory.into()),
            Err(errno) => return Err(Reason::disk("reading a symbolic link")(errno)),
        };
        if let Links::Refused(refusal) = self.links {
            return Err(refusal.into());
        }
        self.followed += 1;
        if self.followed > MOST_LINKS {
            return Err(Refusal::TooManyLinks.into());
        }
        if target.starts_with(b"/") {
            self.at = self.root.top()?;
        }
        self.push(&target);
        Ok(())
    }
}

impl Root {
    fn top(&self) -> Result<Place, Reason> {
        let fd = openat(&self.fd, ".", PLACE, Mode::empty());
        let fd = fd.map_err(Reason::disk("opening the root"))?;
        Ok(Place {
            fd,
            path: Vec::new(),
            depth: 0,
        })
    }
}
