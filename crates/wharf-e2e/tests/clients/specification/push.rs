//! A content's whole life: pushed here, mounted there, deleted here, then there.

use wharf_e2e::http::{Answer, Call};
use wharf_e2e::server::Server;

use super::content::{Content, Manifest, Tagging};
use super::repository::Repository;
use super::upload::Way;

impl Content {
    /// Goes through everything with a server of default settings.
    pub(super) fn lives(&self) {
        self.lives_on(&super::server());
    }

    pub(super) fn lives_on(&self, server: &Server) {
        let home = Repository::of(server, self.name);
        let other = home.below("other");
        home.knows_nothing_of(self);
        home.upload_all(self);
        home.push_by_tag(self);
        home.holds(self);
        other.knows_nothing_of(self);
        other.mount_all(self, &home);
        other.push_by_digest(self);
        other.holds(self);
        home.delete_top_down(self);
        home.has_lost(self);
        other.holds(self);
        other.delete_bottom_up(self);
        other.has_lost(self);
    }
}

impl Repository<'_> {
    /// Another way for every blob, and another first one for every content.
    pub(super) fn upload_all(&self, content: &Content) {
        let ways = Way::ALL.iter().cycle().skip(content.name.len());
        for (blob, way) in content.blobs.iter().zip(ways) {
            way.push(self, blob);
        }
    }

    fn mount_all(&self, content: &Content, from: &Self) {
        for blob in &content.blobs {
            let target = format!("?mount={}&from={}", blob.digest, from.name);
            let answer = self.http.post(&self.uploads(&target)).expect(201);
            self.leads_to_blob(&answer, blob);
        }
    }

    /// What has tags is pushed by them alone; so do most clients.
    pub(super) fn push_by_tag(&self, content: &Content) {
        for manifest in &content.manifests {
            if content.tagging == Tagging::ByParameter || manifest.tags.is_empty() {
                self.push_with_parameters(manifest);
            }
            if content.tagging == Tagging::ByPath {
                self.push_to_tags(manifest);
            }
        }
    }

    /// Everything is pushed by its digest; tags come later.
    fn push_by_digest(&self, content: &Content) {
        let by_parameter = content.tagging == Tagging::ByParameter;
        for manifest in &content.manifests {
            let untagged = Manifest {
                tags: Vec::new(),
                ..manifest.clone()
            };
            let first = if by_parameter { manifest } else { &untagged };
            self.push_with_parameters(first);
        }
        for manifest in content.manifests.iter().filter(|_| !by_parameter) {
            self.push_to_tags(manifest);
        }
    }

    fn push_to_tags(&self, manifest: &Manifest) {
        for tag in &manifest.tags {
            let answer = self.put(&self.manifest(tag), manifest);
            assert!(oci_tags(&answer).is_empty(), "{answer:#?}");
        }
    }

    /// PUT to the digest's path, with the tags as parameters.
    fn push_with_parameters(&self, manifest: &Manifest) {
        let mut target = self.manifest(&manifest.blob.digest);
        for (number, tag) in manifest.tags.iter().enumerate() {
            target += if number == 0 { "?tag=" } else { "&tag=" };
            target += tag;
        }
        let answer = self.put(&target, manifest);
        assert_eq!(oci_tags(&answer), manifest.tags, "{answer:#?}");
    }

    /// A push that has to succeed, and to say so in full.
    fn put(&self, target: &str, manifest: &Manifest) -> Answer {
        let answer = self.put_call(target, manifest).expect(201);
        let digest = answer.header("docker-content-digest");
        assert_eq!(digest, manifest.blob.digest, "{answer:#?}");
        let subject = answer.headers.get("oci-subject");
        let subject = subject.map(|value| value.to_str().unwrap());
        assert_eq!(subject, manifest.subject(), "{answer:#?}");
        self.leads_to_manifest(&answer, manifest);
        answer
    }

    pub(super) fn put_call(&self, target: &str, manifest: &Manifest) -> Call<'_> {
        let put = self.http.put(target);
        let put = put.header("content-type", manifest.media_type());
        put.body(manifest.blob.bytes.clone())
    }
}

/// The tags that were set, from any number of header lines with lists.
fn oci_tags(answer: &Answer) -> Vec<String> {
    let lines = answer.headers.get_all("oci-tag").iter();
    let lines = lines.map(|line| line.to_str().unwrap());
    let tags = lines.flat_map(|line| line.split(','));
    tags.map(|tag| tag.trim().to_owned()).collect()
}
