//! What was deleted and can be restored stays.

use std::collections::HashSet;

use wharf_spec::{Digest, RepositoryName};

use super::Round;
use super::facts::Content;
use super::marks::prefix;
use super::plan::{Hold, Plan};
use crate::key::Key;
use crate::trash::Trashed;

// === impl Round ===

impl Round<'_> {
    /// In the repositories of a batch, what is in the trash counts as manifests that stay.
    pub(super) async fn keep_trashed(&mut self, trashed: &[Trashed], batch: &mut [Plan]) {
        for entry in trashed {
            let mut plans = batch.iter_mut();
            if let Some(plan) = plans.find(|plan| plan.name == entry.repository) {
                self.keep_entry(entry, plan).await;
            }
        }
    }

    /// The same for what was in no repository any more when the walk came there.
    pub(super) async fn deleted_repositories(&mut self) {
        let trashed = match self.registry.trashed().await {
            Ok(trashed) => trashed,
            Err(error) => return self.blinded("trash", &error.to_string()),
        };
        for entry in &trashed {
            self.needed_by_trashed(&entry.repository, &entry.manifests)
                .await;
        }
    }

    async fn keep_entry(&mut self, entry: &Trashed, plan: &mut Plan) {
        // Those that are still there, as where a tag was deleted only, keep others as well.
        let there = entry.manifests.iter();
        let there = there
            .filter_map(|digest| plan.graph.find(*digest))
            .collect();
        self.keep_of_graph(plan, there).await;
        match self.needed_by_trashed(&plan.name, &entry.manifests).await {
            Some(needed) => {
                plan.needed
                    .extend(needed.iter().map(|digest| prefix(*digest)));
                let there = needed.iter();
                let there = there
                    .filter_map(|digest| plan.graph.find(*digest))
                    .collect();
                self.keep_of_graph(plan, there).await;
            }
            None => plan.hold = Hold::Everything,
        }
    }

    /// Marks these manifests and all that they need, which is the answer; nothing if one of
    /// them cannot be read.
    async fn needed_by_trashed(
        &mut self,
        name: &RepositoryName,
        manifests: &[Digest],
    ) -> Option<HashSet<Digest>> {
        let mut needed = HashSet::new();
        let mut is_known = true;
        let mut next = manifests.to_vec();
        let mut seen = HashSet::new();
        while let Some(digest) = next.pop() {
            if !seen.insert(digest) {
                continue;
            }
            self.marks.keep(digest);
            self.pace.operations(1).await;
            match Content::of(self.registry, digest).await {
                Content::Whole(facts) => {
                    for digest in facts.references() {
                        needed.insert(digest);
                        self.marks.keep(digest);
                        self.keep_target(name, digest).await;
                    }
                    next.extend(facts.children);
                }
                // What has gone cannot be restored.
                Content::Absent => {}
                // A child need not be a manifest.
                Content::Unknown(_) if !manifests.contains(&digest) => {}
                Content::Unknown(why) => {
                    self.blinded(Key::BlobData(digest).path().as_str(), &why);
                    is_known = false;
                }
            }
        }
        is_known.then_some(needed)
    }
}
