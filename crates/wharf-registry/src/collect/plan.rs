//! What a repository needs, and what of it may go.

use std::collections::HashSet;
use std::time::SystemTime;

use wharf_spec::{Algorithm, Digest, RepositoryName, Tag};

use super::facts::{Ahead, Content, Facts, Found, Link};
use super::graph::Graph;
use super::marks::{Prefix, prefix};
use super::untagged::Fate;
use super::{CollectionEvent, Round, before, told};
use crate::key::Key;

/// What was found out about a repository.
pub(super) struct Plan {
    pub(super) name: RepositoryName,
    /// What its manifests need.
    pub(super) needed: HashSet<Prefix>,
    /// Its manifests, where some may go.
    pub(super) graph: Graph,
    /// Its tags, where manifests may go.
    pub(super) tags: Vec<String>,
    /// Manifests that somebody touched at that moment or later stay.
    pub(super) limit: SystemTime,
    /// How many manifests are linked here.
    pub(super) manifests: usize,
    pub(super) hold: Hold,
}

/// Whether anything of a repository may go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Hold {
    /// What nobody needs.
    Nothing,
    /// Nothing: there is something in it of which nobody knows what it needs.
    Everything,
}

/// The tags of a repository in which manifests may go.
struct Tags {
    names: Vec<String>,
    tagged: HashSet<Prefix>,
}

// === impl Plan ===

impl Plan {
    /// How much there is to remember.
    pub(super) fn weight(&self) -> usize {
        self.needed.len() + 8 * self.graph.nodes().len() + 64
    }
}

// === impl Round ===

