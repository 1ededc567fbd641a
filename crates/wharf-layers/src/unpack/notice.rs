//! What cannot be made as the image has it, since we are not root, or not allowed to.

use std::collections::BTreeMap;
use std::fmt;

use super::Progress;

/// A kind of thing that is not as the image has it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Notice {
    /// Files have the user's own owner and group.
    OwnerKept,
    /// setuid and setgid were left out where the owner is not the image's.
    SetIdDropped,
    /// Devices were left out.
    DeviceSkipped,
    /// Extended attributes were left out: not allowed, not supported by the file system, or
    /// such that they mean something to this machine (`trusted.overlay.*`, `security.selinux`).
    XattrSkipped,
}

/// How often each happened.
#[derive(Default)]
pub(super) struct Notices {
    counts: BTreeMap<Notice, u64>,
    untold: Vec<Notice>,
}

// === impl Notices ===

impl Notices {
    pub(super) fn add(&mut self, notice: Notice) {
        let count = self.counts.entry(notice).or_insert_with(|| {
            self.untold.push(notice);
            0
        });
        *count += 1;
    }

    pub(super) fn tell(&mut self, progress: &mut dyn FnMut(Progress<'_>)) {
        for notice in self.untold.drain(..) {
            progress(Progress::Notice(notice));
        }
    }

    pub(super) fn counts(&self) -> Vec<(Notice, u64)> {
        self.counts
            .iter()
            .map(|(notice, count)| (*notice, *count))
            .collect()
    }
}

// === impl Notice ===

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OwnerKept => "files that belong to others in the image belong to you",
            Self::SetIdDropped => "setuid and setgid are left out where owners are",
            Self::DeviceSkipped => "devices cannot be made and are left out",
            Self::XattrSkipped => "some extended attributes cannot be set and are left out",
        })
    }
}
