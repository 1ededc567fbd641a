//! What clients have done, as scripts of store calls.

use crate::state::{ENDED, Manifest, Precaution, State, Thing};

/// One call of the store, or a word to the client that comes with the call before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// A request begins. No call.
    Begin,
    /// The bytes of an upload come.
    Receive,
    /// The upload's bytes become the layer's data.
    Publish,
    Put(Thing),
    Touch(Thing, Missing),
    Look(Thing, Missing),
    Settle(Thing),
    /// As `Touch`, for who refers to it.
    Rely(Thing, Missing),
    /// Before something is taken back, which nobody does then who comes to rely on it.
    Ask,
    /// … and if it has become whole meanwhile.
    IsWhole(Whole, Missing),
    /// The object goes, if nobody has touched it since this process wrote it.
    TakeBack(Thing),
    Remove(Thing),
    PutTag(Manifest),
    SettleTag,
    RemoveTag(Manifest),
    Tell(Word),
}

/// What may have become whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    Layer,
    Manifest(Manifest),
}

/// Where a script goes on when there is nothing to touch or to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    End,
    /// The request is refused, after what has to be taken back.
    Refuse,
    GoTo(u8),
}

/// What the client knows now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    HasLayer,
    Pushed(Manifest),
    Tagged(Manifest),
    /// The request is under way: whatever it changes may be either.
    Retagging,
    Deleting,
    Deleted,
}

/// What a client does, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Job {
    Upload,
    Mount,
    Head,
    Push(Manifest),
    /// A push by tag only: the manifest itself may go once it has none.
    Tag(Manifest),
    /// To the trash.
    DeleteImage,
    /// For ever.
    DropImage,
    RestoreImage,
}

/// The calls of a client's jobs.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) ops: Vec<Op>,
    refuse: u8,
}

struct Builder {
    ops: Vec<Op>,
    take_back: Vec<Whole>,
    without: Option<Precaution>,
}

// === impl Script ===

impl Script {
    pub(crate) fn of(jobs: &[Job], without: Option<Precaution>) -> Self {
        let mut builder = Builder {
            ops: Vec::new(),
            take_back: Vec::new(),
            without,
        };
        for job in jobs {
            builder.add(*job);
        }
        let refuse = u8::try_from(builder.ops.len() + 1).unwrap();
        let Builder {
            mut ops, take_back, ..
        } = builder;
        // Never reached by a script that succeeds.
        ops.push(Op::Tell(Word::HasLayer));
        for whole in take_back {
            let after = Missing::GoTo(u8::try_from(ops.len() + 3).unwrap());
            let thing = match whole {
                Whole::Layer => Thing::LayerLink,
                Whole::Manifest(manifest) => manifest.revision(),
            };
            ops.extend([Op::Ask, Op::IsWhole(whole, after), Op::TakeBack(thing)]);
        }
        Self { ops, refuse }
    }

    fn end(&self) -> u8 {
        self.refuse - 1
    }

    /// Takes the next step. What is told is told with it; without power failures nothing
    /// has to be settled.
    pub(crate) fn step(&self, state: &mut State, place: usize, without: Option<Precaution>) {
        let mut called = false;
        loop {
            let next = state.processes[place].next;
            if next == self.end() || usize::from(next) >= self.ops.len() {
                state.processes[place] = crate::state::Process {
                    next: ENDED,
                    ..Default::default()
                };
                return;
            }
            let op = self.ops[usize::from(next)];
            let is_call = match op {
                Op::Tell(_) | Op::Begin => false,
                Op::Settle(_) | Op::SettleTag => state.failures > 0,
                _ => true,
            };
            if (is_call || op == Op::Begin) && called {
                return;
            }
            called |= is_call;
            state.processes[place].next = match call(op, state, place, without) {
                None => next + 1,
                Some(Missing::End) => self.end(),
                Some(Missing::Refuse) => self.refuse,
                Some(Missing::GoTo(there)) => there,
            };
        }
    }
}

