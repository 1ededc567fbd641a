//! The trash, a part at a time.

use std::time::SystemTime;

use wharf_spec::RepositoryName;

use super::{DamagedEntry, TrashEntry, TrashId};
use crate::{Registry, Result};

/// Some of what is in the trash.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TrashPage {
    /// The latest first.
    pub entries: Vec<TrashEntry>,
    /// Those that cannot be read; nobody knows whose they are.
    pub damaged: Vec<DamagedEntry>,
    /// After which one to go on, if there is more to look at.
    pub next: Option<TrashId>,
}

// === impl Registry ===

impl Registry {
    /// What can be restored, of one repository or of all: up to `most` entries that were
    /// deleted before `after`. A page may hold fewer although there is a next one, since no
    /// more than a thousand are looked at.
    ///
    /// # Errors
    /// The store's. An entry that cannot be read is none.
    pub async fn trash_page(
        &self,
        repository: Option<&RepositoryName>,
        after: Option<TrashId>,
        most: usize,
    ) -> Result<TrashPage> {
        let mut ids = self.live_entries(SystemTime::now()).await?;
        ids.retain(|id| after.is_none_or(|after| *id < after));
        ids.sort_unstable_by_key(|id| std::cmp::Reverse(*id));
        let mut page = TrashPage::default();
        let mut ids = ids.into_iter().peekable();
        let mut looked = 0;
        while let Some(id) = ids.next() {
            match self.trash_entry(id).await? {
                Ok(Some(entry)) if repository.is_none_or(|name| *name == entry.repository) => {
                    page.entries.push(entry);
                }
                // Of another one; or somebody has just restored or removed it.
                Ok(Some(_) | None) => {}
                Err(damaged) if repository.is_none() => page.damaged.push(damaged),
                Err(_) => {}
            }
            looked += 1;
            let found = page.entries.len() + page.damaged.len();
            if found >= most || looked == LOOKS {
                page.next = ids.peek().map(|_| id);
                break;
            }
        }
        Ok(page)
    }
}

/// Entries that are read for one page.
const LOOKS: usize = 1000;
