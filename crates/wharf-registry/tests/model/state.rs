//! What is stored, what was promised, and whether it holds.

use std::fmt;

/// A path of the store. `A` is the repository that clients use; they mount from `B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Thing {
    LayerData,
    ImageData,
    IndexData,
    OuterData,
    /// That `A` holds the layer.
    LayerLink,
    /// That `B` does.
    OtherLink,
    ImageRevision,
    IndexRevision,
    OuterRevision,
    /// The entry of the image in the trash.
    Trash,
}

/// An image of one layer; an index of that image; an index of that index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Manifest {
    Image,
    Index,
    Outer,
}

/// An object, or its absence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Object {
    pub(crate) there: bool,
    pub(crate) touched: u8,
    /// Who wrote it, until somebody touches it: a touch always changes the mtime.
    pub(crate) writer: u8,
    /// Whether it is there for the disk.
    durable: bool,
    /// Whether it was gone for a moment that the disk may have seen.
    gap: bool,
}

/// What is promised, beside that nothing acknowledged is lost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Promises {
    pub(crate) grace: u8,
    /// A push that is refused or killed leaves the tag where it was, or whole.
    pub(crate) tags_stay: bool,
    /// Nobody uploads, so no link is without its data for a moment.
    pub(crate) no_link_leads_nowhere: bool,
}

/// What a process knows beside where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Process {
    /// The next step, or [`ENDED`].
    pub(crate) next: u8,
    /// When a writer's request began, and its bytes were written. A collector's `t0`.
    pub(crate) time: u8,
    /// A collector's: manifests that stay, by bit.
    pub(crate) roots: u8,
    /// A collector's: revisions that it found and could read, by bit.
    pub(crate) found: u8,
    /// A collector's: data whose link stays, by bit.
    pub(crate) kept: u16,
    /// A collector's that looks first and removes later: the object looked old.
    pub(crate) looked: bool,
}

pub(crate) const ENDED: u8 = u8::MAX;
pub(crate) const THINGS: usize = 10;
pub(crate) const PROCESSES: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) now: u8,
    /// When anybody last asked for the time.
    pub(crate) asked: u8,
    pub(crate) objects: [Object; THINGS],
    pub(crate) tag: Option<Manifest>,
    pub(crate) durable_tag: Option<Manifest>,
    pub(crate) processes: [Process; PROCESSES],
    pub(crate) kills: u8,
    pub(crate) failures: u8,
    // What clients were told.
    /// Manifests that are acknowledged and not deleted, by bit.
    pub(crate) acknowledged: u8,
    /// What the tag was said to point to, unless somebody is changing it.
    pub(crate) tagged: Option<Manifest>,
    /// Those that are being deleted: each is whole or gone.
    pub(crate) unsure: u8,
    /// Somebody was told of a layer whose data was gone already.
    pub(crate) lied: bool,
    /// The deletion of the image was acknowledged, and it can be restored.
    pub(crate) restorable: bool,
    /// When somebody was last told that `A` holds the layer.
    pub(crate) told: Option<u8>,
}

/// Everything that is done against a loss. Each is left out once, and its loss found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precaution {
    /// A removal looks whether the object was touched.
    Recheck,
    /// … and nothing can come between the look and the removal.
    AtomicRemoval,
    /// References are touched after the revision link is written, not only before.
    TouchAfterWriting,
    /// The tag is written after the touches.
    TagLast,
    /// The trash is listed after the repositories.
    TrashLast,
    /// The end of an upload touches the data after linking it.
    UploadTouchesData,
    /// What is published counts as touched then, however old the bytes are.
    PublishTouches,
    /// A mount touches the data after linking it.
    MountTouchesData,
    /// Nothing is removed because of an absence that is not durable.
    SettleMarks,
    /// No data is removed because of the absence of a link that is not durable.
    SettleLinks,
    /// A push touches the data of its layers, not only their links.
    PushTouchesData,
    /// A put of what is there already touches it.
    EqualPutTouches,
    /// What others rely on by now is not taken back.
    CarefulTakeBack,
    /// A revision that was to go and was touched keeps its children.
    KeptRevisionsKeep,
    /// Of manifests that are to go, indexes go before their children.
    ParentsFirst,
    /// A push of an index touches what its children need.
    DeepTouches,
    /// Who asks for the layer touches its data, not only its link.
    HeadTouchesData,
    /// The revision link is touched after the tag is written too.
    TouchAfterTagging,
    /// What was touched is durable before the push is acknowledged.
    SettleTouched,
    /// Who will remove what is untouched since a moment asks for that moment: what was touched
    /// since anybody last asked is not touched again.
    TimeIsAsked,
    /// A push touches what a child needs before the child.
    InsideOut,
}

