//! Images that are about another one by their tags, as cosign has kept signatures before
//! registries listed referrers. cosign: pkg/oci/remote/remote.go, `SignatureTag`

use serde::Serialize;
use wharf_spec::{Descriptor, Digest, Tag};

/// A manifest that is about another one, by the tag it is kept under.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attached {
    /// The tag, which names the digest of what it is about.
    pub tag: Tag,
    /// The manifest.
    pub descriptor: Descriptor,
}

/// The tags that may be about a manifest.
pub(crate) fn tags(subject: &Digest) -> impl Iterator<Item = Tag> {
    let stem = format!("{}-{}", subject.algorithm(), subject.hex());
    SUFFIXES
        .into_iter()
        .filter_map(move |suffix| format!("{stem}{suffix}").parse().ok())
}

/// Whether it is such a tag, of whatever manifest.
pub(crate) fn is_attached(name: &str) -> bool {
    let stems = SUFFIXES.iter().filter_map(|it| name.strip_suffix(it));
    stems
        .filter_map(|stem| stem.split_once('-'))
        .any(|(algorithm, hex)| format!("{algorithm}:{hex}").parse::<Digest>().is_ok())
}

/// Signatures, attestations, lists of contents.
const SUFFIXES: [&str; 3] = [".sig", ".att", ".sbom"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_what_they_are_about() {
        let hex = "a".repeat(64);
        let digest: Digest = format!("sha256:{hex}").parse().unwrap();
        let tags: Vec<_> = tags(&digest).map(|tag| tag.to_string()).collect();
        let expected = SUFFIXES.map(|suffix| format!("sha256-{hex}{suffix}"));
        assert_eq!(tags, expected);
        assert!(tags.iter().all(|tag| is_attached(tag)));
        for other in [
            format!("sha256-{hex}"),
            "sha256-ab.sig".to_owned(),
            "v1.sig".to_owned(),
        ] {
            assert!(!is_attached(&other), "{other}");
        }
    }
}
