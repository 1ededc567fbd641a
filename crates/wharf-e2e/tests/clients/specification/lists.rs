//! The lists of tags and of referrers have exactly what they should have, in pages too.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wharf_e2e::http::Answer;
use wharf_e2e::publish::OCI_INDEX;
use wharf_e2e::server::in_buckets;

use super::content::{Content, Manifest};
use super::repository::Repository;

impl Repository<'_> {
    /// The list of tags, at once.
    pub(super) fn lists_tags(&self, tags: &[String]) {
        let (list, link) = self.tag_page(&self.tags(""));
        assert_eq!((list.as_slice(), link), (tags, None), "{}", self.name);
    }

    /// Every page is full, except perhaps the last one, and leads to the next one.
    pub(super) fn lists_tags_in_pages(&self, tags: &[String], n: usize) {
        let mut next = Some(self.tags(&format!("?n={n}")));
        let pages = match tags {
            [] => 1,
            tags => tags.len().div_ceil(n),
        };
        for number in 0..pages {
            let Some(target) = next.take() else {
                panic!("no link to page {number} of {pages}, by {n}");
            };
            let (page, link) = self.tag_page(&target);
            let start = number * n;
            assert_eq!(page, tags[start..tags.len().min(start + n)], "{target}");
            next = link;
        }
        assert_eq!(next, None, "a link to more than there is, by {n}");
    }

    /// The tags at a path, and the path of the next page.
    pub(super) fn tag_page(&self, target: &str) -> (Vec<String>, Option<String>) {
        let answer = self.http.get(target).send();
        // A bucket knows nothing of what nothing is left of.
        if answer.status == 404 && in_buckets() {
            assert_eq!(answer.json()["errors"][0]["code"], "NAME_UNKNOWN");
            return (Vec::new(), None);
        }
        assert_eq!(answer.status, 200, "{answer:?}");
        let json = answer.json();
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(json["name"], self.name.as_str(), "{target}");
        assert_eq!(json.as_object().unwrap().len(), 2, "{json}");
        let tags = json["tags"].as_array().unwrap();
        let tags = tags.iter().map(|tag| tag.as_str().unwrap().to_owned());
        (tags.collect(), next_page(&answer))
    }

    /// The lists of referrers of all subjects in a content, of which these manifests are there.
    pub(super) fn lists_referrers_of(&self, content: &Content, there: &[Manifest]) {
        for subject in subjects(content) {
            self.lists_referrers(subject, &about(subject, there));
        }
    }

    /// The same, for every type there is, and for one that there is not.
    pub(super) fn lists_referrers_by_type(&self, content: &Content, there: &[Manifest]) {
        let listings: Vec<Value> = content.manifests.iter().map(Manifest::listing).collect();
        let types = listings
            .iter()
            .filter_map(|entry| entry["artifactType"].as_str());
        let types: BTreeSet<&str> = types.chain(["application/vnd.example.nobody"]).collect();
        for subject in subjects(content) {
            for wanted in &types {
                let mut matching = about(subject, there);
                matching.retain(|entry| entry["artifactType"] == *wanted);
                self.lists_filtered(subject, wanted, matching);
            }
        }
    }

    pub(super) fn lists_referrers(&self, subject: &str, expected: &[Value]) {
        let answer = self.http.get(&self.referrers(subject)).expect(200);
        assert!(answer.headers.get("oci-filters-applied").is_none());
        is_list(&answer, expected.to_vec());
    }

    pub(super) fn lists_filtered(&self, subject: &str, wanted: &str, expected: Vec<Value>) {
        // A plus sign in a query is a space.
        let wanted = wanted.replace('+', "%2B");
        let target = format!("{}?artifactType={wanted}", self.referrers(subject));
        let answer = self.http.get(&target).expect(200);
        assert_eq!(answer.header("oci-filters-applied"), "artifactType");
        is_list(&answer, expected);
    }
}

fn subjects(content: &Content) -> BTreeSet<&str> {
    let manifests = content.manifests.iter();
    manifests.filter_map(Manifest::subject).collect()
}

/// What the list of a subject says, when these manifests are there.
fn about(subject: &str, there: &[Manifest]) -> Vec<Value> {
    let there = there.iter();
    let about = there.filter(|manifest| manifest.subject() == Some(subject));
    about.map(Manifest::listing).collect()
}

/// An index of these descriptors, in any order, without a next page.
fn is_list(answer: &Answer, expected: Vec<Value>) {
    assert_eq!(answer.header("content-type"), OCI_INDEX);
    assert_eq!(next_page(answer), None, "{answer:#?}");
    let mut json = answer.json();
    let manifests = json["manifests"].take();
    let found = manifests.as_array().cloned().unwrap();
    assert_eq!(sorted(found), sorted(expected), "{answer:#?}");
    let rest = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": null});
    assert_eq!(json, rest);
}

/// By digest.
pub(super) fn sorted(mut descriptors: Vec<Value>) -> Vec<Value> {
    descriptors.sort_by_key(|descriptor| descriptor["digest"].to_string());
    descriptors
}

/// The target of `Link: <target>; rel="next"`.
pub(super) fn next_page(answer: &Answer) -> Option<String> {
    let link = answer.headers.get("link")?.to_str().unwrap();
    let target = link.strip_prefix('<');
    let target = target.and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
    let target = target.unwrap_or_else(|| panic!("the link {link}"));
    Some(target.to_owned())
}
