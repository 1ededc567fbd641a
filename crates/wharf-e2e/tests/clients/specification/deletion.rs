//! What is deleted is gone at once, and nothing else is.

use super::content::{Content, Manifest, tags};
use super::repository::{Repository, refused};

impl Repository<'_> {
    /// Tags, then the manifests that nothing refers to any more, then blobs.
    pub(super) fn delete_top_down(&self, content: &Content) {
        let mut tags = tags(&content.manifests);
        for manifest in &content.manifests {
            for tag in &manifest.tags {
                self.delete(&self.manifest(tag), "MANIFEST_UNKNOWN");
                tags.retain(|kept| kept != tag);
                self.lists_tags(&tags);
            }
            self.serves_manifest(&self.manifest(&manifest.blob.digest), manifest);
        }
        let mut rest = content.manifests.clone();
        while let Some(manifest) = rest.pop() {
            self.delete_manifest(content, &manifest, &rest);
        }
        for blob in &content.blobs {
            self.delete(&self.blob(&blob.digest), "BLOB_UNKNOWN");
        }
    }

    /// Blobs, then manifests, those first that others refer to. Tags go with them, and
    /// referrers of what is gone are still listed.
    pub(super) fn delete_bottom_up(&self, content: &Content) {
        for blob in &content.blobs {
            self.delete(&self.blob(&blob.digest), "BLOB_UNKNOWN");
        }
        for (number, manifest) in content.manifests.iter().enumerate() {
            let rest = &content.manifests[number + 1..];
            self.delete_manifest(content, manifest, rest);
            for tag in &manifest.tags {
                self.is_gone(&self.manifest(tag), "MANIFEST_UNKNOWN");
            }
            self.lists_tags(&tags(rest));
        }
    }

    /// Deletes a manifest by its digest, and finds the rest.
    fn delete_manifest(&self, content: &Content, manifest: &Manifest, rest: &[Manifest]) {
        self.delete(&self.manifest(&manifest.blob.digest), "MANIFEST_UNKNOWN");
        self.lists_referrers_of(content, rest);
        for kept in rest {
            let path = self.manifest(&kept.blob.digest);
            self.http.head(&path).expect(200);
        }
    }

    /// It can be deleted once.
    pub(super) fn delete(&self, path: &str, unknown: &str) {
        self.http.delete(path).expect(202);
        self.is_gone(path, unknown);
        refused(self.http.delete(path), 404, unknown);
    }
}

#[test]
fn what_never_was_there_cannot_be_deleted() {
    let server = super::server();
    let nowhere = Repository::of(&server, "deletion/nowhere");
    let somewhere = Repository::of(&server, "deletion/somewhere");
    let mut content = Content::new("deletion/somewhere");
    content.add_image(&["here"]);
    somewhere.upload_all(&content);
    somewhere.push_by_tag(&content);
    let digest = super::blob::Algorithm::Sha256.digest(b"nobody has this");
    for repository in [nowhere, somewhere] {
        let gone = |path: &str, code: &str| {
            refused(repository.http.delete(path), 404, code);
        };
        gone(&repository.manifest(&digest), "MANIFEST_UNKNOWN");
        gone(&repository.manifest("absent"), "MANIFEST_UNKNOWN");
        gone(&repository.blob(&digest), "BLOB_UNKNOWN");
    }
}