fn call(op: Op, state: &mut State, place: usize, without: Option<Precaution>) -> Option<Missing> {
    let me = u8::try_from(place + 1).unwrap();
    match op {
        Op::Begin | Op::Receive => state.processes[place].time = state.now,
        Op::Publish => {
            let touched = if without == Some(Precaution::PublishTouches) {
                state.processes[place].time
            } else {
                state.now
            };
            state.write(Thing::LayerData, touched, me);
        }
        Op::Put(thing) => {
            if !state.has(thing) {
                state.write(thing, state.now, me);
            } else if without != Some(Precaution::EqualPutTouches) {
                match thing {
                    // A client is told of it.
                    Thing::LayerLink => state.touch(thing),
                    _ => state.rely_on(thing),
                };
            }
        }
        Op::Rely(thing, missing) => return (!state.rely_on(thing)).then_some(missing),
        Op::Ask => state.asked = state.now,
        Op::IsWhole(whole, then) => {
            let is_whole = match whole {
                Whole::Layer => state.has(Thing::LayerData),
                Whole::Manifest(manifest) => state.is_whole(manifest),
            };
            let looks = without != Some(Precaution::CarefulTakeBack);
            return (is_whole && looks).then_some(then);
        }
        Op::Touch(thing, missing) => return (!state.touch(thing)).then_some(missing),
        Op::Look(thing, missing) => return (!state.has(thing)).then_some(missing),
        Op::Settle(thing) => state.settle(thing),
        Op::TakeBack(thing) => {
            if state.object(thing).writer == me || without == Some(Precaution::CarefulTakeBack) {
                state.remove(thing);
            }
        }
        Op::Remove(thing) => state.remove(thing),
        Op::PutTag(manifest) => state.tag = Some(manifest),
        Op::SettleTag => state.durable_tag = state.tag,
        Op::RemoveTag(manifest) => {
            if state.tag == Some(manifest) {
                state.tag = None;
            }
        }
        Op::Tell(word) => tell(word, state, state.processes[place].time),
    }
    None
}

fn tell(word: Word, state: &mut State, begun: u8) {
    match word {
        Word::HasLayer => {
            state.told = state.told.max(Some(begun));
            state.lied |= !state.has(Thing::LayerData);
        }
        Word::Pushed(manifest) => state.acknowledged |= manifest.bit(),
        Word::Tagged(manifest) => state.tagged = Some(manifest),
        Word::Retagging => state.tagged = None,
        Word::Deleting => {
            // The client does not want it, so what lists it is the client's affair too.
            state.unsure = std::mem::take(&mut state.acknowledged);
            state.tagged = None;
        }
        Word::Deleted => {
            state.unsure = 0;
            state.restorable = state.has(Thing::Trash);
        }
    }
}

// === impl Builder ===

impl Builder {
    fn has(&self, precaution: Precaution) -> bool {
        self.without != Some(precaution)
    }

    fn add(&mut self, job: Job) {
        match job {
            Job::Upload => self.upload(),
            Job::Mount => self.mount(),
            Job::Head => self.head(),
            Job::Push(manifest) => {
                self.push(manifest, None);
                self.ops.push(Op::Tell(Word::Pushed(manifest)));
            }
            Job::Tag(manifest) => {
                self.ops.push(Op::Tell(Word::Retagging));
                self.push(manifest, Some(manifest));
                self.ops.push(Op::Tell(Word::Tagged(manifest)));
            }
            Job::DeleteImage => self.delete(&[Op::Put(Thing::Trash), Op::Settle(Thing::Trash)]),
            Job::DropImage => self.delete(&[]),
            Job::RestoreImage => self.restore(),
        }
    }

    fn upload(&mut self) {
        self.ops.extend([
            Op::Receive,
            Op::Publish,
            Op::Settle(Thing::LayerData),
            Op::Put(Thing::LayerLink),
            Op::Settle(Thing::LayerLink),
        ]);
        self.linked(Precaution::UploadTouchesData);
    }

    fn mount(&mut self) {
        self.ops.extend([
            Op::Begin,
            Op::Look(Thing::OtherLink, Missing::End),
            Op::Look(Thing::LayerData, Missing::End),
            Op::Settle(Thing::LayerData),
            Op::Put(Thing::LayerLink),
            Op::Settle(Thing::LayerLink),
        ]);
        self.linked(Precaution::MountTouchesData);
    }

