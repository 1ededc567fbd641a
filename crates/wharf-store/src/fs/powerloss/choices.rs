//! Which combinations of losses to try.

use std::collections::BTreeMap;

use super::Options;

/// Something that may or may not have reached the disk.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Doubt {
    /// What was appended to a file since its last sync.
    Content { file: usize },
    /// A change of a directory's names since its last sync: the `change`th.
    Name { directory: usize, change: usize },
}

/// What became of a change.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Fate {
    /// It reached the disk.
    Kept,
    /// It did not.
    Lost,
    /// The first half of the bytes did.
    Cut,
    /// The length did, the bytes did not.
    Zeroed,
}

/// What became of each doubt; those that are not named were kept.
pub(super) type Outcome = BTreeMap<Doubt, Fate>;

// === impl Doubt ===

impl Doubt {
    const fn losses(self) -> &'static [Fate] {
        match self {
            Self::Content { .. } => &[Fate::Lost, Fate::Cut, Fate::Zeroed],
            Self::Name { .. } => &[Fate::Lost],
        }
    }
}

/// The outcomes to try: all of them, or the telling ones and a sample.
pub(super) fn outcomes(doubts: &[Doubt], moment: usize, options: &Options) -> Vec<Outcome> {
    let all = doubts.iter().try_fold(1_usize, |all, doubt| {
        all.checked_mul(1 + doubt.losses().len())
    });
    if all.is_some_and(|all| {
        u32::try_from(all).is_ok_and(|all| all <= 1_u32 << options.exhaustive.min(24))
    }) {
        return every(doubts);
    }
    let mut chosen = few(doubts, options.pairs, &Outcome::new(), Doubt::losses);
    let nothing: Outcome = doubts.iter().map(|doubt| (*doubt, Fate::Lost)).collect();
    chosen.extend(few(doubts, options.pairs, &nothing, |_| &[Fate::Kept]));
    let mut random = Random(options.seed ^ (moment as u64) << 32);
    chosen.extend((0..options.samples).map(|_| sample(doubts, &mut random)));
    chosen
}

/// Every combination.
fn every(doubts: &[Doubt]) -> Vec<Outcome> {
    let mut all = vec![Outcome::new()];
    for doubt in doubts {
        let lost = |fate: &Fate, outcome: &Outcome| with(outcome, *doubt, *fate);
        let more: Vec<_> = doubt
            .losses()
            .iter()
            .flat_map(|fate| {
                all.iter()
                    .map(|outcome| lost(fate, outcome))
                    .collect::<Vec<_>>()
            })
            .collect();
        all.extend(more);
    }
    all
}

/// `start`, and all that differs from it in one doubt, or in two if there are at most
/// `pairs` of them.
fn few(
    doubts: &[Doubt],
    pairs: usize,
    start: &Outcome,
    fates: impl Fn(Doubt) -> &'static [Fate],
) -> Vec<Outcome> {
    let singles: Vec<_> = doubts
        .iter()
        .flat_map(|doubt| fates(*doubt).iter().map(|fate| (*doubt, *fate)))
        .collect();
    let one = |(doubt, fate): &(Doubt, Fate)| with(start, *doubt, *fate);
    let mut outcomes = vec![start.clone()];
    outcomes.extend(singles.iter().map(one));
    if doubts.len() <= pairs {
        for (at, first) in singles.iter().enumerate() {
            let others = singles
                .iter()
                .skip(at + 1)
                .filter(|(doubt, _)| *doubt != first.0);
            outcomes.extend(others.map(|(doubt, fate)| with(&one(first), *doubt, *fate)));
        }
    }
    outcomes
}

fn sample(doubts: &[Doubt], random: &mut Random) -> Outcome {
    let mut outcome = Outcome::new();
    for doubt in doubts {
        let fates = doubt.losses();
        let pick = random.next() as usize % (1 + fates.len());
        if let Some(fate) = pick.checked_sub(1).and_then(|pick| fates.get(pick)) {
            outcome.insert(*doubt, *fate);
        }
    }
    outcome
}

fn with(outcome: &Outcome, doubt: Doubt, fate: Fate) -> Outcome {
    let mut outcome = outcome.clone();
    outcome.insert(doubt, fate);
    outcome
}

/// SplitMix64: the same numbers on every run.
struct Random(u64);

// === impl Random ===

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn names(count: usize) -> Vec<Doubt> {
        (0..count)
            .map(|change| Doubt::Name {
                directory: 0,
                change,
            })
            .collect()
    }

    #[test]
    fn few_doubts_are_tried_in_every_combination() {
        let mut doubts = names(3);
        doubts.push(Doubt::Content { file: 0 });
        let outcomes = outcomes(&doubts, 0, &Options::default());
        let distinct: HashSet<_> = outcomes
            .iter()
            .map(|outcome| format!("{outcome:?}"))
            .collect();
        assert_eq!((outcomes.len(), distinct.len()), (8 * 4, 8 * 4));
    }

    #[test]
    fn many_doubts_are_tried_in_pairs_and_at_random() {
        let options = Options::default();
        let outcomes = outcomes(&names(20), 0, &options);
        assert_eq!(outcomes.len(), 2 * (1 + 20 + 190) + options.samples);
        assert!(outcomes.iter().any(Outcome::is_empty));
        assert!(
            outcomes.iter().any(|outcome| outcome
                .values()
                .filter(|fate| **fate == Fate::Lost)
                .count()
                == 20)
        );
    }
}
