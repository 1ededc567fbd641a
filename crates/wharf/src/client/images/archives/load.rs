//! `wharf load`: every image of an archive into an engine, a registry or a layout.

use std::io::IsTerminal as _;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use wharf_client::{ImageName, RegistryHost};
use wharf_image::{ImageError, Place, PlaceKind, Root, Source, Stream, Target};

use super::super::platforms::Room;
use super::super::transfer::Copying;
use crate::cli::images::{Destination, Load};
use crate::client::wait;

pub(crate) fn load(command: &Load) -> Result<()> {
    let file = match &command.input {
        Some(path) if path.as_os_str() != "-" => Stream::File(path.clone()),
        _ if std::io::stdin().is_terminal() => {
            bail!("nobody sends an archive: use -i FILE, or a pipe")
        }
        _ => Stream::Standard,
    };
    let from = Place::from(PlaceKind::DockerArchive { file, name: None });
    let copying = Copying::new(&command.transfer, &[])?;
    wait(Box::pin(load_all(&copying, &from, command.to.as_ref())))
}

async fn load_all(copying: &Copying<'_>, from: &Place, to: Option<&Destination>) -> Result<()> {
    let opened = async {
        let source = copying.source(from).await?;
        let roots = source.roots().await?;
        anyhow::Ok((source, roots))
    };
    let (source, roots) = copying.told.during(opened).await?;
    match to {
        None => {
            let engine = copying.surroundings_of_engine(from)?.engine()?;
            let place = engine.place();
            into_one(copying, &source, &roots, (&engine, &place), Room::Image).await
        }
        Some(Destination::Layout(directory)) => {
            let to = Place::from(PlaceKind::Layout {
                directory: directory.clone(),
                reference: None,
            });
            let layout = copying.target(&to).await?;
            let place = to.to_string();
            into_one(copying, &source, &roots, (&layout, &place), Room::Index).await
        }
        Some(Destination::Registry { host, prefix }) => {
            into_registry(copying, &source, &roots, host, prefix).await
        }
    }
}

/// They are there when all of them are.
async fn into_one(
    copying: &Copying<'_>,
    source: &Arc<dyn Source>,
    roots: &[Root],
    (target, place): (&Arc<dyn Target>, &String),
    room: Room,
) -> Result<()> {
    let mut loaded = Vec::new();
    for root in roots {
        let one = copying.into(source, root, target, room);
        let copied = copying.told.during(one).await;
        loaded.push((label(root), copied.with_context(|| label(root))?));
    }
    copying.told.during(target.finish()).await?;
    for (name, copied) in loaded {
        copying.told.copied(&name, place, &copied);
    }
    Ok(())
}

async fn into_registry(
    copying: &Copying<'_>,
    source: &Arc<dyn Source>,
    roots: &[Root],
    host: &RegistryHost,
    prefix: &str,
) -> Result<()> {
    for root in roots {
        let names = root.names.iter().filter(|name| is_full(name));
        let names: Vec<_> = names.collect();
        if names.is_empty() {
            return Err(ImageError::Unsupported {
                place: source.place(),
                problem: format!(
                    "{} has no name that a registry could know it by: give it one with `wharf \
                     copy oci-archive:FILE[:TAG] NAME`",
                    label(root)
                ),
            }
            .into());
        }
        for name in names {
            let to = Place::from(PlaceKind::Registry(renamed(name, host, prefix)?));
            let one = async {
                let target = copying.target(&to).await?;
                let copied = copying.into(source, root, &target, Room::Index).await?;
                target.finish().await?;
                anyhow::Ok(copied)
            };
            let copied = copying.told.during(one).await?;
            copying.told.copied(name, &to, &copied);
        }
    }
    Ok(())
}

// === private ===

/// Whether it has a repository: a plain tag has none.
fn is_full(name: &str) -> bool {
    name.contains([':', '/'])
}

/// The name at another registry: without the one that it had, and without the `library/` of
/// Docker Hub.
fn renamed(name: &str, host: &RegistryHost, prefix: &str) -> Result<ImageName> {
    let old: ImageName = name.parse().with_context(|| name.to_owned())?;
    let repository = old.repository.as_str();
    let shown = match repository.strip_prefix("library/") {
        Some(rest) if old.registry.is_docker_hub() => rest,
        _ => repository,
    };
    let tag = old.tag.map(|tag| format!(":{tag}")).unwrap_or_default();
    let new = format!("{host}/{prefix}{shown}{tag}");
    new.parse().with_context(|| new.clone())
}

/// What people call it.
fn label(root: &Root) -> String {
    let Some(name) = root.names.first() else {
        return root.descriptor.digest.to_string();
    };
    let full = name.parse::<ImageName>().ok().filter(|_| is_full(name));
    full.map_or_else(|| name.clone(), |full| full.familiar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_keep_their_names_at_another_registry() {
        let host: RegistryHost = "localhost:5000".parse().unwrap();
        for (name, prefix, expected) in [
            ("app:1", "", "localhost:5000/app:1"),
            ("docker.io/library/app:1", "", "localhost:5000/app:1"),
            ("me/app", "", "localhost:5000/me/app:latest"),
            (
                "quay.io/library/app:1",
                "m/",
                "localhost:5000/m/library/app:1",
            ),
        ] {
            let renamed = renamed(name, &host, prefix).unwrap();
            assert_eq!(renamed.to_string(), expected);
        }
        assert!(!is_full("3.20") && is_full("app:1") && is_full("q.io/app"));
        renamed("App:1", &host, "").unwrap_err();
    }
}
