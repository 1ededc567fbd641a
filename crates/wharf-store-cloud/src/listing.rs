//! The names below a directory: a request for every thousand of them.

use std::ops::Range;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::ObjectMeta;
use object_store::list::{PaginatedListOptions, PaginatedListResult};
use percent_encoding::percent_decode_str;
use wharf_store::{EntryKind, Listing, Result, StoreError, StorePath};

use crate::backend::Bucket;
use crate::error::failed;

// === impl Bucket ===

impl Bucket {
    pub(crate) async fn list(&self, path: &StorePath) -> Result<Listing> {
        let prefix = format!("{}/", self.key(path));
        let mut names = Vec::new();
        let mut token = None;
        loop {
            let page = self.page(&prefix, token, None).await;
            let PaginatedListResult { result, page_token } =
                page.map_err(|error| failed("list", path, error))?;
            let name = |key: &str, kind| {
                let name = key.strip_prefix(&prefix)?.trim_end_matches('/');
                let name = percent_decode_str(name).decode_utf8().ok()?;
                (!name.is_empty()).then(|| (name.into_owned(), kind))
            };
            let directories = result.common_prefixes.iter();
            names.extend(directories.filter_map(|it| name(it.as_ref(), EntryKind::Directory)));
            let objects = result.objects.iter();
            names.extend(objects.filter_map(|it| name(it.location.as_ref(), EntryKind::Object)));
            // Some servers end with an empty one.
            token = page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        if names.is_empty() {
            return Err(StoreError::NotFound(path.clone()));
        }
        Ok(Listing::new(names))
    }

    /// As `Store::list_below`, several at once.
    pub(crate) async fn list_below(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
    ) -> Result<Vec<Listing>> {
        let listings = listing.range(places).map(|entry| async move {
            match StorePath::new(format!("{directory}/{}", entry.name)) {
                Ok(path) => match self.list(&path).await {
                    Err(error) if error.is_not_found() => Ok(Listing::default()),
                    listed => listed,
                },
                Err(_) => Ok(Listing::default()),
            }
        });
        let listings: Vec<_> = listings.collect();
        stream::iter(listings).buffered(AT_ONCE).try_collect().await
    }

    /// As `Store::holding`, several at once.
    pub(crate) async fn holding(
        &self,
        directory: &StorePath,
        listing: &Listing,
        places: Range<usize>,
        below: &str,
    ) -> Result<Vec<bool>> {
        let holding = listing.range(places).map(|entry| async move {
            match StorePath::new(format!("{directory}/{}/{below}", entry.name)) {
                Ok(object) => match self.size(&object).await {
                    Ok(_) => Ok(true),
                    Err(error) if error.is_not_found() => Ok(false),
                    Err(error) => Err(error),
                },
                Err(_) => Ok(false),
            }
        });
        let holding: Vec<_> = holding.collect();
        stream::iter(holding).buffered(AT_ONCE).try_collect().await
    }

    /// The objects directly below a prefix.
    pub(crate) async fn objects_in(&self, prefix: &str) -> object_store::Result<Vec<ObjectMeta>> {
        let mut objects = Vec::new();
        let mut token = None;
        loop {
            let page = self.page(prefix, token, None).await?;
            objects.extend(page.result.objects);
            // Azure's pages may be empty before the last.
            token = page.page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(objects);
            }
        }
    }

    /// One page of the names directly below a prefix.
    pub(crate) async fn page(
        &self,
        prefix: &str,
        page_token: Option<String>,
        max_keys: Option<usize>,
    ) -> object_store::Result<PaginatedListResult> {
        let options = PaginatedListOptions {
            delimiter: Some("/".into()),
            max_keys,
            page_token,
            ..PaginatedListOptions::default()
        };
        self.backend
            .lists
            .list_paginated(Some(prefix), options)
            .await
    }
}

/// Requests that are under way at once.
const AT_ONCE: usize = 16;
