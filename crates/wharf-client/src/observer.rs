//! What a client and the servers say to each other, for those who want to see it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wharf_spec::{Digest, Reference, RepositoryName};

use crate::FetchedManifest;

/// Who is told of every exchange. It is called from within requests, and should not take long.
#[derive(Clone)]
pub struct Observer {
    exchanges: Arc<dyn Fn(&Exchange) + Send + Sync>,
    manifests: Arc<dyn Fn(&FetchedManifest) + Send + Sync>,
}

/// One request to one server, and the head of its answer: whoever reads it can repeat it by
/// hand. Token servers, mirrors, servers that requests are sent on to, and repeated attempts
/// have exchanges of their own. No secret of the user is in it; the addresses that servers
/// gave may hold theirs, such as signatures that are good for minutes.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What it was for.
    pub purpose: Purpose,
    /// Host and port of the registry or the mirror that it was for, and which secrets and
    /// tokens are those of: token servers, and servers that it sends on to, act for it.
    pub registry: String,
    /// How many answers sent this request on before: 0 for the first server.
    pub redirects: usize,
    /// The method, in capitals.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// The headers that say something, with names in lower case: neither `Authorization` nor
    /// what every request has.
    pub headers: Vec<(String, String)>,
    /// What was shown.
    pub authorization: Authorization,
    /// What was sent along.
    pub content: SentContent,
    /// The head of the answer, or why there is none.
    pub outcome: Result<AnswerHead, String>,
    /// From the beginning to the head of the answer.
    pub took: Duration,
}

/// What a request is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// To see whether the registry is there, and takes the credential.
    Ping,
    /// To get a token that allows this (distribution: spec/auth/scope.md).
    Token(Vec<String>),
    /// To see what a manifest is, or to read it.
    Manifest(Reference),
    /// To write one.
    ManifestPush(Reference),
    /// To delete one, or a tag.
    ManifestDelete(Reference),
    /// To see whether a blob is there.
    BlobHead(Digest),
    /// To read one, or a part of it.
    Blob(Digest),
    /// To delete one.
    BlobDelete(Digest),
    /// To have a blob of another repository.
    Mount {
        /// The blob.
        digest: Digest,
        /// That repository.
        from: RepositoryName,
    },
    /// To begin the upload of this blob.
    UploadStart(Digest),
    /// To send a part of it.
    UploadChunk {
        /// The blob.
        digest: Digest,
        /// Where the part begins.
        offset: u64,
    },
    /// To ask how much of it the registry has.
    UploadStatus(Digest),
    /// To end the upload; a small blob is sent with it.
    UploadEnd(Digest),
    /// To give an upload up.
    UploadCancel(Digest),
    /// To list tags.
    Tags,
    /// To list repositories.
    Catalog,
    /// To list what refers to this manifest.
    Referrers(Digest),
}

/// What a request shows, as far as others may know it (RFC 9110, section 11.6.2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Authorization {
    /// Nothing.
    Nothing,
    /// The password of this account.
    Basic(String),
    /// The identity token of this account, where its password is wanted.
    IdentityToken(String),
    /// The token that a token server gave for this.
    Bearer(Vec<String>),
    /// The token that the user has for the registry itself.
    RegistryToken,
}

/// What a request carries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SentContent {
    /// Nothing.
    Nothing,
    /// So many bytes.
    Bytes(u64),
    /// A form (`application/x-www-form-urlencoded`).
    Form(Vec<FormField>),
}

/// One field of a form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FormField {
    /// Its name.
    pub name: String,
    /// What stands in it, unless that is a secret.
    pub value: Option<String>,
}

/// The head of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AnswerHead {
    /// The HTTP status.
    pub status: u16,
    /// Those of its headers that registries and their clients act on, with names in lower
    /// case, in the server's order.
    pub headers: Vec<(String, String)>,
}

// === impl Observer ===

impl Observer {
    /// Whoever this is.
    pub fn new(tell: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        Self {
            exchanges: Arc::new(tell),
            manifests: Arc::new(|_| {}),
        }
    }

    /// The same, and who is told of every manifest that was read, which says what the blobs
    /// are that are read after it.
    #[must_use]
    pub fn with_manifests(
        mut self,
        tell: impl Fn(&FetchedManifest) + Send + Sync + 'static,
    ) -> Self {
        self.manifests = Arc::new(tell);
        self
    }

    pub(crate) fn tell(&self, exchange: &Exchange) {
        (self.exchanges)(exchange);
    }

    pub(crate) fn tell_manifest(&self, manifest: &FetchedManifest) {
        (self.manifests)(manifest);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

// === impl AnswerHead ===

impl AnswerHead {
    /// The first value of a header; the name is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}
