//! What a commit waits for.

use std::fs::File;
use std::sync::Arc;

use crate::StorePath;
use crate::fs::tree::{Needs, parent};

/// What must be durable before a commit goes on.
#[derive(Default)]
pub(super) struct Awaited {
    /// Content of objects, which have no names yet.
    pub(super) content: Vec<(StorePath, Arc<File>)>,
    /// Objects that have names now.
    pub(super) named: Vec<StorePath>,
    /// Objects that have gone.
    pub(super) gone: Vec<StorePath>,
}

// === impl Awaited ===

impl Awaited {
    pub(super) fn is_empty(&self) -> bool {
        self.content.is_empty() && self.named.is_empty() && self.gone.is_empty()
    }

    pub(super) fn needs(&self) -> Needs<'_> {
        let mut needs = Needs::default();
        for (object, file) in &self.content {
            needs.files.push(Arc::clone(file));
            needs.settled.push(parent(object.as_str()));
        }
        for object in &self.named {
            needs.name_in(parent(object.as_str()));
        }
        for object in &self.gone {
            needs.changed.push(parent(object.as_str()));
        }
        needs
    }
}
