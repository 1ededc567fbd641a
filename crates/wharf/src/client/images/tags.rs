//! Many tags, one after another.

mod origin;
mod patterns;
mod targets;

use std::sync::Arc;

use anyhow::{Error, Result};
use wharf_image::{Copied, ImageError, Place, Root, Target};

pub(super) use self::patterns::Patterns;

use self::origin::{Origin, Tagged};
use self::targets::Targets;
use super::platforms::Room;
use super::transfer::Copying;
use crate::client::exit;

/// Copies all tags that fit. One that fails is told, and the next one comes, unless nobody can
/// be reached any more.
pub(super) async fn copy(
    copying: &Copying<'_>,
    from: &Place,
    to: &Place,
    patterns: &Patterns,
) -> Result<()> {
    let mut origin = Origin::open(copying, from).await?;
    let targets = Targets::open(copying, to).await?;
    let (mut copied, mut failed, mut first) = (0_usize, 0_usize, None);
    while let Some(page) = copying.told.during(origin.page()).await? {
        for tagged in page.into_iter().filter(|it| patterns.fits(&it.tag)) {
            let to = targets.place(to, &tagged.tag);
            let target = targets.of(&tagged.tag);
            let done = copying.told.during(one(copying, &tagged, &target)).await;
            match done.map_err(Error::from) {
                Ok(one) => {
                    copied += 1;
                    copying.told.copied(&tagged.place, &to, &one);
                }
                Err(error) => {
                    copying.told.failed(&tagged.place, &to, &error);
                    if exit::is_network(&error) {
                        let reason = format!("{copied} tags were copied, and then no more");
                        return Err(error.context(reason));
                    }
                    failed += 1;
                    first.get_or_insert(error);
                }
            }
        }
    }
    match first {
        Some(error) => Err(error.context(format!(
            "{failed} of {} tags could not be copied",
            copied + failed
        ))),
        None if copied == 0 => Err(ImageError::NotFound {
            what: "a tag that fits".to_owned(),
            place: from.to_string(),
            available: Vec::new(),
        }
        .into()),
        None => Ok(()),
    }
}

async fn one(
    copying: &Copying<'_>,
    tagged: &Tagged,
    target: &Arc<dyn Target>,
) -> Result<Copied, ImageError> {
    let descriptor = match &tagged.descriptor {
        Some(descriptor) => descriptor.clone(),
        None => tagged.source.resolve().await?.descriptor,
    };
    let root = Root {
        descriptor,
        names: vec![tagged.tag.to_string()],
    };
    let copied = copying
        .into(&tagged.source, &root, target, Room::Index)
        .await?;
    target.finish().await?;
    Ok(copied)
}
