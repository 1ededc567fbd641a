//! `wharf ls`: what a registry has, told as it comes.

use anyhow::{Context as _, Result, bail};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use wharf_client::{ClientError, CredentialScope, ImageName, RegistryClient, RegistryHost};
use wharf_image::{Asker, ImageError, TagDetails, tag_details};
use wharf_spec::{Platform, RepositoryName, Tag};

use super::releases::Tags;
use crate::cli::Reach;
use crate::cli::client::{Listed, Ls};
use crate::client::ask::printable;
use crate::client::wait;
use crate::collection::size;
use crate::terminal::{is_said, warn};

/// Tags that are looked at at once.
const AT_ONCE: usize = 8;

pub(super) fn run(arguments: &Ls) -> Result<()> {
    wait(async {
        match &arguments.what {
            Listed::Registry(host) => {
                if arguments.long || arguments.semver.is_some() {
                    bail!(
                        "{host} is a registry, and it is tags that --long and --semver are about"
                    );
                }
                let client = client(&arguments.reach, host).await?;
                let tell = |name: &RepositoryName| match arguments.json {
                    true => json!({ "repository": name }).to_string(),
                    false => name.to_string(),
                };
                let mut pages = client.catalog(None);
                while let Some(page) = pages.next().await? {
                    if !page.iter().all(|name| is_said(&tell(name))) {
                        break;
                    }
                }
                Ok(())
            }
            Listed::Repository(name) => {
                let client = super::registry(&arguments.reach, name).await?;
                let tags = client.tags(&name.repository, None);
                let mut tags = Tags::new(tags, arguments.semver.as_ref()).await?;
                let tell = |tag: &Tag| match arguments.json {
                    true => json!({ "tag": tag }).to_string(),
                    false => tag.to_string(),
                };
                match arguments.long {
                    true => long(&client, name, tags, arguments.json).await,
                    false => {
                        while let Some(page) = tags.next().await? {
                            if !page.iter().all(|tag| is_said(&tell(tag))) {
                                break;
                            }
                        }
                        Ok(())
                    }
                }
            }
        }
    })
}

/// A client that is for no repository in particular.
async fn client(reach: &Reach, host: &RegistryHost) -> Result<RegistryClient> {
    let credential = match reach.asker(Some(host)) {
        Asker::Nobody => None,
        Asker::Given(credential) => Some(credential),
        Asker::Kept(kept) => {
            let scope = CredentialScope::from(host.clone());
            kept.get(&scope).await.map_err(ClientError::from)?
        }
    };
    let settings = reach.settings(Some(host))?;
    Ok(RegistryClient::new(host.clone(), &settings, credential)?)
}

async fn long(
    client: &RegistryClient,
    name: &ImageName,
    mut tags: Tags,
    as_json: bool,
) -> Result<()> {
    let mut failed = None;
    let mut is_first = true;
    while let Some(page) = tags.next().await? {
        let widest = page.iter().map(|tag| tag.as_str().len()).max();
        let widest = widest.unwrap_or_default().max("TAG".len());
        let mut found = stream::iter(&page)
            .map(|tag| async move { (tag, tag_details(client, &name.repository, tag).await) })
            .buffered(AT_ONCE);
        while let Some((tag, details)) = found.next().await {
            let row = match details {
                Ok(details) if as_json => json!(details).to_string(),
                Ok(details) => row(&details, widest),
                // It was deleted a moment ago.
                Err(error) if error.is_not_found() => continue,
                Err(error) if is_of_all(&error) => return Err(error.into()),
                Err(error) => {
                    warn(&format!("{tag}: {error:#}"));
                    failed.get_or_insert(error);
                    continue;
                }
            };
            let head = (std::mem::take(&mut is_first) && !as_json).then(|| head(widest));
            if head.is_some_and(|head| !is_said(&head)) || !is_said(&row) {
                return Ok(());
            }
        }
    }
    failed.map_or(Ok(()), |error| {
        Err(error).context("not every tag could be looked at, the first since")
    })
}

/// Whether it is of no use to ask about another tag.
fn is_of_all(error: &ImageError) -> bool {
    matches!(
        error,
        ImageError::Client(
            ClientError::Network { .. }
                | ClientError::Denied { .. }
                | ClientError::Settings(_)
                | ClientError::Credentials(_)
        )
    )
}

/// Digests of SHA-256 have 71 characters, others are rare.
fn head(widest: usize) -> String {
    format!(
        "{:widest$}  {:71}  {:>11}  {:20}  PLATFORMS",
        "TAG", "DIGEST", "SIZE", "CREATED"
    )
}

fn row(details: &TagDetails, widest: usize) -> String {
    let tag = details.tag.as_str();
    let digest = details.digest.to_string();
    let created = details.created.as_deref().unwrap_or("-");
    // Fractions of seconds are of no interest to people.
    let created: String = printable(created).chars().take(19).collect();
    let created = match created.len() {
        19 => format!("{created}Z"),
        _ => created,
    };
    let platforms: Vec<_> = details
        .platforms
        .iter()
        .map(|entry| platform(&entry.platform))
        .collect();
    let platforms = match platforms.as_slice() {
        [] => "-".to_owned(),
        _ => platforms.join(","),
    };
    let size = size(details.size);
    format!("{tag:widest$}  {digest:71}  {size:>11}  {created:20}  {platforms}")
}

/// As people write it.
pub(in crate::client) fn platform(platform: &Platform) -> String {
    let parts = [&platform.os, &platform.architecture].into_iter();
    let parts = parts.chain(&platform.variant).filter(|it| !it.is_empty());
    printable(&parts.map(String::as_str).collect::<Vec<_>>().join("/"))
}
