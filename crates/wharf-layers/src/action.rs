//! What an entry asks for: whiteouts are entries too (image-spec: layer.md, "Whiteouts").

use crate::archive::{Entry, Kind};
use crate::error::Refusal;
use crate::name::EntryPath;

/// What is to be done for an entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    /// Bring what the entry describes to this path.
    Put(EntryPath),
    /// Hide what lower layers have at this path.
    Hide(EntryPath),
    /// Hide what lower layers have in this directory.
    HideAllIn(EntryPath),
    /// Nothing: it is what AUFS kept for itself in the root of a layer.
    Ignore,
}

const PREFIX: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
/// moby: pkg/archive/whiteouts.go, `WhiteoutMetaPrefix`
const AUFS: &[u8] = b".wh..wh.";

/// Whether no entry brings anything by this name.
pub(crate) fn is_reserved(name: &[u8]) -> bool {
    name.starts_with(PREFIX)
}

// === impl Action ===

impl Action {
    pub(crate) fn of(entry: &Entry) -> Result<Self, Refusal> {
        let path = EntryPath::parse(&entry.name)?;
        if path.is_root() && entry.kind != Kind::Directory {
            return Err(Refusal::RootReplaced);
        }
        let (parent, name) = path.split();
        if name == OPAQUE {
            return Ok(Self::HideAllIn(directory(parent)?));
        }
        if path.bytes().starts_with(AUFS) {
            return Ok(Self::Ignore);
        }
        let directory = directory(parent)?;
        let Some(hidden) = name.strip_prefix(PREFIX) else {
            return Ok(Self::Put(path));
        };
        match hidden {
            b"" | b"." => Err(Refusal::EmptyWhiteout),
            b".." => Err(Refusal::DotDot),
            _ => {
                let hidden = [directory.bytes(), b"/", hidden].concat();
                Ok(Self::Hide(EntryPath::parse(&hidden)?))
            }
        }
    }
}

fn directory(path: &[u8]) -> Result<EntryPath, Refusal> {
    if path.split(|byte| *byte == b'/').any(is_reserved) {
        return Err(Refusal::WhiteoutAsParent);
    }
    EntryPath::parse(&[b"/", path].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Time;

    fn action(name: &str) -> Result<Action, Refusal> {
        Action::of(&Entry {
            name: name.into(),
            kind: Kind::Fifo,
            mode: 0,
            uid: 0,
            gid: 0,
            modified: Time {
                seconds: 0,
                nanoseconds: 0,
            },
            xattrs: Vec::new(),
        })
    }

    #[test]
    fn names_tell_what_is_to_be_done() {
        let path = |text: &str| EntryPath::parse(text.as_bytes()).unwrap();
        assert_eq!(action("./a/b"), Ok(Action::Put(path("a/b"))));
        assert_eq!(action("a/.wh.b"), Ok(Action::Hide(path("a/b"))));
        assert_eq!(action(".wh.b"), Ok(Action::Hide(path("b"))));
        assert_eq!(action("a/.wh..wh..opq"), Ok(Action::HideAllIn(path("a"))));
        assert_eq!(action(".wh..wh..opq"), Ok(Action::HideAllIn(path("/"))));
        assert_eq!(action(".wh..wh.plnk/1.2"), Ok(Action::Ignore));
        assert_eq!(action(".wh..wh.aufs"), Ok(Action::Ignore));
        assert_eq!(action(".wh."), Err(Refusal::EmptyWhiteout));
        assert_eq!(action("a/.wh.."), Err(Refusal::EmptyWhiteout));
        assert_eq!(action(".wh..."), Err(Refusal::DotDot));
        assert_eq!(action("a/.wh.b/c"), Err(Refusal::WhiteoutAsParent));
        assert_eq!(action("./"), Err(Refusal::RootReplaced));
    }

    #[test]
    fn our_mark_can_neither_be_brought_nor_hidden() {
        let mark = std::str::from_utf8(crate::MARK.as_bytes()).unwrap();
        assert_eq!(action(mark), Ok(Action::Ignore));
        assert_eq!(action(&format!(".wh.{mark}")), Ok(Action::Ignore));
    }
}