// === impl Precaution ===

impl Precaution {
    pub(crate) const ALL: [Self; 21] = [
        Self::Recheck,
        Self::AtomicRemoval,
        Self::TouchAfterWriting,
        Self::TagLast,
        Self::TrashLast,
        Self::UploadTouchesData,
        Self::PublishTouches,
        Self::MountTouchesData,
        Self::SettleMarks,
        Self::SettleLinks,
        Self::PushTouchesData,
        Self::EqualPutTouches,
        Self::CarefulTakeBack,
        Self::KeptRevisionsKeep,
        Self::ParentsFirst,
        Self::DeepTouches,
        Self::HeadTouchesData,
        Self::TouchAfterTagging,
        Self::SettleTouched,
        Self::TimeIsAsked,
        Self::InsideOut,
    ];
}

// === impl Manifest ===

impl Manifest {
    pub(crate) const ALL: [Self; 3] = [Self::Outer, Self::Index, Self::Image];

    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }

    pub(crate) const fn revision(self) -> Thing {
        match self {
            Self::Image => Thing::ImageRevision,
            Self::Index => Thing::IndexRevision,
            Self::Outer => Thing::OuterRevision,
        }
    }

    pub(crate) const fn data(self) -> Thing {
        match self {
            Self::Image => Thing::ImageData,
            Self::Index => Thing::IndexData,
            Self::Outer => Thing::OuterData,
        }
    }

    pub(crate) const fn child(self) -> Option<Self> {
        match self {
            Self::Image => None,
            Self::Index => Some(Self::Image),
            Self::Outer => Some(Self::Index),
        }
    }
}

// === impl State ===

impl State {
    pub(crate) fn object(&mut self, thing: Thing) -> &mut Object {
        &mut self.objects[thing as usize]
    }

    pub(crate) fn has(&self, thing: Thing) -> bool {
        self.objects[thing as usize].there
    }

    pub(crate) fn write(&mut self, thing: Thing, touched: u8, writer: u8) {
        let object = self.object(thing);
        object.there = true;
        object.touched = touched;
        object.writer = writer;
    }

    pub(crate) fn touch(&mut self, thing: Thing) -> bool {
        let now = self.now;
        let object = self.object(thing);
        if object.there {
            object.touched = now;
            object.writer = 0;
        }
        object.there
    }

    /// The same by who need not write the time again if nobody has asked for it since.
    pub(crate) fn rely_on(&mut self, thing: Thing) -> bool {
        let asked = self.asked;
        let object = self.object(thing);
        if object.there && object.touched > asked {
            return true;
        }
        self.touch(thing)
    }

    pub(crate) fn remove(&mut self, thing: Thing) {
        let object = self.object(thing);
        object.there = false;
        object.touched = 0;
        object.writer = 0;
        object.gap = true;
    }

    /// What can be seen of it by now survives.
    pub(crate) fn settle(&mut self, thing: Thing) {
        let object = self.object(thing);
        object.durable = object.there;
        object.gap = false;
    }

    pub(crate) fn settle_all(&mut self) {
        for object in &mut self.objects {
            object.durable = object.there;
            object.gap = false;
        }
        self.durable_tag = self.tag;
    }

    pub(crate) fn is_whole(&self, manifest: Manifest) -> bool {
        let parts = match manifest.child() {
            None => self.has(Thing::LayerLink) && self.has(Thing::LayerData),
            Some(child) => self.is_whole(child),
        };
        parts && self.has(manifest.revision()) && self.has(manifest.data())
    }

