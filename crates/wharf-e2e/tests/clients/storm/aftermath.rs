//! What has to be there after the storm, and what must not.

use std::collections::BTreeSet;
use std::time::Duration;

use super::client::{Pull, World, accepting, is_of_a_proxy, pull};
use super::ledger::{Entry, Fate, REPOSITORIES, Slot};
use super::stored::Stored;

/// Seconds for which a server is asked that gives no answer.
const PATIENCE: usize = 30;

/// Every acknowledged and not deleted item is pulled, by digest and by tag; what may be either
/// is asked for, and what is there of it is told.
pub(super) fn check_all(world: &World) -> BTreeSet<Slot> {
    let mut surviving = BTreeSet::new();
    for slot in slots(world) {
        let entry = world.ledger.entry(slot);
        check(world, slot, entry);
        let item = &world.content.items[slot.item];
        let path = format!("/v2/{}/manifests/{}", slot.name(), item.manifest.digest);
        let is_there = is_there(world, &path);
        match entry.manifest {
            Fate::There => _ = surviving.insert(slot),
            Fate::Either if is_there => {
                world.ledger.count("either: there");
                surviving.insert(slot);
            }
            Fate::Either => world.ledger.count("either: gone"),
            // A child that was pushed with its index is known by nobody.
            Fate::Gone if is_there => _ = surviving.insert(slot),
            Fate::Gone => {}
        }
        if let (Fate::There, Some(subject)) = (entry.manifest, item.subject) {
            check_referrer(world, slot, subject);
        }
    }
    surviving
}

/// All there are, touched or not: a child comes with an index that nobody could push, and keeps
/// what it needs.
fn slots(world: &World) -> impl Iterator<Item = Slot> {
    let items = world.content.items.len();
    (0..REPOSITORIES.len())
        .flat_map(move |repository| (0..items).map(move |item| Slot { repository, item }))
}

fn check(world: &World, slot: Slot, entry: Entry) {
    for (fate, by_tag) in [(entry.manifest, false), (entry.tag, true)] {
        if fate != Fate::There {
            continue;
        }
        match patiently(|| pull(world, slot, by_tag)) {
            Ok(()) => world.ledger.count("verified"),
            Err(Pull::Cut) => panic!("no answer after the storm: {slot:?}"),
            Err(Pull::Lost(what)) => world.ledger.lost(what),
        }
    }
}

fn is_there(world: &World, path: &str) -> bool {
    let is_there = patiently(|| {
        let answer = accepting(world.http.get(path)).try_send();
        let answer = answer.map_err(|_| Pull::Cut)?;
        match answer.status {
            200 => Ok(()),
            _ if is_of_a_proxy(&answer) => Err(Pull::Cut),
            status => Err(Pull::Lost(status.to_string())),
        }
    });
    assert!(!matches!(is_there, Err(Pull::Cut)), "no answer: {path}");
    is_there.is_ok()
}

/// A proxy may think for a moment that no server is there.
fn patiently(pull: impl Fn() -> Result<(), Pull>) -> Result<(), Pull> {
    for _ in 0..PATIENCE {
        match pull() {
            Err(Pull::Cut) => std::thread::sleep(Duration::from_secs(1)),
            pulled => return pulled,
        }
    }
    Err(Pull::Cut)
}

fn check_referrer(world: &World, slot: Slot, subject: usize) {
    let subject = &world.content.items[subject].manifest.digest;
    let path = format!("/v2/{}/referrers/{subject}", slot.name());
    let answer = world.http.get(&path).send();
    if answer.status == 404 {
        // distribution has no such list.
        return;
    }
    let own = &world.content.items[slot.item].manifest.digest;
    let listed = answer.json()["manifests"].to_string().contains(own);
    if !listed {
        world
            .ledger
            .lost(format!("{slot:?} is not among the referrers of {subject}"));
    }
}

/// What is stored and not needed, after a last collection; and what is needed and not stored.
pub(super) fn check_tree(world: &World, tree: &Stored, surviving: &BTreeSet<Slot>) -> Leftover {
    let mut required = BTreeSet::new();
    let mut allowed = BTreeSet::new();
    for slot in surviving {
        let needs = world.content.needs(slot.item);
        if world.ledger.entry(*slot).manifest == Fate::There {
            required.extend(needs.clone());
        }
        allowed.extend(needs);
    }
    // Children that came with an index of which nobody knows.
    allowed.extend(required.clone());
    let mut stored = BTreeSet::new();
    let mut leftover = Leftover::default();
    let blobs = tree.files.iter();
    for path in blobs.filter(|path| path.starts_with("blobs/sha256/")) {
        let mut parts = path.rsplit('/');
        match (parts.next(), parts.next()) {
            (Some("data"), Some(hex)) => _ = stored.insert(format!("sha256:{hex}")),
            // A killed write leaves one, which a purge removes when it is old (`Store::sweep`);
            // here none runs.
            (Some(name), Some(_)) if name.starts_with("data.") && name.ends_with(".tmp") => {
                leftover.unfinished.push(path.clone());
            }
            _ => leftover.strange.push(path.clone()),
        }
    }
    leftover.missing = required.difference(&stored).cloned().collect();
    leftover.garbage = stored.difference(&allowed).cloned().collect();
    leftover.kept = stored.len();
    let finished = world.ledger.finished_uploads();
    for path in &tree.directories {
        let name = path.rsplit('/').next().unwrap_or_default();
        let above = path.rsplit('/').nth(1).unwrap_or_default();
        if above == "_uploads" && finished.contains(name) {
            leftover.strange.push(path.clone());
        }
        let is_object = name.len() == 64;
        let is_layer = path.contains("/_layers/") || path.starts_with("blobs/");
        if is_object && is_layer && tree.is_empty(path) {
            leftover.strange.push(format!("{path} is empty"));
        }
    }
    leftover
}

/// What a last collection left behind.
#[derive(Debug, Default)]
pub(super) struct Leftover {
    /// Data that is there, rightly.
    pub(super) kept: usize,
    pub(super) missing: Vec<String>,
    pub(super) garbage: Vec<String>,
    /// What killed writes left.
    pub(super) unfinished: Vec<String>,
    pub(super) strange: Vec<String>,
}
