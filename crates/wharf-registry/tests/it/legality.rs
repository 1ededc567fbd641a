//! Is a tree one that distribution could have written, with no request under way?
//! Whoever reads it after a crash, every link must lead somewhere.

use std::collections::BTreeMap;

use bytes::Bytes;
use wharf_spec::Digest;
use wharf_store::StorePath;

use crate::ledger::Verdict;
use crate::paths;

const REPOSITORIES: &str = "docker/registry/v2/repositories/";

/// Layer and revision links lead to bytes with that digest; a tag leads to a revision of
/// its repository, and its history knows it.
pub(crate) fn check(files: &BTreeMap<String, Bytes>) -> Verdict {
    for (path, content) in files {
        let Some(below) = path.strip_prefix(REPOSITORIES) else {
            continue;
        };
        if !below.ends_with("/link") {
            continue;
        }
        let digest = std::str::from_utf8(content)
            .ok()
            .and_then(|text| text.parse().ok());
        let digest: Digest = digest.ok_or_else(|| format!("{path} holds {content:?}"))?;
        for needed in needed_by(below, digest) {
            let Some(content) = files.get(needed.as_str()) else {
                return Err(format!("{path} leads to {needed}, which is missing"));
            };
            let is_data = needed.as_str().ends_with("/data");
            if is_data && wharf_hash::digest(digest.algorithm(), content) != digest {
                return Err(format!("{needed} holds {content:?}"));
            }
        }
    }
    Ok(())
}

fn needed_by(link: &str, digest: Digest) -> Vec<StorePath> {
    if link.contains("/_layers/") || link.contains("/_manifests/revisions/") {
        return vec![paths::blob_data(digest)];
    }
    let tag = link
        .strip_suffix("/current/link")
        .and_then(|tag| tag.split_once("/_manifests/tags/"));
    let needed = tag.map(|(name, tag)| {
        vec![
            paths::revision_link(name, digest),
            paths::tag_index_link(name, tag, digest),
        ]
    });
    needed.unwrap_or_default()
}
