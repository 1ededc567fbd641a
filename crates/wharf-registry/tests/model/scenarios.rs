//! Who meets whom, and what is lost without each precaution.

use crate::collector::{Collector, Untagged};
use crate::explore::{Scenario, explore};
use crate::state::{Manifest, Precaution, Thing};
use crate::writer::Job;

const IMAGE: [Thing; 4] = [
    Thing::LayerData,
    Thing::ImageData,
    Thing::LayerLink,
    Thing::ImageRevision,
];

const GARBAGE: [Thing; 3] = [Thing::LayerData, Thing::LayerLink, Thing::OtherLink];
const PUSH: Job = Job::Push(Manifest::Image);

/// One client, one collection, no grace.
fn plain(jobs: &[Job]) -> Scenario {
    Scenario {
        clients: vec![jobs.to_vec()],
        collectors: vec![collector(0)],
        before: Vec::new(),
        tag: None,
        acknowledged: Vec::new(),
        time: 3,
        grace: 0,
        kills: 0,
        power_failures: 0,
        tags_stay: false,
    }
}

fn collector(grace: u8) -> Collector {
    Collector {
        grace,
        untagged: Untagged::Stay,
    }
}

/// Every encounter, by its name.
fn all() -> Vec<(&'static str, Scenario)> {
    [one_client(), two_clients(), untagged(), deletions()].concat()
}

fn one_client() -> Vec<(&'static str, Scenario)> {
    let alone = |job| Scenario {
        collectors: vec![collector(0), collector(0)],
        before: GARBAGE.to_vec(),
        kills: 1,
        time: 2,
        ..plain(&[job, PUSH])
    };
    let graceful = |job| Scenario {
        grace: 2,
        time: 4,
        collectors: vec![collector(2)],
        kills: 0,
        ..alone(job)
    };
    vec![
        ("upload", alone(Job::Upload)),
        ("mount", alone(Job::Mount)),
        ("HEAD", alone(Job::Head)),
        ("upload, with a grace", graceful(Job::Upload)),
        ("mount, with a grace", graceful(Job::Mount)),
        ("HEAD, with a grace", graceful(Job::Head)),
        (
            "HEAD, and a push by tag",
            Scenario {
                before: GARBAGE.to_vec(),
                ..plain(&[Job::Head, Job::Tag(Manifest::Image)])
            },
        ),
    ]
}

fn two_clients() -> Vec<(&'static str, Scenario)> {
    let before = GARBAGE.to_vec();
    let meet = |clients: [Vec<Job>; 2]| Scenario {
        clients: clients.to_vec(),
        before: before.clone(),
        ..plain(&[])
    };
    let graceful = |scenario| Scenario {
        grace: 1,
        time: 3,
        collectors: vec![collector(1)],
        ..scenario
    };
    let trusting = |job| meet([vec![job], vec![Job::Head, PUSH]]);
    vec![
        ("HEAD while another uploads", trusting(Job::Upload)),
        ("HEAD while another mounts", trusting(Job::Mount)),
        (
            "HEAD while another uploads, with a grace",
            graceful(trusting(Job::Upload)),
        ),
        (
            "HEAD while another mounts, with a grace",
            graceful(trusting(Job::Mount)),
        ),
        (
            "two uploads",
            meet([vec![Job::Upload], vec![Job::Upload, PUSH]]),
        ),
        (
            "an upload and a mount",
            meet([vec![Job::Mount], vec![Job::Upload, PUSH]]),
        ),
        (
            "an index of what another is pushing",
            Scenario {
                clients: vec![
                    vec![PUSH],
                    vec![Job::Push(Manifest::Index)],
                    vec![Job::Upload],
                ],
                kills: 1,
                time: 2,
                ..meet([vec![], vec![]])
            },
        ),
        (
            "the power fails at a push",
            Scenario {
                power_failures: 1,
                time: 2,
                ..trusting(Job::Upload)
            },
        ),
    ]
}

/// Where a grace is given, a push takes no longer than that.
fn untagged() -> Vec<(&'static str, Scenario)> {
    let going = |grace| Collector {
        grace,
        untagged: Untagged::Go,
    };
    let graceful = |scenario| Scenario {
        grace: 1,
        time: 2,
        kills: 1,
        collectors: vec![going(1)],
        ..scenario
    };
    let index = [IMAGE.as_slice(), &[Thing::IndexData, Thing::IndexRevision]].concat();
    let tagging = Scenario {
        before: IMAGE.to_vec(),
        collectors: vec![going(0)],
        ..plain(&[Job::Tag(Manifest::Image)])
    };
    let nesting = Scenario {
        before: index.clone(),
        collectors: vec![going(0)],
        ..plain(&[Job::Tag(Manifest::Outer)])
    };
    let moving = Scenario {
        before: index,
        tag: Some(Manifest::Index),
        ..graceful(tagging.clone())
    };
    vec![
        (
            "an index over an untagged one, with a grace",
            graceful(nesting.clone()),
        ),
        ("an index over an untagged one", nesting),
        (
            "an untagged image is tagged, two collections",
            Scenario {
                collectors: vec![going(0), collector(0)],
                ..tagging.clone()
            },
        ),
        (
            "an untagged image is tagged, with a grace",
            graceful(tagging.clone()),
        ),
        ("an untagged image is tagged", tagging),
        (
            "the power fails when a tag is moved",
            Scenario {
                power_failures: 1,
                kills: 0,
                ..moving.clone()
            },
        ),
        ("a tag is moved", moving),
    ]
}

