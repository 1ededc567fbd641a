//! Every order in which the steps can come, breadth first, so that what is found is short.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;

use crate::collector::{Collector, Step, Untagged};
use crate::state::{
    ALL_THINGS, ENDED, Manifest, Object, PROCESSES, Precaution, Process, Promises, State, THINGS,
    Thing,
};
use crate::writer::{Job, Op, Script};

/// Who takes part, and in what surroundings.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) clients: Vec<Vec<Job>>,
    pub(crate) collectors: Vec<Collector>,
    /// What is stored before, since long.
    pub(crate) before: Vec<Thing>,
    pub(crate) tag: Option<Manifest>,
    /// What of it was acknowledged.
    pub(crate) acknowledged: Vec<Manifest>,
    /// How far time passes.
    pub(crate) time: u8,
    /// The longest grace that clients were promised.
    pub(crate) grace: u8,
    pub(crate) kills: u8,
    pub(crate) power_failures: u8,
    /// Whether tags are promised to stay even where they are not.
    pub(crate) tags_stay: bool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Explored {
    pub(crate) states: usize,
    /// The shortest story of a loss.
    pub(crate) loss: Option<String>,
}

#[derive(Clone, Copy)]
enum Move {
    Step(usize),
    Time,
    Kill(usize),
    PowerFails,
}

struct World {
    scenario: Scenario,
    without: Option<Precaution>,
    promises: Promises,
    scripts: Vec<Script>,
    steps: Vec<Step>,
    sweep: Vec<Step>,
}

/// Tries everything, but for one precaution if that is to be left out.
pub(crate) fn explore(scenario: &Scenario, without: Option<Precaution>) -> Explored {
    let world = World::new(scenario.clone(), without);
    let start = world.start();
    let mut places = HashMap::from([(start, 0_usize)]);
    let mut reached = vec![(start, 0, Move::Time)];
    let mut at = 0;
    while at < reached.len() {
        let state = reached[at].0;
        if let Some(why) = world.loss(&state) {
            let loss = Some(format!("{why}\n{}", world.story(&reached, at)));
            return Explored {
                states: reached.len(),
                loss,
            };
        }
        for (taken, next) in world.moves(&state) {
            if let Entry::Vacant(entry) = places.entry(next) {
                entry.insert(reached.len());
                reached.push((next, at, taken));
            }
        }
        at += 1;
    }
    Explored {
        states: reached.len(),
        loss: None,
    }
}

// === impl World ===

impl World {
    fn new(scenario: Scenario, without: Option<Precaution>) -> Self {
        let scripts: Vec<Script> = scenario
            .clients
            .iter()
            .map(|jobs| Script::of(jobs, without))
            .collect();
        let mut things = scenario.before.clone();
        for op in scripts.iter().flat_map(|script| &script.ops) {
            match op {
                Op::Put(thing) => things.push(*thing),
                Op::Publish => things.push(Thing::LayerData),
                _ => {}
            }
        }
        let untagged_go = scenario
            .collectors
            .iter()
            .any(|it| it.untagged == Untagged::Go);
        let uploads = scripts
            .iter()
            .any(|script| script.ops.contains(&Op::Put(Thing::LayerLink)));
        Self {
            promises: Promises {
                grace: scenario.grace,
                tags_stay: scenario.tags_stay || scenario.grace > 0 || !untagged_go,
                no_link_leads_nowhere: !uploads,
            },
            steps: Collector::steps(without, &things),
            sweep: Collector::steps(None, &ALL_THINGS),
            scripts,
            scenario,
            without,
        }
    }

    fn start(&self) -> State {
        let scenario = &self.scenario;
        let mut state = State {
            // What is there since long is older than any grace.
            now: scenario.grace + 1,
            asked: 0,
            objects: [Object::default(); THINGS],
            tag: scenario.tag,
            durable_tag: scenario.tag,
            processes: [Process {
                next: ENDED,
                ..Process::default()
            }; PROCESSES],
            kills: scenario.kills,
            failures: scenario.power_failures,
            acknowledged: scenario
                .acknowledged
                .iter()
                .fold(0, |all, it| all | it.bit()),
            tagged: scenario.tag,
            unsure: 0,
            lied: false,
            restorable: scenario.before.contains(&Thing::Trash),
            told: None,
        };
        for thing in &scenario.before {
            state.write(*thing, 0, 0);
            state.settle(*thing);
        }
        for process in 0..self.scripts.len() + scenario.collectors.len() {
            state.processes[process].next = 0;
        }
        state
    }