    /// Nothing runs any more.
    pub(crate) fn is_quiet(&self) -> bool {
        self.processes.iter().all(|process| process.next == ENDED)
    }

    /// What was promised and is not so.
    pub(crate) fn broken_promise(&self, promises: Promises) -> Option<String> {
        let grace = promises.grace;
        if self.lied {
            return Some("a client was told of a layer that is gone".to_owned());
        }
        for manifest in Manifest::ALL {
            if self.acknowledged & manifest.bit() != 0 && !self.is_whole(manifest) {
                return Some(format!("{manifest:?} is acknowledged and not whole"));
            }
            let unsure = self.unsure & manifest.bit() != 0;
            if unsure && self.has(manifest.revision()) && !self.is_whole(manifest) {
                return Some(format!("{manifest:?} is neither whole nor gone"));
            }
        }
        if let Some(manifest) = self.tagged
            && (self.tag != Some(manifest) || !self.is_whole(manifest))
        {
            return Some(format!(
                "{manifest:?} was tagged and is not there, or not whole"
            ));
        }
        if promises.no_link_leads_nowhere
            && self.has(Thing::LayerLink)
            && !self.has(Thing::LayerData)
        {
            return Some("a link leads nowhere".to_owned());
        }
        if let Some(manifest) = self.tag
            && promises.tags_stay
            && self.is_quiet()
            && !self.is_whole(manifest)
        {
            return Some(format!(
                "the tag points to {manifest:?}, which is not whole"
            ));
        }
        let in_trash = [Thing::ImageData, Thing::LayerLink, Thing::LayerData];
        if self.restorable && !in_trash.iter().all(|thing| self.has(*thing)) {
            return Some("what is in the trash cannot be restored".to_owned());
        }
        if grace > 0
            && self.told.is_some_and(|told| self.now <= told + grace)
            && !(self.has(Thing::LayerLink) && self.has(Thing::LayerData))
        {
            return Some("a client was told of the layer within the grace".to_owned());
        }
        None
    }

    /// Every state that the disk may be left in when the power fails.
    pub(crate) fn after_power_loss(&self) -> Vec<Self> {
        let mut first = *self;
        first.failures -= 1;
        first.told = None;
        for process in &mut first.processes {
            *process = Process {
                next: ENDED,
                ..Process::default()
            };
        }
        let mut states = vec![first];
        for (place, object) in self.objects.iter().enumerate() {
            let may_be_there = object.durable || object.there;
            let may_be_gone = !object.durable || object.gap || !object.there;
            let outcomes = [(may_be_there, true), (may_be_gone, false)];
            let possible: Vec<bool> = outcomes
                .iter()
                .filter_map(|(possible, there)| possible.then_some(*there))
                .collect();
            states = with_each(&states, &possible, |state, there| {
                state.objects[place] = Object {
                    there: *there,
                    durable: *there,
                    ..Object::default()
                };
            });
        }
        let tags = if self.tag == self.durable_tag {
            vec![self.tag]
        } else {
            vec![self.tag, self.durable_tag]
        };
        with_each(&states, &tags, |state, tag| {
            state.tag = *tag;
            state.durable_tag = *tag;
        })
    }
}

fn with_each<T>(states: &[State], values: &[T], set: impl Fn(&mut State, &T)) -> Vec<State> {
    let mut all = Vec::new();
    for state in states {
        for value in values {
            let mut state = *state;
            set(&mut state, value);
            all.push(state);
        }
    }
    all
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}:", self.now)?;
        for thing in ALL_THINGS {
            let object = self.objects[thing as usize];
            if object.there {
                write!(f, " {thing:?}@{}", object.touched)?;
            }
        }
        write!(f, "; tag {:?}", self.tag)
    }
}

pub(crate) const ALL_THINGS: [Thing; THINGS] = [
    Thing::LayerData,
    Thing::ImageData,
    Thing::IndexData,
    Thing::OuterData,
    Thing::LayerLink,
    Thing::OtherLink,
    Thing::ImageRevision,
    Thing::IndexRevision,
    Thing::OuterRevision,
    Thing::Trash,
];
