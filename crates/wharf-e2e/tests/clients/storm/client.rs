//! One client with a script of its own, made of its seed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wharf_e2e::http::{Answer, Call, Http};
use wharf_e2e::publish::{OCI_IMAGE, OCI_INDEX};

use super::content::Content;
use super::ledger::{Fate, Ledger, REPOSITORIES, Slot, Turn};
use super::random::Random;

/// What all clients share.
pub(super) struct World {
    pub(super) content: Content,
    pub(super) ledger: Ledger,
    pub(super) http: Http,
    pub(super) over: AtomicBool,
}

pub(super) struct Client<'a> {
    world: &'a World,
    random: Random,
}

/// Why a request brought nothing.
enum Trouble {
    /// No answer, or half of one: the server was killed. Nobody knows what it did.
    Cut,
    /// Refused: what was to be there has gone. The image has to be pushed again.
    Refused,
    /// No right server answers that.
    Strange(String),
}

type Done<T = ()> = Result<T, Trouble>;

const TRIES: usize = 40;

// === impl World ===

impl World {
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

// === impl Client ===

impl<'a> Client<'a> {
    pub(super) fn new(world: &'a World, seed: u64) -> Self {
        Self {
            world,
            random: Random::new(seed),
        }
    }

    /// Until the storm is over.
    pub(super) fn run(mut self) {
        while !self.world.is_over() {
            let slot = Slot {
                repository: self.random.below(REPOSITORIES.len()),
                item: self.random.below(self.world.content.items.len()),
            };
            match self.random.below(100) {
                0..45 => self.push_item(slot),
                45..75 => self.check(slot),
                75..85 => self.delete(slot),
                85..92 => self.untag(slot),
                _ => self.abort(slot),
            }
        }
    }

    fn ledger(&self) -> &'a Ledger {
        &self.world.ledger
    }

    // --- pushing

    fn push_item(&mut self, slot: Slot) {
        let Some(mut turn) = self.ledger().take(slot, &self.world.content) else {
            return;
        };
        let by_tag = self.random.chance(70);
        for _ in 0..TRIES {
            let pushed = self.push(slot, by_tag);
            let is_done = self.note_push(&mut turn, by_tag, pushed);
            if is_done || self.world.is_over() {
                return;
            }
        }
        self.ledger()
            .surprise(format!("{slot:?} was refused {TRIES} times"));
    }

