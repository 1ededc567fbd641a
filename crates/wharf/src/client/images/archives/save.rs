//! `wharf save`: several images in one archive.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result, bail};
use wharf_image::{Place, PlaceKind, Stream};

use super::super::platforms::room;
use super::super::transfer::Copying;
use crate::cli::images::{ArchiveFormat, Save};
use crate::client::wait;

pub(crate) fn save(command: &Save) -> Result<()> {
    let file = match &command.output {
        Some(path) if path.as_os_str() != "-" => Stream::File(path.clone()),
        // docker/cli: cli/command/image/save.go
        _ if std::io::stdout().is_terminal() => {
            bail!("an archive is nothing for a terminal: use -o FILE, or a pipe")
        }
        _ => Stream::Standard,
    };
    let to = Place::from(match command.format {
        ArchiveFormat::Docker => PlaceKind::DockerArchive { file, name: None },
        ArchiveFormat::Oci => PlaceKind::LayoutArchive {
            file,
            reference: None,
        },
    });
    let is_of_engine = command.transfer.reach.host.is_some();
    let images = command.images.iter().map(|text| image(text, is_of_engine));
    let images = images.collect::<Result<Vec<_>>>()?;
    let copying = Copying::new(&command.transfer, &[&to])?;
    wait(Box::pin(save_all(&copying, &images, &to)))
}

/// The archive is there when all of them are in it.
async fn save_all(copying: &Copying<'_>, images: &[Place], to: &Place) -> Result<()> {
    let target = copying.target(to).await?;
    let mut saved = Vec::new();
    for image in images {
        let one = async {
            let source = copying.source(image).await?;
            let root = source.resolve().await?;
            let copied = copying.into(&source, &root, &target, room(to)).await;
            copied.with_context(|| image.to_string())
        };
        saved.push((image, copying.told.during(one).await?));
    }
    copying.told.during(target.finish()).await?;
    for (image, copied) in saved {
        copying.told.copied(image, to, &copied);
    }
    Ok(())
}

/// What a bare name means. An engine knows images by their IDs, too.
fn image(text: &str, is_of_engine: bool) -> Result<Place> {
    let place: Result<Place, _> = text.parse();
    let is_bare = place.as_ref().map_or(true, |place| {
        matches!(place.kind(), PlaceKind::Registry(_)) && !text.starts_with("docker://")
    });
    if is_of_engine && is_bare {
        return Ok(format!("docker-daemon:{text}").parse()?);
    }
    Ok(place?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_is_one_of_the_engine_that_was_named() {
        let id = format!("sha256:{}", "a".repeat(64));
        for (text, is_of_engine, expected) in [
            ("app:1", false, "app:1"),
            ("app:1", true, "docker-daemon:app:1"),
            (&*id, true, &*format!("docker-daemon:{id}")),
            ("docker://app:1", true, "docker://app:1"),
            ("oci:app", true, "oci:app"),
        ] {
            assert_eq!(image(text, is_of_engine).unwrap().to_string(), expected);
        }
        assert!(image("App", false).is_err());
    }
}
