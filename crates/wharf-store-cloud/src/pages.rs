//! A page of names, for what the page costs: providers begin to list where they are told to.

use std::collections::BTreeSet;

use object_store::list::{PaginatedListOptions, PaginatedListResult};
use wharf_store::{EntryKind, Listing, Result, StoreError, StorePath};

use crate::backend::Bucket;
use crate::error::failed;

/// What is asked for: names directly below `directory`, later than `after`, with an object at
/// `below`.
struct Names<'a> {
    directory: &'a StorePath,
    below: &'a str,
    after: Option<&'a str>,
}

// === impl Bucket ===

impl Bucket {
    /// As `Store::page`.
    pub(crate) async fn names(
        &self,
        directory: &StorePath,
        below: &str,
        after: Option<&str>,
        most: usize,
    ) -> Result<(Listing, bool)> {
        let names = Names {
            directory,
            below,
            after,
        };
        let prefix = format!("{}/", self.key(directory));
        let mut found = BTreeSet::new();
        // A name that begins with `after` may have a key before that of `after` itself.
        let mut offset = after.map(|after| format!("{prefix}{after}"));
        loop {
            let (keys, is_last) = self.keys_after(&names, &prefix, offset).await?;
            let keys = keys.iter().filter_map(|key| key.strip_prefix(&prefix));
            let Some(last) = keys.clone().next_back() else {
                break;
            };
            found.extend(keys.filter_map(|key| names.name(key)).map(str::to_owned));
            if is_last {
                break;
            }
            let (name, rest) = last.split_once('/').unwrap_or((last, ""));
            if found.len() > most {
                self.add_shorter(&names, name, most, &mut found).await?;
                break;
            }
            offset = Some(if rest >= below {
                // What else is in there is skipped: `0` follows the slash.
                format!("{prefix}{name}0")
            } else {
                format!("{prefix}{last}")
            });
        }
        let has_more = found.len() > most;
        let page = found.into_iter().take(most);
        let page = page.map(|name| (name, EntryKind::Directory));
        Ok((Listing::new(page.collect()), has_more))
    }

    /// Up to a thousand keys, and whether they are the last ones.
    async fn keys_after(
        &self,
        names: &Names<'_>,
        prefix: &str,
        offset: Option<String>,
    ) -> Result<(Vec<String>, bool)> {
        let mut token = None;
        loop {
            let options = PaginatedListOptions {
                offset: offset.clone(),
                page_token: token,
                ..PaginatedListOptions::default()
            };
            let lists = &self.backend.lists;
            let listed = lists.list_paginated(Some(prefix), options).await;
            let PaginatedListResult { result, page_token } =
                listed.map_err(|error| failed("list", names.directory, error))?;
            let keys = result.objects.into_iter().map(|it| it.location.into());
            let keys: Vec<String> = keys.collect();
            token = page_token.filter(|token| !token.is_empty());
            // Azure's pages may be empty before the last.
            if token.is_none() || !keys.is_empty() {
                return Ok((keys, token.is_none()));
            }
        }
    }

    /// Keys are not in the order of names: `a-b/` is before `a/`. So what is shorter than the
    /// name at which the listing ended, and begins alike, may be missing.
    async fn add_shorter(
        &self,
        names: &Names<'_>,
        ended_at: &str,
        most: usize,
        found: &mut BTreeSet<String>,
    ) -> Result<()> {
        let cuts = ended_at.bytes().enumerate();
        let cuts = cuts.filter(|(_, byte)| *byte < b'/').map(|(cut, _)| cut);
        let shorter: Vec<&str> = cuts.filter_map(|cut| ended_at.get(..cut)).collect();
        for name in shorter {
            let is_later = names.after.is_none_or(|after| name > after);
            let is_wanted = found
                .iter()
                .nth(most)
                .is_some_and(|last| name < last.as_str());
            if name.is_empty() || !is_later || !is_wanted || found.contains(name) {
                continue;
            }
            let object = StorePath::new(format!("{}/{name}/{}", names.directory, names.below));
            match self
                .look(&object.map_err(|error| odd(names.directory, error))?)
                .await
            {
                Ok(_) => _ = found.insert(name.to_owned()),
                Err(StoreError::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

// === impl Names ===

impl Names<'_> {
    /// The name that a key tells of, if it is one.
    fn name<'a>(&self, key: &'a str) -> Option<&'a str> {
        let (name, rest) = key.split_once('/')?;
        let is_later = self.after.is_none_or(|after| name > after);
        (rest == self.below && is_later).then_some(name)
    }
}

fn odd(directory: &StorePath, error: wharf_store::PathError) -> StoreError {
    StoreError::from_io("list", directory, std::io::Error::other(error))
}
