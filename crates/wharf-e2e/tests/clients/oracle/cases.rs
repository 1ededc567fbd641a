//! The requests, by what they are about. What reads comes before what writes, so that the
//! lists of repositories are the same for everybody.

use super::case::Case;

mod base;
mod blobs;
mod chunks;
mod conditions;
mod deletions;
mod lists;
mod methods;
mod mounts;
mod origins;
mod paths;
mod pulls;
mod pushes;
mod references;
mod referrers;
mod uploads;

/// All of them, in the order in which they are sent.
pub(super) fn all() -> Vec<Case> {
    [
        base::cases(),
        lists::cases(),
        paths::cases(),
        methods::cases(),
        pulls::cases(),
        blobs::cases(),
        conditions::cases(),
        referrers::cases(),
        origins::cases(),
        uploads::cases(),
        chunks::cases(),
        mounts::cases(),
        pushes::cases(),
        references::cases(),
        deletions::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
