//! An upload from its beginning to its end, step by step.

use std::ops::Range;

use wharf_e2e::http::{Answer, Call, Http};
use wharf_e2e::publish::with_digest;

use super::blob::Blob;
use super::repository::{Repository, refused};

/// An upload that was begun.
pub(super) struct Session {
    http: Http,
    pub(super) location: String,
}

// === impl Session ===

impl Session {
    /// POST, without bytes.
    pub(super) fn begin(repository: &Repository<'_>, query: &str) -> Self {
        let answer = repository.http.post(&repository.uploads(query)).expect(202);
        let location = answer.header("location").to_owned();
        let http = repository.http.clone();
        Self { http, location }
    }

    /// PATCH of a part of the blob, which fits.
    pub(super) fn chunk(&mut self, blob: &Blob, range: Range<usize>) {
        let end = range.end;
        let answer = self.patch(blob, range).expect(202);
        self.accepted(&answer, end);
        self.stands_at(end);
    }

    /// PATCH of all of it, without saying how much that is.
    pub(super) fn stream(&mut self, blob: &Blob) {
        let patch = self.http.patch(&self.location);
        let patch = patch.header("content-type", OCTETS);
        let answer = patch.streamed(blob.bytes.clone()).expect(202);
        self.accepted(&answer, blob.bytes.len());
    }

    /// PATCH of a part of the blob.
    pub(super) fn patch(&self, blob: &Blob, range: Range<usize>) -> Call<'_> {
        part(self.http.patch(&self.location), blob, range)
    }

    /// PUT of a part of the blob.
    pub(super) fn put_part(&self, blob: &Blob, range: Range<usize>) -> Call<'_> {
        part(self.put(&blob.digest), blob, range)
    }

    /// PUT of nothing more.
    pub(super) fn put(&self, digest: &str) -> Call<'_> {
        self.http.put(&with_digest(&self.location, digest))
    }

    /// The status of the upload is that so many bytes are there.
    pub(super) fn stands_at(&mut self, end: usize) {
        let status = self.http.get(&self.location).expect(204);
        self.accepted(&status, end);
    }

    /// The upload is not, or no longer, there.
    pub(super) fn is_over(http: &Http, location: &str) {
        refused(http.get(location), 404, "BLOB_UPLOAD_UNKNOWN");
    }

    /// The answer says that so many bytes are there, and where the upload goes on.
    pub(super) fn accepted(&mut self, answer: &Answer, end: usize) {
        let range = format!("0-{}", end.saturating_sub(1));
        assert_eq!(answer.header("range"), range, "{answer:#?}");
        self.location = answer.header("location").to_owned();
    }
}

fn part<'a>(call: Call<'a>, blob: &Blob, range: Range<usize>) -> Call<'a> {
    let call = call.header("content-range", &written(&range));
    call.header("content-type", OCTETS)
        .body(blob.bytes.slice(range))
}

/// As `Content-Range` wants it: with the last byte.
fn written(range: &Range<usize>) -> String {
    format!("{}-{}", range.start, range.end - 1)
}

pub(super) const OCTETS: &str = "application/octet-stream";
