//! Every way to push a blob.

use std::ops::Range;

use bytes::Bytes;
use wharf_e2e::http::Answer;

use super::blob::Blob;
use super::repository::Repository;
use super::session::{OCTETS, Session};

/// A way to push a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    PostThenPut,
    SinglePost,
    Stream,
    ThreeChunks,
    LastChunkInPut,
    Mount,
    MountFromAnywhere,
}

/// The last answer, and where the upload was, if there was one.
pub(super) struct Attempt {
    pub(super) answer: Answer,
    pub(super) location: Option<String>,
}

// === impl Way ===

impl Way {
    pub(super) const ALL: [Self; 7] = [
        Self::PostThenPut,
        Self::SinglePost,
        Self::Stream,
        Self::ThreeChunks,
        Self::LastChunkInPut,
        Self::Mount,
        Self::MountFromAnywhere,
    ];

    /// Pushes a blob, and finds it where the answer says that it is.
    pub(super) fn push(self, repository: &Repository<'_>, blob: &Blob) {
        let (algorithm, _) = blob.digest.split_once(':').unwrap();
        let hint = match algorithm {
            "sha256" => String::new(),
            other => format!("?digest-algorithm={other}"),
        };
        self.push_with(repository, blob, &hint);
    }

    /// The same, with what is said to begin a session.
    pub(super) fn push_with(self, repository: &Repository<'_>, blob: &Blob, query: &str) {
        let Attempt { answer, .. } = self.attempt(repository, blob, query);
        assert_eq!(answer.status, 201, "{self:?}: {answer:#?}");
        assert_eq!(answer.header("docker-content-digest"), blob.digest);
        repository.leads_to_blob(&answer, blob);
    }

    /// Sends all of it, and returns the last answer, whatever it is.
    pub(super) fn attempt(self, repository: &Repository<'_>, blob: &Blob, query: &str) -> Attempt {
        let Blob { bytes, digest } = blob;
        let single = |query: &str, bytes| Attempt {
            answer: repository
                .http
                .post(&repository.uploads(query))
                .body(bytes)
                .send(),
            location: None,
        };
        match self {
            Self::SinglePost => single(&format!("?digest={digest}"), bytes.clone()),
            Self::Mount | Self::MountFromAnywhere => {
                let source = repository.below("source");
                Self::PostThenPut.push_with(&source, blob, query);
                let mut mount = format!("?mount={digest}");
                if self == Self::Mount {
                    mount += &format!("&from={}", source.name);
                }
                single(&mount, Bytes::new())
            }
            Self::PostThenPut | Self::Stream | Self::ThreeChunks | Self::LastChunkInPut => {
                self.attempt_in(Session::begin(repository, query), blob)
            }
        }
    }

    fn attempt_in(self, mut session: Session, blob: &Blob) -> Attempt {
        let mut parts = chunks(blob.bytes.len());
        let answer = match self {
            Self::Stream => {
                session.stream(blob);
                session.put(&blob.digest).send()
            }
            Self::ThreeChunks | Self::LastChunkInPut => {
                let last = (self == Self::LastChunkInPut).then(|| parts.pop());
                for part in parts {
                    session.chunk(blob, part);
                }
                match last.flatten() {
                    Some(part) => session.put_part(blob, part).send(),
                    None => session.put(&blob.digest).send(),
                }
            }
            Self::PostThenPut | Self::SinglePost | Self::Mount | Self::MountFromAnywhere => {
                let put = session.put(&blob.digest).header("content-type", OCTETS);
                put.body(blob.bytes.clone()).send()
            }
        };
        let location = Some(session.location);
        Attempt { answer, location }
    }

    /// Whether the client sends the bytes to the repository itself.
    pub(super) fn sends_bytes(self) -> bool {
        !matches!(self, Self::Mount | Self::MountFromAnywhere)
    }
}

/// At most three parts, none of them empty.
fn chunks(length: usize) -> Vec<Range<usize>> {
    let step = length.div_ceil(3).max(1);
    let starts = (0..length).step_by(step);
    starts
        .map(|start| start..length.min(start + step))
        .collect()
}