impl Round<'_> {
    /// Marks what the manifests of a repository need. Nothing is removed.
    pub(super) async fn mark(&mut self, name: RepositoryName) -> Plan {
        self.events.tell(CollectionEvent::Repository(&name));
        let fate = self.options.untagged.fate(&name);
        // Tags first: a manifest that is tagged after that was touched after the start.
        let (tags, limit) = match fate {
            Fate::Stay => (None, self.threshold),
            Fate::MayGo(age) => {
                let limit = self
                    .threshold
                    .min(before(self.start, age.max(self.options.untagged_age)));
                (self.tags(&name).await, limit)
            }
        };
        let mut plan = Plan {
            name,
            needed: HashSet::new(),
            graph: Graph::default(),
            tags: Vec::new(),
            limit,
            manifests: 0,
            hold: Hold::Nothing,
        };
        let mut roots = Vec::new();
        for algorithm in Algorithm::ALL {
            let name = plan.name.clone();
            let key = Key::Revisions(&name, algorithm);
            let Some(listing) = self.list(key).await else {
                plan.hold = Hold::Everything;
                continue;
            };
            let digests = self.digests(key, &listing, algorithm);
            let mut digests = digests.into_iter();
            let mut ahead = Ahead::new();
            loop {
                while !ahead.is_full()
                    && !self.is_stopped()
                    && let Some(digest) = digests.next()
                {
                    self.pace.operations(2).await;
                    ahead.begin(self.registry, &plan.name, digest);
                }
                let Some(found) = ahead.next().await else {
                    break;
                };
                self.found(&mut plan, tags.as_ref(), &mut roots, found)
                    .await;
            }
        }
        if let Some(tags) = tags {
            plan.tags = tags.names;
        }
        if plan.hold == Hold::Everything {
            roots = (0..plan.graph.nodes().len()).collect();
        }
        self.keep_of_graph(&mut plan, roots).await;
        plan
    }

    /// Looks at one manifest that a repository links.
    async fn found(
        &mut self,
        plan: &mut Plan,
        tags: Option<&Tags>,
        roots: &mut Vec<usize>,
        found: Found,
    ) {
        let digest = found.digest;
        let link = Key::RevisionLink(&plan.name, digest).path();
        let target = match found.link {
            Link::Absent => return,
            Link::To(target) => Some(target),
            Link::Bad => {
                self.problem(link.as_str(), "the link holds no digest");
                None
            }
            Link::Failed(why) => {
                self.blinded(link.as_str(), &why);
                plan.hold = Hold::Everything;
                None
            }
        };
        plan.manifests += 1;
        let mut facts = match found.content {
            Content::Whole(facts) => facts,
            Content::Absent => {
                self.problem(link.as_str(), "the manifest has no data");
                Facts::default()
            }
            Content::Unknown(why) => {
                let path = Key::BlobData(digest).path();
                self.problem(path.as_str(), &why);
                plan.hold = Hold::Everything;
                Facts::default()
            }
        };
        facts.target = target.filter(|target| *target != digest);
        let Some(tags) = tags else {
            self.tell_manifest(plan, digest);
            return self.keep(plan, digest, &facts).await;
        };
        let place = plan.graph.nodes().len();
        plan.graph.add(digest, facts);
        if tags.tagged.contains(&prefix(digest))
            || target.is_none()
            || self.is_recent(plan, digest).await
        {
            roots.push(place);
        }
    }

    /// Whether an untagged manifest was written or touched not long enough ago.
    async fn is_recent(&mut self, plan: &Plan, digest: Digest) -> bool {
        let link = Key::RevisionLink(&plan.name, digest).path();
        self.pace.operations(1).await;
        match self.registry.inner.store.stat(&link).await {
            Ok(stat) => stat.touched >= plan.limit,
            Err(error) if error.is_not_found() => false,
            Err(error) => {
                self.problem(link.as_str(), &told(&error));
                true
            }
        }
    }

    /// These manifests stay, and all that stays because of them.
    pub(super) async fn keep_of_graph(&mut self, plan: &mut Plan, roots: Vec<usize>) {
        let is_root: HashSet<usize> = roots.iter().copied().collect();
        for place in plan.graph.keep(roots) {
            let Some(node) = plan.graph.node(place) else {
                continue;
            };
            let (digest, facts) = (node.digest, node.facts.clone());
            // Those that an index lists have been told of as what it needs.
            if is_root.contains(&place) || !self.marks.contains(digest) {
                self.tell_manifest(plan, digest);
            }
            self.keep(plan, digest, &facts).await;
        }
    }

    fn tell_manifest(&mut self, plan: &Plan, digest: Digest) {
        let repository = &plan.name;
        self.events
            .tell(CollectionEvent::Manifest { repository, digest });
    }

    /// A manifest stays, and so does what it needs.
    pub(super) async fn keep(&mut self, plan: &mut Plan, digest: Digest, facts: &Facts) {
        self.marks.need(digest);
        if let Some(target) = facts.target {
            self.marks.keep(target);
        }
        for digest in facts.references() {
            plan.needed.insert(prefix(digest));
            if self.marks.need(digest) {
                let repository = &plan.name;
                self.events
                    .tell(CollectionEvent::Blob { repository, digest });
            }
            self.keep_target(&plan.name, digest).await;
        }
    }

    /// Distribution keeps what was pushed by its sha512 under its sha256: what the link leads
    /// to stays as well.
    pub(super) async fn keep_target(&mut self, name: &RepositoryName, digest: Digest) {
        match digest.algorithm() {
            Algorithm::Sha256 => return,
            Algorithm::Sha512 => {}
        }
        let key = Key::LayerLink(name, digest);
        self.pace.operations(1).await;
        match Link::read(self.registry, key).await {
            Link::To(target) => self.marks.keep(target),
            Link::Absent => {}
            Link::Bad => self.problem(key.path().as_str(), "the link holds no digest"),
            Link::Failed(why) => self.blinded(key.path().as_str(), &why),
        }
    }

    /// The tags and what they point to; nothing if that is not known of one of them, since
    /// then no manifest may go.
    async fn tags(&mut self, name: &RepositoryName) -> Option<Tags> {
        let mut tags = Tags {
            names: Vec::new(),
            tagged: HashSet::new(),
        };
        let mut is_known = true;
        let key = Key::Tags(name);
        let listing = self.list(key).await?;
        for entry in listing.iter() {
            let Ok(tag) = entry.name.parse::<Tag>() else {
                let path = format!("{}/{}", key.path(), entry.name);
                self.problem(path, "its name is not that of a tag");
                continue;
            };
            let current = Key::TagCurrentLink(name, &tag);
            self.pace.operations(1).await;
            match Link::read(self.registry, current).await {
                Link::To(digest) => {
                    tags.tagged.insert(prefix(digest));
                }
                // An interrupted push leaves a tag without a current link.
                Link::Absent => {}
                Link::Bad => {
                    self.problem(current.path().as_str(), "the link holds no digest");
                    is_known = false;
                }
                Link::Failed(why) => {
                    self.problem(current.path().as_str(), &why);
                    is_known = false;
                }
            }
            tags.names.push(entry.name.to_owned());
        }
        is_known.then_some(tags)
    }
}