    fn note_push(&self, turn: &mut Turn<'_>, by_tag: bool, pushed: Done) -> bool {
        let fate = match pushed {
            Ok(()) => Fate::There,
            Err(Trouble::Refused) => {
                self.ledger().count("refused");
                // Nothing was acknowledged; what was there before still has to be.
                return false;
            }
            Err(Trouble::Cut) => Fate::Either,
            Err(Trouble::Strange(what)) => {
                self.ledger().surprise(what);
                Fate::Either
            }
        };
        // What was there stays there, whatever becomes of pushing it again.
        let after = |before| {
            if before == Fate::There {
                Fate::There
            } else {
                fate
            }
        };
        turn.note(|entry| {
            entry.manifest = after(entry.manifest);
            if by_tag {
                entry.tag = after(entry.tag);
            }
        });
        match fate {
            Fate::There => self.ledger().count("pushed"),
            Fate::Either | Fate::Gone => {
                self.ledger().count("cut");
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        fate == Fate::There
    }

    fn push(&mut self, slot: Slot, by_tag: bool) -> Done {
        let item = &self.world.content.items[slot.item];
        for child in &item.children {
            let child = Slot {
                item: *child,
                ..slot
            };
            self.push_child(child)?;
        }
        for blob in &item.blobs {
            self.push_blob(slot, *blob)?;
        }
        let reference = if by_tag {
            slot.tag()
        } else {
            item.manifest.digest.clone()
        };
        let put = self
            .http()
            .put(&format!("/v2/{}/manifests/{reference}", slot.name()));
        let put = put.header("content-type", item.media_type);
        let answer = ask(put.body(item.manifest.bytes.clone()), &[201, 400])?;
        let is_refused = String::from_utf8_lossy(&answer.body).contains("MANIFEST_BLOB_UNKNOWN");
        match answer.status {
            201 => Ok(()),
            _ if is_refused => Err(Trouble::Refused),
            _ => Err(Trouble::Strange(format!("{answer:?}"))),
        }
    }

    /// As clients do: what is there is not pushed again. Whoever has the turn at the child may
    /// be pushing it too; nobody deletes it, since its index is being pushed.
    fn push_child(&mut self, child: Slot) -> Done {
        let digest = &self.world.content.items[child.item].manifest.digest;
        let path = format!("/v2/{}/manifests/{digest}", child.name());
        let is_there = self.random.chance(60)
            && ask(accepting(self.http().head(&path)), &[200, 404])?.status == 200;
        if is_there {
            self.ledger().count("skipped");
            return Ok(());
        }
        self.push(child, false)
    }

    fn push_blob(&mut self, slot: Slot, place: usize) -> Done {
        let blob = &self.world.content.blobs[place];
        let name = slot.name();
        if self.random.chance(70) {
            let head = self
                .http()
                .head(&format!("/v2/{name}/blobs/{}", blob.digest));
            if ask(head, &[200, 404])?.status == 200 {
                self.ledger().count("skipped");
                return Ok(());
            }
        }
        let uploads = format!("/v2/{name}/blobs/uploads/");
        let session = if self.random.chance(40) {
            let from = REPOSITORIES[self.random.below(REPOSITORIES.len())];
            let mount = format!("{uploads}?mount={}&from={from}", blob.digest);
            let mounted = ask(self.http().post(&mount), &[201, 202])?;
            if mounted.status == 201 {
                self.ledger().count("mounted");
                return Ok(());
            }
            mounted
        } else {
            ask(self.http().post(&uploads), &[202])?
        };
        let mut location = location(&session)?;
        let mut rest = blob.bytes.clone();
        if self.random.chance(50) {
            let chunk = rest.split_to(rest.len() / 2);
            let patch = self.http().patch(&location);
            let patch = patch.header("content-type", "application/octet-stream");
            location = self::location(&ask(patch.body(chunk), &[202])?)?;
        }
        let joint = if location.contains('?') { '&' } else { '?' };
        let put = self
            .http()
            .put(&format!("{location}{joint}digest={}", blob.digest));
        let put = put.header("content-type", "application/octet-stream");
        ask(put.body(rest), &[201])?;
        self.ledger().finished(upload_of(&location));
        self.ledger().count("uploaded");
        Ok(())
    }

    fn abort(&mut self, slot: Slot) {
        let blob = &self.world.content.blobs[self.random.below(self.world.content.blobs.len())];
        let cancels = self.random.chance(50);
        let half = blob.bytes.slice(..blob.bytes.len() / 2);
        let aborted = (|| {
            let uploads = format!("/v2/{}/blobs/uploads/", slot.name());
            let session = ask(self.http().post(&uploads), &[202])?;
            let patch = self.http().patch(&location(&session)?);
            let patch = patch.header("content-type", "application/octet-stream");
            let patched = ask(patch.body(half), &[202])?;
            if cancels {
                let location = location(&patched)?;
                ask(self.http().delete(&location), &[204])?;
                self.ledger().finished(upload_of(&location));
            }
            Ok(())
        })();
        self.told("aborted", aborted);
    }

    // --- deleting

    fn delete(&self, slot: Slot) {
        let Some(mut turn) = self.ledger().take_alone(slot, &self.world.content) else {
            return;
        };
        let was = turn.entry.manifest;
        if was == Fate::Gone {
            return;
        }
        let digest = &self.world.content.items[slot.item].manifest.digest;
        let path = format!("/v2/{}/manifests/{digest}", slot.name());
        turn.note(|entry| (entry.manifest, entry.tag) = (Fate::Either, Fate::Either));
        let deleted = ask_any(self.http().delete(&path), &[202, 404]);
        if let Ok(answer) = &deleted {
            if answer.status == 404 && was == Fate::There {
                let lost = format!("{slot:?} by the time it was to be deleted");
                self.ledger().lost(lost);
            }
            turn.note(|entry| (entry.manifest, entry.tag) = (Fate::Gone, Fate::Gone));
        }
        self.told("deleted", deleted.map(drop));
    }

    fn untag(&self, slot: Slot) {
        let Some(mut turn) = self.ledger().take(slot, &self.world.content) else {
            return;
        };
        let was = turn.entry.tag;
        if was == Fate::Gone {
            return;
        }
        let path = format!("/v2/{}/manifests/{}", slot.name(), slot.tag());
        turn.note(|entry| entry.tag = Fate::Either);
        let deleted = ask_any(self.http().delete(&path), &[202, 404]);
        if let Ok(answer) = &deleted {
            if answer.status == 404 && was == Fate::There {
                self.ledger().lost(format!("the tag of {slot:?}"));
            }
            turn.note(|entry| entry.tag = Fate::Gone);
        }
        self.told("untagged", deleted.map(drop));
    }

    // --- pulling

    fn check(&self, slot: Slot) {
        let Some(turn) = self.ledger().take(slot, &self.world.content) else {
            return;
        };
        if turn.entry.manifest != Fate::There {
            return;
        }
        let by_tag = turn.entry.tag == Fate::There;
        let pulled = pull(self.world, slot, by_tag);
        self.told(
            "pulled",
            pulled.map_err(|cut| match cut {
                Pull::Cut => Trouble::Cut,
                Pull::Lost(what) => {
                    self.ledger().lost(what);
                    Trouble::Refused
                }
            }),
        );
    }

    fn told(&self, what: &'static str, done: Done) {
        match done {
            Ok(()) => self.ledger().count(what),
            Err(Trouble::Refused) => self.ledger().count("refused"),
            Err(Trouble::Cut) => {
                self.ledger().count("cut");
                std::thread::sleep(Duration::from_millis(100));
            }
            Err(Trouble::Strange(strange)) => self.ledger().surprise(strange),
        }
    }

    fn http(&self) -> &'a Http {
        &self.world.http
    }
}

/// Why a pull did not bring what was expected.
pub(super) enum Pull {
    Cut,
    Lost(String),
}

/// Pulls an item with everything it needs and compares every byte.
pub(super) fn pull(world: &World, slot: Slot, by_tag: bool) -> Result<(), Pull> {
    let item = &world.content.items[slot.item];
    let reference = if by_tag {
        slot.tag()
    } else {
        item.manifest.digest.clone()
    };
    let get = |path: String, expected: &[u8]| {
        let answer = accepting(world.http.get(&path)).try_send();
        let answer = answer.map_err(|_| Pull::Cut)?;
        match answer.status {
            200 if answer.body == expected => Ok(()),
            200 => Err(Pull::Lost(format!("{path}: other bytes"))),
            // Asked too early after a start.
            503 => Err(Pull::Cut),
            _ if is_of_a_proxy(&answer) => Err(Pull::Cut),
            status => Err(Pull::Lost(format!("{path}: {status}"))),
        }
    };
    let name = slot.name();
    get(
        format!("/v2/{name}/manifests/{reference}"),
        &item.manifest.bytes,
    )?;
    for blob in &item.blobs {
        let blob = &world.content.blobs[*blob];
        get(format!("/v2/{name}/blobs/{}", blob.digest), &blob.bytes)?;
    }
    for child in &item.children {
        let child = Slot {
            item: *child,
            ..slot
        };
        pull(world, child, false)?;
    }
    Ok(())
}

/// distribution knows no `*/*`.
pub(super) fn accepting(call: Call<'_>) -> Call<'_> {
    call.header("accept", &format!("{OCI_IMAGE}, {OCI_INDEX}"))
}

/// 404 and 503 to a push say that something has gone meanwhile.
fn ask(call: Call<'_>, right: &[u16]) -> Done<Answer> {
    let answer = ask_any(call, &[right, &[404, 503]].concat())?;
    if right.contains(&answer.status) {
        Ok(answer)
    } else {
        Err(Trouble::Refused)
    }
}

fn ask_any(call: Call<'_>, right: &[u16]) -> Done<Answer> {
    let answer = call.try_send().map_err(|_| Trouble::Cut)?;
    if is_of_a_proxy(&answer) {
        return Err(Trouble::Cut);
    }
    if right.contains(&answer.status) {
        Ok(answer)
    } else {
        Err(Trouble::Strange(format!("{answer:?}")))
    }
}

/// A proxy says so where no server answers, or where one was killed while it answered.
pub(super) fn is_of_a_proxy(answer: &Answer) -> bool {
    let is_ours = answer
        .headers
        .contains_key("docker-distribution-api-version");
    matches!(answer.status, 502..=504) && !is_ours
}

fn location(answer: &Answer) -> Done<String> {
    let header = answer.headers.get("location");
    let text = header.and_then(|value| value.to_str().ok());
    text.map(str::to_owned)
        .ok_or_else(|| Trouble::Strange(format!("no location in {answer:?}")))
}

/// The id in the path of an upload.
fn upload_of(location: &str) -> String {
    let path = location.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}