fn deletions() -> Vec<(&'static str, Scenario)> {
    let deletion = |job| Scenario {
        before: IMAGE.to_vec(),
        acknowledged: vec![Manifest::Image],
        power_failures: 1,
        ..plain(&[job])
    };
    vec![
        (
            "deletion and restoring",
            Scenario {
                tag: Some(Manifest::Image),
                collectors: vec![collector(0), collector(0)],
                power_failures: 0,
                ..plain_with(
                    deletion(Job::DeleteImage),
                    &[Job::DeleteImage, Job::RestoreImage],
                )
            },
        ),
        ("the power fails at a deletion", deletion(Job::DropImage)),
        (
            "the power fails at a deletion to the trash",
            deletion(Job::DeleteImage),
        ),
    ]
}

fn plain_with(scenario: Scenario, jobs: &[Job]) -> Scenario {
    Scenario {
        clients: vec![jobs.to_vec()],
        ..scenario
    }
}

#[test]
fn nothing_is_lost_and_no_garbage_stays() {
    for (name, scenario) in all() {
        let explored = explore(&scenario, None);
        println!("{name}: {} states", explored.states);
        assert!(explored.states > 100, "{name} is no encounter");
        if let Some(loss) = explored.loss {
            panic!("{name}: {loss}");
        }
    }
}

/// The checker finds what is lost when any one precaution is left out.
#[test]
fn no_precaution_is_in_vain() {
    let all = all();
    for precaution in Precaution::ALL {
        let where_it_shows = shows(precaution);
        let (_, scenario) = all
            .iter()
            .find(|(name, _)| *name == where_it_shows)
            .unwrap();
        let loss = explore(scenario, Some(precaution)).loss;
        let Some(loss) = loss else {
            panic!("without {precaution:?} nothing is lost in: {where_it_shows}");
        };
        println!(
            "without {precaution:?}: {}",
            loss.lines().next().unwrap_or_default()
        );
    }
}

/// The smallest encounter in which its absence shows.
fn shows(precaution: Precaution) -> &'static str {
    match precaution {
        Precaution::Recheck | Precaution::AtomicRemoval => "an untagged image is tagged",
        Precaution::TouchAfterWriting => "HEAD, with a grace",
        Precaution::TagLast => "HEAD, and a push by tag",
        Precaution::TrashLast => "deletion and restoring",
        Precaution::UploadTouchesData | Precaution::EqualPutTouches => "upload, with a grace",
        Precaution::PublishTouches => "two uploads",
        Precaution::MountTouchesData => "mount, with a grace",
        Precaution::SettleMarks | Precaution::SettleLinks => "the power fails at a deletion",
        Precaution::PushTouchesData | Precaution::CarefulTakeBack => "an upload and a mount",
        Precaution::HeadTouchesData => "HEAD while another mounts, with a grace",
        Precaution::TouchAfterTagging => "an untagged image is tagged",
        Precaution::KeptRevisionsKeep | Precaution::ParentsFirst => "an index over an untagged one",
        Precaution::DeepTouches | Precaution::InsideOut => "an index of what another is pushing",
        Precaution::SettleTouched => "the power fails at a push",
        Precaution::TimeIsAsked => "HEAD, and a push by tag",
    }
}

/// What the protocol does not promise: collecting untagged manifests without any grace beside
/// a server can cost a tag its old target, when the push that moves it is refused. So
/// manifests have a least age there.
#[test]
fn without_a_grace_a_refused_push_may_cost_a_tag_its_old_target() {
    let scenario = Scenario {
        before: IMAGE.to_vec(),
        collectors: vec![Collector {
            grace: 0,
            untagged: Untagged::Go,
        }],
        tags_stay: true,
        ..plain(&[Job::Tag(Manifest::Image)])
    };
    let loss = explore(&scenario, None).loss.unwrap_or_default();
    assert!(
        loss.starts_with("the tag points to Image, which is not whole"),
        "{loss}"
    );
}
