//! Links that lead nowhere go, unless somebody makes them right at this moment.

use std::time::SystemTime;

use wharf_spec::Digest;
use wharf_store::{Change, Removal};

use super::links::{Kind, Place, leads};
use super::round::Round;
use crate::repository::to_the_end;
use crate::{Repository, Result};

/// What became of a link.
pub(super) enum Gone {
    Removed,
    /// Somebody wrote it or relied on it not long ago.
    Young,
    /// It leads to something by now, or has gone by itself.
    Alive,
}

// === impl Round ===

impl Round<'_> {
    pub(super) async fn remove_link(
        &self,
        place: &Place,
        target: Option<Digest>,
        threshold: SystemTime,
    ) -> Result<Gone> {
        let repository = self.registry.repository(place.name.clone());
        let place = place.clone();
        // Half of it would be a link that is missing.
        to_the_end(async move { remove(&repository, &place, target, threshold).await }).await
    }
}

async fn remove(
    repository: &Repository,
    place: &Place,
    target: Option<Digest>,
    threshold: SystemTime,
) -> Result<Gone> {
    let tags = place.tag.as_slice();
    let _turns = repository.tag_turns(tags).await?;
    let _turn = match (place.kind, place.named) {
        (Kind::Revision, Some(digest)) => {
            let key = (repository.name.clone(), digest);
            Some(repository.registry.manifest_turns.take(key).await?)
        }
        (Kind::Layer | Kind::Revision | Kind::Current | Kind::History, _) => None,
    };
    let store = repository.store();
    match store.remove_untouched(&place.path, threshold).await? {
        Removal::Removed(_) => {}
        Removal::Kept => return Ok(Gone::Young),
        Removal::Absent => return Ok(Gone::Alive),
    }
    let Some(target) = target else {
        return Ok(Gone::Removed);
    };
    // Whoever pushed what it leads to meanwhile may have found the link in its place, and left
    // it alone: that was before it went, and what it leads to was there by then.
    let leads = leads(&repository.registry, place, target).await;
    if matches!(leads, Ok(false)) {
        return Ok(Gone::Removed);
    }
    let change = Change::Put {
        path: place.path.clone(),
        content: target.to_string().into(),
    };
    store.commit(vec![vec![change]]).await?;
    leads.map(|_| Gone::Alive)
}