    fn linked(&mut self, precaution: Precaution) {
        if self.has(precaution) {
            self.ops.push(Op::Touch(Thing::LayerData, Missing::Refuse));
        }
        self.take_back.push(Whole::Layer);
        self.ops.push(Op::Tell(Word::HasLayer));
    }

    fn head(&mut self) {
        self.ops
            .extend([Op::Begin, Op::Touch(Thing::LayerLink, Missing::End)]);
        self.ops.push(if self.has(Precaution::HeadTouchesData) {
            Op::Touch(Thing::LayerData, Missing::End)
        } else {
            Op::Look(Thing::LayerData, Missing::End)
        });
        self.ops.push(Op::Tell(Word::HasLayer));
    }

    /// What a push of the manifest relies on.
    fn references(&self, manifest: Manifest) -> Vec<Thing> {
        let Some(child) = manifest.child() else {
            return vec![Thing::LayerData, Thing::LayerLink];
        };
        // From the inside: who finds the child there, and nobody has asked for the time since, has
        // found before what the child needs.
        let mut references = Vec::new();
        if self.has(Precaution::DeepTouches) {
            references.extend(self.references(child));
        }
        references.extend([child.data(), child.revision()]);
        if !self.has(Precaution::InsideOut) {
            references.reverse();
        }
        references
    }

    fn push(&mut self, manifest: Manifest, tag: Option<Manifest>) {
        for thing in self.references(manifest) {
            self.ops.push(Op::Look(thing, Missing::Refuse));
            if !self.has(Precaution::SettleTouched) {
                self.ops.push(Op::Settle(thing));
            }
        }
        let again = Missing::GoTo(u8::try_from(self.ops.len()).unwrap());
        self.ops.extend([
            Op::Put(manifest.data()),
            Op::Settle(manifest.data()),
            Op::Put(manifest.revision()),
            Op::Settle(manifest.revision()),
        ]);
        self.take_back.push(Whole::Manifest(manifest));
        if self.has(Precaution::TagLast) {
            self.rely(manifest, again);
        }
        if let Some(tag) = tag {
            self.ops.extend([Op::PutTag(tag), Op::SettleTag]);
        }
        if !self.has(Precaution::TagLast) {
            self.rely(manifest, again);
        }
        if self.has(Precaution::TouchAfterTagging) {
            self.ops.push(Op::Rely(manifest.revision(), again));
        }
    }

    /// The touches of a push.
    fn rely(&mut self, manifest: Manifest, again: Missing) {
        if self.has(Precaution::TouchAfterWriting) {
            for thing in self.references(manifest) {
                if thing == Thing::LayerData && !self.has(Precaution::PushTouchesData) {
                    continue;
                }
                self.ops.push(Op::Rely(thing, Missing::Refuse));
                if self.has(Precaution::SettleTouched) {
                    self.ops.push(Op::Settle(thing));
                }
            }
        }
        self.ops.push(Op::Rely(manifest.data(), again));
        if self.has(Precaution::SettleTouched) {
            self.ops.push(Op::Settle(manifest.data()));
            self.ops.push(Op::Settle(manifest.revision()));
        }
    }

    fn delete(&mut self, first: &[Op]) {
        self.ops.extend([
            Op::Look(Thing::ImageRevision, Missing::End),
            Op::Tell(Word::Deleting),
        ]);
        self.ops.extend_from_slice(first);
        self.ops.extend([
            Op::RemoveTag(Manifest::Image),
            Op::SettleTag,
            Op::Remove(Thing::ImageRevision),
            Op::Settle(Thing::ImageRevision),
            Op::Tell(Word::Deleted),
        ]);
    }

    /// A push of what is in the trash; its bytes have to be there.
    fn restore(&mut self) {
        self.ops.extend([
            Op::Look(Thing::Trash, Missing::End),
            Op::Look(Thing::ImageData, Missing::End),
        ]);
        self.push(Manifest::Image, None);
        self.ops.extend([
            Op::Tell(Word::Pushed(Manifest::Image)),
            Op::Remove(Thing::Trash),
            Op::Settle(Thing::Trash),
        ]);
    }
}
