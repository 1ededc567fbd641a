//! One collection, call by call.

use crate::state::{ENDED, Manifest, Precaution, Process, State, Thing};

/// A collection as its options make it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Collector {
    pub(crate) grace: u8,
    pub(crate) untagged: Untagged,
}

/// What becomes of manifests without a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Untagged {
    Stay,
    Go,
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Start,
    Tags,
    /// Which revisions may go.
    Candidates,
    Revision(Manifest),
    /// Marks: whatever has stayed is a root.
    Revisions,
    Trash,
    Settle,
    Link(Thing),
    Data(Thing),
}

// === impl Collector ===

impl Collector {
    /// Its calls, but for those about things that nobody makes in a scenario.
    pub(crate) fn steps(without: Option<Precaution>, things: &[Thing]) -> Vec<Step> {
        let mut steps = vec![Step::Start];
        let trash_first = without == Some(Precaution::TrashLast);
        if trash_first {
            steps.push(Step::Trash);
        }
        let settle_marks = without != Some(Precaution::SettleMarks);
        steps.extend([Step::Tags, Step::Candidates]);
        steps.extend(settle_marks.then_some(Step::Settle));
        let mut manifests = Manifest::ALL;
        if without == Some(Precaution::ParentsFirst) {
            manifests.reverse();
        }
        steps.extend(manifests.map(Step::Revision));
        steps.push(Step::Revisions);
        if !trash_first {
            steps.push(Step::Trash);
        }
        steps.extend(settle_marks.then_some(Step::Settle));
        steps.extend([Step::Link(Thing::LayerLink), Step::Link(Thing::OtherLink)]);
        if without != Some(Precaution::SettleLinks) {
            steps.push(Step::Settle);
        }
        let data = [
            Thing::LayerData,
            Thing::ImageData,
            Thing::IndexData,
            Thing::OuterData,
        ];
        steps.extend(data.map(Step::Data));
        steps.retain(|step| match step {
            Step::Start | Step::Tags | Step::Candidates | Step::Revisions | Step::Settle => true,
            Step::Trash => things.contains(&Thing::Trash),
            Step::Revision(manifest) => things.contains(&manifest.revision()),
            Step::Link(thing) | Step::Data(thing) => things.contains(thing),
        });
        steps
    }

    /// Takes the next step. Steps without a store call are taken with it.
    pub(crate) fn step(
        self,
        steps: &[Step],
        state: &mut State,
        place: usize,
        without: Option<Precaution>,
    ) {
        let mut process = state.processes[place];
        loop {
            let called = self.call(
                steps[usize::from(process.next)],
                state,
                &mut process,
                without,
            );
            match called {
                Called::Again => break,
                Called::Done | Called::Nothing => process.next += 1,
            }
            if usize::from(process.next) == steps.len() {
                process = Process {
                    next: ENDED,
                    ..Process::default()
                };
                break;
            }
            if called == Called::Done {
                break;
            }
        }
        state.processes[place] = process;
    }

    fn call(
        self,
        step: Step,
        state: &mut State,
        process: &mut Process,
        without: Option<Precaution>,
    ) -> Called {
        let old = process.time.saturating_sub(self.grace);
        match step {
            Step::Start => {
                process.time = state.now;
                if without != Some(Precaution::TimeIsAsked) {
                    state.asked = state.now;
                }
            }
            Step::Tags => {
                if self.untagged == Untagged::Stay {
                    return Called::Nothing;
                }
                process.roots |= state.tag.map_or(0, Manifest::bit);
            }
            Step::Candidates => {
                if self.untagged == Untagged::Stay {
                    return Called::Nothing;
                }
                process.found |= readable(state);
            }
            Step::Revisions => {
                // What is in the trash may have been listed first, in a test of that.
                process.found |= readable(state);
                process.roots |= readable(state);
            }
            Step::Trash => {
                if state.has(Thing::Trash) {
                    process.found |= Manifest::Image.bit();
                    process.roots |= Manifest::Image.bit();
                }
            }
            Step::Settle => state.settle_all(),
            Step::Revision(manifest) => {
                if self.untagged == Untagged::Stay
                    || stays(process, manifest)
                    || process.found & manifest.bit() == 0
                {
                    return Called::Nothing;
                }
                let called = remove(state, process, manifest.revision(), old, without);
                if called == Removal::Kept && without != Some(Precaution::KeptRevisionsKeep) {
                    process.roots |= manifest.bit();
                }
                return called.into();
            }
            Step::Link(link) => {
                if link == Thing::LayerLink && stays(process, Manifest::Image) {
                    process.kept |= 1 << Thing::LayerData as u16;
                    return Called::Nothing;
                }
                let called = remove(state, process, link, old, without);
                if called == Removal::Kept {
                    process.kept |= 1 << Thing::LayerData as u16;
                }
                return called.into();
            }
            Step::Data(data) => {
                let of_manifest = Manifest::ALL.into_iter().find(|it| it.data() == data);
                if process.kept & (1 << data as u16) != 0
                    || of_manifest.is_some_and(|manifest| stays(process, manifest))
                {
                    return Called::Nothing;
                }
                return remove(state, process, data, old, without).into();
            }
        }
        Called::Done
    }
}

/// The manifests that the repository holds and that can be read, by bit.
fn readable(state: &State) -> u8 {
    let is_there = |it: &Manifest| state.has(it.revision()) && state.has(it.data());
    Manifest::ALL
        .into_iter()
        .filter(is_there)
        .fold(0, |all, it| all | it.bit())
}

/// Whether it is a root, or a child of what stays.
fn stays(process: &Process, manifest: Manifest) -> bool {
    process.roots & manifest.bit() != 0
        || Manifest::ALL.into_iter().any(|parent| {
            parent.child() == Some(manifest)
                && process.found & parent.bit() != 0
                && stays(process, parent)
        })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Called {
    Done,
    /// No call of the store.
    Nothing,
    /// The same step once more.
    Again,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Removal {
    Removed,
    Kept,
    Absent,
    Looked,
}

/// `Store::remove_untouched`.
fn remove(
    state: &mut State,
    process: &mut Process,
    thing: Thing,
    since: u8,
    without: Option<Precaution>,
) -> Removal {
    let object = *state.object(thing);
    let was_looked_at = std::mem::take(&mut process.looked);
    if !object.there {
        return Removal::Absent;
    }
    let is_old = object.touched < since;
    if without == Some(Precaution::AtomicRemoval) && is_old && !was_looked_at {
        process.looked = true;
        return Removal::Looked;
    }
    if is_old || was_looked_at || without == Some(Precaution::Recheck) {
        state.remove(thing);
        Removal::Removed
    } else {
        Removal::Kept
    }
}

impl From<Removal> for Called {
    fn from(removal: Removal) -> Self {
        match removal {
            Removal::Removed | Removal::Kept | Removal::Absent => Self::Done,
            Removal::Looked => Self::Again,
        }
    }
}
