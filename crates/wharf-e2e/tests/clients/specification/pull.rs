//! A repository serves all of a content, byte for byte, or nothing of it.

use wharf_e2e::http::Answer;

use super::blob::Blob;
use super::content::{Content, Manifest, tags};
use super::repository::{Repository, refused};
use super::session::OCTETS;

impl Repository<'_> {
    /// Everything is there, by every name, and in the lists; and nothing more in those.
    pub(super) fn holds(&self, content: &Content) {
        for blob in &content.blobs {
            self.serves_blob(&self.blob(&blob.digest), blob);
        }
        for manifest in &content.manifests {
            self.serves_manifest(&self.manifest(&manifest.blob.digest), manifest);
            for tag in &manifest.tags {
                self.serves_manifest(&self.manifest(tag), manifest);
            }
        }
        let tags = tags(&content.manifests);
        self.lists_tags(&tags);
        self.lists_tags_in_pages(&tags, 2);
        self.lists_referrers_of(content, &content.manifests);
        self.lists_referrers_by_type(content, &content.manifests);
    }

    /// Nothing is there; the repository itself neither.
    pub(super) fn knows_nothing_of(&self, content: &Content) {
        self.serves_nothing_of(content);
        refused(self.http.get(&self.tags("")), 404, "NAME_UNKNOWN");
    }

    /// Nothing is there any more.
    pub(super) fn has_lost(&self, content: &Content) {
        self.serves_nothing_of(content);
        self.lists_tags(&[]);
    }

    /// HEAD of everything; deletions look closer.
    fn serves_nothing_of(&self, content: &Content) {
        for blob in &content.blobs {
            self.http.head(&self.blob(&blob.digest)).expect(404);
        }
        for manifest in &content.manifests {
            let tags = manifest.tags.iter().chain([&manifest.blob.digest]);
            for reference in tags {
                self.http.head(&self.manifest(reference)).expect(404);
            }
        }
        self.lists_referrers_of(content, &[]);
    }

    pub(super) fn serves_blob(&self, path: &str, blob: &Blob) {
        self.describes(path, blob, OCTETS);
        self.sends(path, blob, OCTETS);
    }

    pub(super) fn serves_manifest(&self, path: &str, manifest: &Manifest) {
        self.describes(path, &manifest.blob, manifest.media_type());
        self.sends(path, &manifest.blob, manifest.media_type());
    }

    /// What was just pushed is found at `Location`.
    pub(super) fn leads_to_blob(&self, push: &Answer, blob: &Blob) {
        self.sends(push.header("location"), blob, OCTETS);
    }

    pub(super) fn leads_to_manifest(&self, push: &Answer, manifest: &Manifest) {
        let media_type = manifest.media_type();
        self.sends(push.header("location"), &manifest.blob, media_type);
    }

    /// HEAD.
    fn describes(&self, path: &str, blob: &Blob, content_type: &str) {
        let head = self.http.head(path).header("accept", ACCEPT).expect(200);
        has_headers(&head, blob, content_type);
    }

    /// GET.
    fn sends(&self, path: &str, blob: &Blob, content_type: &str) {
        let get = self.http.get(path).header("accept", ACCEPT).expect(200);
        has_headers(&get, blob, content_type);
        assert!(get.body == blob.bytes, "other bytes at {path}");
    }
}

fn has_headers(answer: &Answer, blob: &Blob, content_type: &str) {
    let length = blob.bytes.len().to_string();
    for (name, value) in [
        ("content-type", content_type),
        ("content-length", &length),
        ("docker-content-digest", &blob.digest),
    ] {
        let headers = &answer.headers;
        assert_eq!(answer.header(name), value, "{name} in {headers:#?}");
    }
}

const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.oci.image.index.v1+json";
