//! A collection, as short as it can be said, in steps.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde_json::Value;
use wharf_spec::Digest;
use wharf_store::{MemoryStore, Removal, Store, StorePath};

use crate::paths;

const REPOSITORIES: &str = "docker/registry/v2/repositories/";

/// What is where: by repository, and by digest.
type Place = (String, Digest);

/// One without any grace, for which manifests without a tag go.
pub(crate) struct Collection {
    store: MemoryStore,
    began: SystemTime,
    /// Revision links that may go, those that list others first.
    going: Vec<Place>,
    links: BTreeSet<StorePath>,
    data: BTreeSet<StorePath>,
}

// === impl Collection ===

impl Collection {
    pub(crate) fn new(store: MemoryStore) -> Self {
        Self {
            store,
            began: SystemTime::UNIX_EPOCH,
            going: Vec::new(),
            links: BTreeSet::new(),
            data: BTreeSet::new(),
        }
    }

    /// Begins, marks, removes links, removes data.
    pub(crate) async fn step(&mut self, number: usize) {
        match number {
            0 => {
                // What was touched before is older than this, whatever the clock says.
                self.store.pass(Duration::from_millis(1));
                self.began = self.store.now().await.unwrap();
            }
            1 => self.mark(),
            2 => self.remove_links().await,
            _ => self.remove_data().await,
        }
    }

    fn mark(&mut self) {
        let files = self.store.snapshot();
        let revisions = links(&files, "/_manifests/revisions/");
        let mut kept: BTreeSet<Place> = links(&files, "/_manifests/tags/")
            .into_iter()
            .filter(|(path, _)| path.ends_with("/current/link"))
            .map(|(_, place)| place)
            .collect();
        while let Some(found) = revisions.values().find(|(name, digest)| {
            let parents = kept.iter().filter(|(parent, _)| parent == name);
            let mut children = parents.flat_map(|(_, parent)| listed(&files, *parent));
            !kept.contains(&(name.clone(), *digest)) && children.any(|child| child == *digest)
        }) {
            kept.insert(found.clone());
        }
        for (name, digest) in revisions.into_values() {
            if kept.contains(&(name.clone(), digest)) {
                self.keep(&files, &name, digest);
            } else {
                self.going.push((name, digest));
            }
        }
        let lists = |(_, digest): &Place| listed(&files, *digest).is_empty();
        self.going.sort_by_key(lists);
    }

    /// Notes all that a manifest needs.
    fn keep(&mut self, files: &BTreeMap<String, Bytes>, name: &str, digest: Digest) {
        self.data.insert(paths::blob_data(digest));
        for needed in needed_by(files, digest) {
            self.links.insert(paths::layer_link(name, needed));
            self.data.insert(paths::blob_data(needed));
        }
        for child in listed(files, digest) {
            self.going.retain(|it| *it != (name.to_owned(), child));
            self.keep(files, name, child);
        }
    }

    async fn remove_links(&mut self) {
        while !self.going.is_empty() {
            let (name, digest) = self.going.remove(0);
            let link = paths::revision_link(&name, digest);
            match self.remove(&link).await {
                Removal::Removed(_) => {
                    let histories = links(&self.store.snapshot(), "/_manifests/tags/");
                    for (path, place) in histories {
                        if path.contains("/index/") && place == (name.clone(), digest) {
                            self.remove(&StorePath::new(path).unwrap()).await;
                        }
                    }
                }
                Removal::Kept => self.keep(&self.store.snapshot(), &name, digest),
                Removal::Absent => {}
            }
        }
        for (path, (_, digest)) in links(&self.store.snapshot(), "/_layers/") {
            let link = StorePath::new(path).unwrap();
            if self.links.contains(&link) || self.remove(&link).await == Removal::Kept {
                self.data.insert(paths::blob_data(digest));
            }
        }
    }

    async fn remove_data(&mut self) {
        for path in self.store.snapshot().into_keys() {
            let data = StorePath::new(path).unwrap();
            if data.as_str().ends_with("/data")
                && data.as_str().contains("/blobs/")
                && !self.data.contains(&data)
            {
                self.remove(&data).await;
            }
        }
    }

    async fn remove(&self, path: &StorePath) -> Removal {
        let removed = self.store.remove_untouched(path, self.began).await;
        removed.unwrap()
    }
}

/// All links of a kind, by path.
fn links(files: &BTreeMap<String, Bytes>, kind: &str) -> BTreeMap<String, Place> {
    let links = files.iter().filter_map(|(path, content)| {
        let below = path.strip_prefix(REPOSITORIES)?;
        let (name, rest) = below.split_once(kind)?;
        let digest = std::str::from_utf8(content).unwrap().parse().unwrap();
        rest.ends_with("/link")
            .then(|| (path.clone(), (name.to_owned(), digest)))
    });
    links.collect()
}

fn needed_by(files: &BTreeMap<String, Bytes>, digest: Digest) -> Vec<Digest> {
    let manifest = manifest(files, digest);
    let config = std::iter::once(&manifest["config"]);
    let layers = manifest["layers"].as_array().into_iter().flatten();
    let digests = config.chain(layers).filter_map(digest_in);
    digests.collect()
}

fn listed(files: &BTreeMap<String, Bytes>, digest: Digest) -> Vec<Digest> {
    let manifest = manifest(files, digest);
    let children = manifest["manifests"].as_array().into_iter().flatten();
    children.filter_map(digest_in).collect()
}

fn manifest(files: &BTreeMap<String, Bytes>, digest: Digest) -> Value {
    let data = files.get(paths::blob_data(digest).as_str());
    data.map_or(Value::Null, |data| serde_json::from_slice(data).unwrap())
}

fn digest_in(descriptor: &Value) -> Option<Digest> {
    descriptor["digest"].as_str()?.parse().ok()
}
