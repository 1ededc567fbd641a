//! Which manifests a client says it understands.

use std::collections::BTreeMap;

use crate::{ManifestType, media_type};

/// The `Accept` headers of a request, as far as manifests go (distribution-spec: "Pulling
/// manifests"; RFC 9110, section 12.5.1). There is no order of preference: what is stored is
/// what is sent, or nothing is.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Accept {
    /// Whether any media range was given at all.
    given: bool,
    /// The types named, and whether they were accepted or refused by `q=0`.
    named: BTreeMap<ManifestType, bool>,
    /// Whether a type of schema 1 was named and accepted.
    schema1: bool,
    /// `application/*`
    application: Option<bool>,
    /// `*/*`
    any: Option<bool>,
}

// === impl Accept ===

impl Accept {
    /// Reads all `Accept` headers of a request: each may have several values, and there may
    /// be several. Parameters are ignored, except that `q=0` refuses. What cannot be read is
    /// skipped. distribution: handlers/manifests.go, `GetManifest`
    #[must_use]
    pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut accept = Self::default();
        for range in values.into_iter().flat_map(|value| value.split(',')) {
            let essence = media_type::essence(range);
            if !essence.is_empty() {
                accept.add(essence, !is_refused(range));
            }
        }
        accept
    }

    /// Whether the client takes a manifest of this type: by its name, or else by
    /// `application/*`, or else by `*/*`. A client that sends no `Accept` takes everything
    /// (RFC 9110); distribution answers such clients 404 for an OCI manifest, which only
    /// ever surprised people.
    #[must_use]
    pub fn accepts(&self, media_type: ManifestType) -> bool {
        let by_name = self.named.get(&media_type).copied();
        by_name
            .or(self.application)
            .or(self.any)
            .unwrap_or(!self.given)
    }

    /// Whether the client named a type of manifest, schema 1 included, and so negotiates.
    ///
    /// A client that names types and leaves out Docker's list is an old `docker` that could
    /// not read one: it gets the list's linux/amd64 child. One that sends `*/*` or nothing
    /// (`curl`, a browser) wants to see what is stored.
    #[must_use]
    pub fn names_any_manifest_type(&self) -> bool {
        self.schema1 || self.named.values().any(|accepted| *accepted)
    }

    /// Whether the client wants one type alone: who is about to push a manifest looks so
    /// whether it is there.
    /// containerd: core/remotes/docker/pusher.go, `push`
    #[must_use]
    pub fn names_one_manifest_type(&self) -> bool {
        !self.schema1 && self.named.values().filter(|accepted| **accepted).count() == 1
    }

    fn add(&mut self, essence: &str, accepted: bool) {
        self.given = true;
        if let Some(media_type) = ManifestType::parse(essence) {
            *self.named.entry(media_type).or_default() |= accepted;
        } else if media_type::is_schema1(essence) {
            self.schema1 |= accepted;
        } else if essence.eq_ignore_ascii_case("application/*") {
            *self.application.get_or_insert_default() |= accepted;
        } else if essence == "*/*" {
            *self.any.get_or_insert_default() |= accepted;
        }
    }
}

// === private ===

/// Whether a media range has the weight zero, in whatever number of digits.
fn is_refused(range: &str) -> bool {
    let is_zero = |value: &str| {
        value
            .trim()
            .parse::<f32>()
            .is_ok_and(|weight| weight == 0.0)
    };
    range
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='))
        .any(|(name, value)| name.trim().eq_ignore_ascii_case("q") && is_zero(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ManifestType::{DockerManifest, DockerManifestList, OciIndex, OciManifest};

    const MANIFEST: &str = media_type::OCI_MANIFEST;
    const INDEX: &str = media_type::OCI_INDEX;
    const DOCKER: &str = media_type::DOCKER_MANIFEST;

    fn check(values: &[&str], accepted: &[ManifestType], names: bool) {
        let accept = Accept::parse(values.iter().copied());
        for media_type in ManifestType::ALL {
            assert_eq!(
                accept.accepts(media_type),
                accepted.contains(&media_type),
                "{values:?}"
            );
        }
        assert_eq!(accept.names_any_manifest_type(), names, "{values:?}");
    }

    #[test]
    fn accept_headers_are_understood() {
        check(&[], &ManifestType::ALL, false);
        check(&["", " , "], &ManifestType::ALL, false);
        check(&["*/*"], &ManifestType::ALL, false);
        check(
            &["text/html, application/*;q=0.8"],
            &ManifestType::ALL,
            false,
        );
        check(&["text/html"], &[], false);
        check(&["application/json"], &[], false);
        check(&[MANIFEST], &[OciManifest], true);
        check(&[&MANIFEST.to_uppercase()], &[OciManifest], true);
        check(
            &[&format!("{MANIFEST} ;q=0.5,{INDEX}")],
            &[OciManifest, OciIndex],
            true,
        );
        check(&[MANIFEST, INDEX], &[OciManifest, OciIndex], true);
        check(&[DOCKER, "*/*"], &ManifestType::ALL, true);
        check(&[media_type::DOCKER_SCHEMA1_SIGNED], &[], true);
    }

    #[test]
    fn a_weight_of_zero_refuses() {
        check(&[&format!("{MANIFEST};q=0")], &[], false);
        check(
            &[&format!("{MANIFEST}; Q=0.000, {INDEX}; q=0.001")],
            &[OciIndex],
            true,
        );
        let all_but_manifest = [DockerManifest, DockerManifestList, OciIndex];
        check(&[&format!("*/*, {MANIFEST};q=0")], &all_but_manifest, false);
        check(&["*/*, application/*;q=0"], &[], false);
        check(&["*/*;q=0"], &[], false);
        check(
            &[&format!("{MANIFEST};q=0"), MANIFEST],
            &[OciManifest],
            true,
        );
    }
}