    fn moves(&self, state: &State) -> Vec<(Move, State)> {
        let mut moves = Vec::new();
        for place in 0..PROCESSES {
            if state.processes[place].next == ENDED {
                continue;
            }
            let mut next = *state;
            match place.checked_sub(self.scripts.len()) {
                None => self.scripts[place].step(&mut next, place, self.without),
                Some(collector) => {
                    let collector = self.scenario.collectors[collector];
                    collector.step(&self.steps, &mut next, place, self.without);
                }
            }
            moves.push((Move::Step(place), next));
            if state.kills > 0 && state.processes[place].next > 0 {
                let mut next = *state;
                next.kills -= 1;
                next.processes[place] = Process {
                    next: ENDED,
                    ..Process::default()
                };
                moves.push((Move::Kill(place), next));
            }
        }
        if state.now < self.scenario.grace + self.scenario.time && !state.is_quiet() {
            let mut next = *state;
            next.now += 1;
            moves.push((Move::Time, next));
        }
        if state.failures > 0 {
            let after = state.after_power_loss();
            moves.extend(after.into_iter().map(|next| (Move::PowerFails, next)));
        }
        moves
    }

    /// What is lost, or is still there when nobody needs it and a last collection is over.
    fn loss(&self, state: &State) -> Option<String> {
        if let Some(promise) = state.broken_promise(self.promises) {
            return Some(promise);
        }
        if !state.is_quiet() {
            return None;
        }
        let mut state = *state;
        state.now = u8::MAX / 2;
        state.processes[0].next = 0;
        let last = Collector {
            grace: 0,
            untagged: Untagged::Stay,
        };
        while !state.is_quiet() {
            last.step(&self.sweep, &mut state, 0, None);
        }
        let promise = state.broken_promise(Promises {
            grace: 0,
            ..self.promises
        });
        promise
            .map(|promise| format!("after a last collection, {promise}"))
            .or_else(|| garbage(&state))
    }

    fn story(&self, reached: &[(State, usize, Move)], mut at: usize) -> String {
        let mut path = Vec::new();
        while at != 0 {
            path.push(at);
            at = reached[at].1;
        }
        let mut story = String::new();
        for at in path.into_iter().rev() {
            let (state, before, taken) = &reached[at];
            let what = self.describe(&reached[*before].0, *taken);
            _ = writeln!(story, "  {what:44} {state:?}");
        }
        story
    }

    fn describe(&self, before: &State, taken: Move) -> String {
        match taken {
            Move::Time => "time passes".to_owned(),
            Move::PowerFails => "the power fails".to_owned(),
            Move::Kill(place) => format!("kill -9 of {place}"),
            Move::Step(place) => {
                let next = usize::from(before.processes[place].next);
                match self.scripts.get(place) {
                    Some(script) => format!("client {place}: {:?}", script.ops.get(next)),
                    None => format!("collector {place}: {:?}", self.steps.get(next)),
                }
            }
        }
    }
}

/// Data and links that nothing leads to. A revision is never garbage here: it was pushed.
fn garbage(state: &State) -> Option<String> {
    let outer = state.has(Thing::OuterRevision);
    let index = state.has(Thing::IndexRevision) || outer;
    let image = state.has(Thing::ImageRevision) || state.has(Thing::Trash) || index;
    let needed = |thing: &Thing| match thing {
        Thing::LayerData | Thing::LayerLink | Thing::ImageData => image,
        Thing::IndexData => index,
        Thing::OuterData => outer,
        Thing::OtherLink => false,
        Thing::ImageRevision | Thing::IndexRevision | Thing::OuterRevision | Thing::Trash => true,
    };
    ALL_THINGS
        .into_iter()
        .find(|thing| state.has(*thing) && !needed(thing))
        .map(|thing| format!("{thing:?} is garbage, and stays"))
}
