//! Lists that come in pages (distribution-spec: "Listing Tags").

mod link;

use reqwest::header::LINK;
use reqwest::{Method, Url};
use serde::Deserialize;
use wharf_spec::{RepositoryName, Tag};

use crate::authentication::Access;
use crate::endpoint::{Answer, Request, resolve};
use crate::error::ClientError;
use crate::observer::Purpose;
use crate::registry::RegistryClient;

/// The pages of a list, each asked for when it is wanted.
#[derive(Debug)]
pub struct Pages<T> {
    client: RegistryClient,
    purpose: Purpose,
    access: Access,
    what: String,
    next: Option<Url>,
    /// How many came.
    pages: usize,
    read: fn(&[u8]) -> serde_json::Result<Vec<T>>,
}

// === impl RegistryClient ===

impl RegistryClient {
    /// The tags of a repository, in the registry's order (distribution-spec: end-8). `page` is
    /// how many are asked for at once; the registry may send fewer.
    #[must_use]
    pub fn tags(&self, repository: &RepositoryName, page: Option<usize>) -> Pages<Tag> {
        let path = format!("/v2/{repository}/tags/list");
        Pages {
            client: self.clone(),
            purpose: Purpose::Tags,
            access: Access::pull(repository),
            what: format!("the tags of {}/{repository}", self.registry()),
            next: Some(self.first_page(&path, page)),
            pages: 0,
            read: read_tags,
        }
    }

    /// The repositories of the registry (distribution: spec/api.md, "Listing Repositories").
    /// Many registries show them to nobody.
    #[must_use]
    pub fn catalog(&self, page: Option<usize>) -> Pages<RepositoryName> {
        Pages {
            client: self.clone(),
            purpose: Purpose::Catalog,
            access: Access::catalog(),
            what: format!("the catalog of {}", self.registry()),
            next: Some(self.first_page("/v2/_catalog", page)),
            pages: 0,
            read: read_names,
        }
    }

    fn first_page(&self, path: &str, page: Option<usize>) -> Url {
        let mut url = self.home().url(path);
        if let Some(page) = page {
            url.set_query(Some(&format!("n={page}")));
        }
        url
    }
}

// === impl Pages ===

impl<T> Pages<T> {
    /// The next page; `None` after the last. What is on it and is no tag or no name cannot be
    /// asked for either, and is left out.
    ///
    /// # Errors
    /// When the registry does not give it.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>, ClientError> {
        let Some(url) = self.next.take() else {
            return Ok(None);
        };
        let (purpose, access) = (self.purpose.clone(), self.access.clone());
        let request = Request::new(purpose, Method::GET, url.clone(), access, &self.what);
        let mut answer = self.client.home().expect(&request).await?;
        let next = next_page(&answer)?;
        let body = answer.body(MOST_PAGE).await?;
        let entries = (self.read)(&body).map_err(|_| answer.unusable("it is no list"))?;
        self.pages += 1;
        // A list whose pages lead to themselves never ends.
        if next.as_ref() == Some(&url) || self.pages >= MOST_PAGES {
            return Err(answer.unusable("its list has no end"));
        }
        self.next = next;
        Ok(Some(entries))
    }

    /// All pages at once, for lists that are known to be short.
    ///
    /// # Errors
    /// When the registry does not give one of them.
    pub async fn all(mut self) -> Result<Vec<T>, ClientError> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await? {
            all.extend(page);
        }
        Ok(all)
    }
}

// === private ===

/// Where the next page is. What is not on the same server is asked without any token.
pub(crate) fn next_page(answer: &Answer) -> Result<Option<Url>, ClientError> {
    let next = link::next(answer.header_values(&LINK));
    next.map(|target| resolve(answer, &target)).transpose()
}

fn read_tags(body: &[u8]) -> serde_json::Result<Vec<Tag>> {
    #[derive(Deserialize)]
    struct Wire {
        tags: Option<Vec<String>>,
    }
    let wire: Wire = serde_json::from_slice(body)?;
    Ok(legal(wire.tags))
}

fn read_names(body: &[u8]) -> serde_json::Result<Vec<RepositoryName>> {
    #[derive(Deserialize)]
    struct Wire {
        repositories: Option<Vec<String>>,
    }
    let wire: Wire = serde_json::from_slice(body)?;
    Ok(legal(wire.repositories))
}

/// Go writes an empty list as `null`.
fn legal<T: std::str::FromStr>(texts: Option<Vec<String>>) -> Vec<T> {
    let texts = texts.unwrap_or_default().into_iter();
    texts.filter_map(|text| text.parse().ok()).collect()
}

/// Bytes of a page. Some registries have but one.
const MOST_PAGE: u64 = 16 << 20;
/// Pages of a list.
const MOST_PAGES: usize = 1_000_000;
