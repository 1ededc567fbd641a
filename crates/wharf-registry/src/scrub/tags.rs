//! Every tag, and what it has pointed to.

use wharf_spec::{Algorithm, RepositoryName, Tag};
use wharf_store::EntryKind;

use super::links::Place;
use super::round::Round;
use crate::key::Key;

// === impl Round ===

impl Round<'_> {
    pub(super) async fn tags(&mut self, name: &RepositoryName) {
        let directory = Key::Tags(name).path();
        let listing = self.list(&directory).await.unwrap_or_default();
        for entry in listing.iter() {
            match (entry.kind, entry.name.parse::<Tag>()) {
                (EntryKind::Directory, Ok(tag)) => self.tag(name, &tag).await,
                (EntryKind::Directory | EntryKind::Object, _) => {
                    let path = format!("{directory}/{}", entry.name);
                    self.strange(path, "its name is not that of a tag");
                }
            }
        }
    }

    async fn tag(&mut self, name: &RepositoryName, tag: &Tag) {
        // Without it, an interrupted push has left a directory that is no tag yet.
        self.follow(&Place::of_tag(name, tag, None)).await;
        for algorithm in Algorithm::ALL {
            let index = Key::TagIndex(name, tag, algorithm);
            for digest in self.digests(index, algorithm).await {
                self.follow(&Place::of_tag(name, tag, Some(digest))).await;
            }
        }
    }
}
