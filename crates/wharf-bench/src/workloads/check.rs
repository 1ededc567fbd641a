//! A look at an answer's bytes before it is measured how fast they come: wrong answers are
//! never fast.

use anyhow::{Context, Result, bail};
use wharf_spec::Digest;

use super::scripts::{Material, PAGE};
use super::table::Task;
use crate::content::Content;
use crate::http::client::Answer;
use crate::http::request::Request;
use crate::stores::large;

/// Whether this is what the first of the requests of this workload has to be answered with.
///
/// # Errors
/// When it is not.
pub fn check(task: Task, material: &Material, answer: &Answer) -> Result<()> {
    let goods = &material.goods;
    let manifest = goods.manifests.first().map(|(_, content)| content.digest);
    match task {
        Task::PullBig | Task::PullBigTls => {
            same(answer, goods.big.as_ref().map(|content| content.digest))
        }
        Task::PullSmall
        | Task::PullWithoutCollection
        | Task::PullUnderCollection
        | Task::PullUnderHaste => same(answer, goods.small.first().map(|content| content.digest)),
        Task::PullRanges => {
            let piece = goods.big.as_ref().map(|big| {
                let bytes = big.slice(0, material.sizes.piece).concat();
                Content::of(bytes).digest
            });
            same(answer, piece)
        }
        Task::ManifestByTag
        | Task::ManifestByPassword
        | Task::ManifestByToken
        | Task::ManifestByDigest
        | Task::IdleConnections => same(answer, manifest),
        Task::StartUp => {
            let expected = large::manifest(material.sizes.tags / 2).digest;
            same(answer, Some(expected))
        }
        Task::TagsWhole => {
            let tags = (0..large::SOME).map(large::tag);
            listed(answer, "tags", &tags.collect::<Vec<_>>())
        }
        Task::TagsPageOfSome => listed(answer, "tags", &page(large::SOME, large::tag)),
        Task::TagsPageOfMany => listed(answer, "tags", &page(material.sizes.tags, large::tag)),
        Task::CatalogPage => {
            let page = page(material.sizes.repositories, large::repository);
            listed(answer, "repositories", &page)
        }
        // Their length is all there is to see, or they are checked by the server itself, which
        // compares digests.
        Task::ManifestHead
        | Task::BlobHead
        | Task::VersionCheck
        | Task::PushBig
        | Task::PushParallel
        | Task::PushChunked
        | Task::PushImages
        | Task::NewTags
        | Task::Mixed
        | Task::IdleMemory
        | Task::Collect => Ok(()),
    }
}

/// The requests with the length of the answer that was checked, where it was not known: all
/// pages of a list have the same.
pub fn learn_length(requests: &mut [Request], answer: &Answer) {
    for request in requests {
        let length = &mut request.expected.length;
        *length = length.or(Some(answer.body.len() as u64));
    }
}

fn same(answer: &Answer, expected: Option<Digest>) -> Result<()> {
    if Some(answer.digest) != expected {
        bail!(
            "the answer has the digest {}, not {expected:?}",
            answer.digest
        );
    }
    Ok(())
}

fn listed(answer: &Answer, field: &str, expected: &[String]) -> Result<()> {
    let body: serde_json::Value = serde_json::from_slice(&answer.body)?;
    let entries = body.get(field).with_context(|| format!("no {field:?}"))?;
    let mut entries: Vec<String> = serde_json::from_value(entries.clone())?;
    // distribution 2.8 does not sort tags.
    entries.sort();
    if entries != expected {
        let (first, last) = (entries.first(), entries.last());
        bail!(
            "{} {field} from {first:?} to {last:?}, not {} from {:?}",
            entries.len(),
            expected.len(),
            expected.first()
        );
    }
    Ok(())
}

/// The first page that is asked for: the entries behind the first quarter.
fn page(count: usize, name: impl Fn(usize) -> String) -> Vec<String> {
    (count / 4 + 1..).take(PAGE).map(name).collect()
}
