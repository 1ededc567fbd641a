//! Damaged blobs are moved aside; what is there already is looked at again.

use std::time::Duration;

use wharf_spec::{Algorithm, Digest};
use wharf_store::{EntryKind, Removal, StoreError};

use super::finding::{Finding, FindingKind, Outcome};
use super::hashing::Hashed;
use super::round::{Round, told, unreadable};
use crate::key::Key;

/// Whether the last word about a blob was said.
enum Judged {
    Done,
    /// Somebody wrote or touched it meanwhile.
    Again(Digest),
}

// === impl Round ===

impl Round<'_> {
    /// Hashes a blob, and moves it aside if it is damaged.
    pub(super) async fn blob(&mut self, digest: Digest) {
        let mut wrong = None;
        for _ in 0..TRIES {
            match self.judge(digest).await {
                Judged::Done => return,
                Judged::Again(computed) => wrong = Some(computed),
            }
        }
        if let Some(computed) = wrong {
            let mut finding = corrupt(digest, computed);
            finding.detail += "; somebody keeps writing or touching it";
            self.found(finding);
        }
    }

    async fn judge(&mut self, digest: Digest) -> Judged {
        let path = Key::BlobData(digest).path();
        // Before it is read: whoever pushes it again from here on is noticed.
        let stat = match self.store().stat(&path).await {
            Ok(stat) => stat,
            Err(StoreError::NotFound(_)) => return Judged::Done,
            Err(error) => {
                self.found(about(unreadable(&path, &error.into()), digest));
                return Judged::Done;
            }
        };
        let computed = match self.hash(&path, digest).await {
            Hashed::Right | Hashed::Gone => return Judged::Done,
            Hashed::Unreadable(why) => {
                let finding = Finding::new(FindingKind::Unreadable, path.as_str(), why);
                self.found(about(finding, digest));
                return Judged::Done;
            }
            Hashed::Wrong(computed) => computed,
        };
        if !self.quarantines() {
            return match self.store().stat(&path).await {
                Ok(now) if now == stat => {
                    self.found(corrupt(digest, computed));
                    Judged::Done
                }
                Err(StoreError::NotFound(_)) => Judged::Done,
                Ok(_) | Err(_) => Judged::Again(computed),
            };
        }
        // The clock of a filesystem stands still for a moment: two writes within it look the
        // same. So only what has not been written for a while can be told from its successor.
        match self.store().now().await {
            Ok(now)
                if now
                    .duration_since(stat.touched)
                    .is_ok_and(|age| age >= SETTLED) => {}
            Ok(_) => {
                tokio::time::sleep(SETTLED).await;
                return Judged::Again(computed);
            }
            Err(error) => return self.not_moved(digest, computed, &error),
        }
        let to = Key::Quarantine(digest).path();
        let since = stat.touched + Duration::from_nanos(1);
        match self.store().move_untouched(&path, &to, since).await {
            Ok(Removal::Removed(_)) => {
                self.registry.inner.contents.forget(digest);
                self.moved(digest, computed).await;
                Judged::Done
            }
            Ok(Removal::Kept) => Judged::Again(computed),
            Ok(Removal::Absent) => Judged::Done,
            Err(error) => self.not_moved(digest, computed, &error),
        }
    }

    fn not_moved(&mut self, digest: Digest, computed: Digest, error: &StoreError) -> Judged {
        let mut finding = corrupt(digest, computed);
        finding.detail += &format!("; it could not be moved aside: {}", told(error));
        self.found(finding);
        Judged::Done
    }

    /// An upload whose bytes came long ago may have taken the place of the damaged blob
    /// unnoticed: so what was moved is looked at again.
    async fn moved(&mut self, digest: Digest, computed: Digest) {
        match self.hash(&Key::Quarantine(digest).path(), digest).await {
            Hashed::Right => self.put_back(digest).await,
            Hashed::Wrong(_) | Hashed::Gone | Hashed::Unreadable(_) => {
                let mut finding = corrupt(digest, computed);
                finding.outcome = Outcome::Quarantined;
                self.found(finding);
            }
        }
    }

    /// Looks at all that was moved aside earlier.
    pub(super) async fn quarantined(&mut self) {
        for algorithm in Algorithm::ALL {
            let directory = Key::Quarantines(algorithm).path();
            let listing = self.list(&directory).await.unwrap_or_default();
            for entry in listing.iter() {
                match (entry.kind, format!("{algorithm}:{}", entry.name).parse()) {
                    (EntryKind::Object, Ok(digest)) => self.judge_quarantined(digest).await,
                    (EntryKind::Object | EntryKind::Directory, _) => {
                        let path = format!("{directory}/{}", entry.name);
                        self.strange(path, "its name is not a digest");
                    }
                }
            }
        }
    }

    async fn judge_quarantined(&mut self, digest: Digest) {
        let (aside, data) = (Key::Quarantine(digest).path(), Key::BlobData(digest).path());
        let stat = self.store().stat(&aside).await;
        let (aside, data) = (
            self.hash(&aside, digest).await,
            self.hash(&data, digest).await,
        );
        match (aside, data) {
            (Hashed::Gone, _) => {}
            (_, Hashed::Right) => match stat {
                Ok(stat) => self.healed(digest, stat).await,
                Err(error) => self.unreadable(&Key::Quarantine(digest).path(), &error.into()),
            },
            // It may be right, so it stays.
            (_, Hashed::Unreadable(why)) => {
                self.still(
                    digest,
                    format!("what stands in its place is unreadable: {why}"),
                );
            }
            (Hashed::Right, Hashed::Wrong(_) | Hashed::Gone) => self.put_back(digest).await,
            (Hashed::Wrong(_) | Hashed::Unreadable(_), Hashed::Gone) => {
                self.still(digest, "nobody has pushed it again".to_owned());
            }
            (Hashed::Wrong(_) | Hashed::Unreadable(_), Hashed::Wrong(_)) => {
                self.still(digest, "what was pushed again is damaged too".to_owned());
            }
        }
    }

    fn still(&mut self, digest: Digest, detail: String) {
        let path = Key::Quarantine(digest).path();
        let finding = Finding::new(FindingKind::Quarantined, path.as_str(), detail);
        self.found(about(finding, digest));
    }

    async fn healed(&mut self, digest: Digest, stat: wharf_store::Stat) {
        let path = Key::Quarantine(digest).path();
        let detail = "it has been pushed again".to_owned();
        let mut finding = about(
            Finding::new(FindingKind::Healed, path.as_str(), detail),
            digest,
        );
        if self.removes() {
            let since = stat.touched + Duration::from_nanos(1);
            match self.store().remove_untouched(&path, since).await {
                Ok(Removal::Removed(_) | Removal::Absent) => finding.outcome = Outcome::Removed,
                Ok(Removal::Kept) => {}
                Err(error) => finding.detail += &format!("; it could not go: {}", told(&error)),
            }
        }
        self.found(finding);
    }

    /// Right bytes are back under their name, whatever stands there.
    async fn put_back(&mut self, digest: Digest) {
        let (path, data) = (Key::Quarantine(digest).path(), Key::BlobData(digest).path());
        let detail = "its bytes are right".to_owned();
        let finding = Finding::new(FindingKind::QuarantinedRight, path.as_str(), detail);
        let mut finding = about(finding, digest);
        if self.quarantines() {
            // Touched first: nobody should collect what somebody pushes at this moment.
            let done = match self.store().touch(&path).await {
                Ok(()) => self.store().publish(&path, &data).await,
                failed => failed,
            };
            self.registry.inner.contents.forget(digest);
            match done {
                Ok(()) => finding.outcome = Outcome::PutBack,
                Err(error) => {
                    finding.detail += &format!("; it could not be put back: {}", told(&error));
                }
            }
        }
        self.found(finding);
    }
}

fn corrupt(digest: Digest, computed: Digest) -> Finding {
    let path = Key::BlobData(digest).path();
    let detail = format!("its bytes have {computed}");
    about(
        Finding::new(FindingKind::Corrupt, path.as_str(), detail),
        digest,
    )
}

fn about(mut finding: Finding, digest: Digest) -> Finding {
    finding.digest = Some(digest);
    finding
}

/// How often a blob is hashed that somebody is at.
const TRIES: usize = 3;
/// Longer than any filesystem's clock stands still.
const SETTLED: Duration = Duration::from_secs(1);
