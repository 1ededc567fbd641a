//! Operations of more than one request: uploads of blobs, images, and reads between them.

use std::collections::VecDeque;

use anyhow::{Context, Result};
use bytes::Bytes;

use crate::content::Content;
use crate::http::head::Head;
use crate::http::load::Script;
use crate::http::request::{Expected, Host, Part, Request};
use crate::stores::filled::{OCTETS, path_of, put_manifest, with_digest};

/// How the bytes of a blob are sent after the POST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// All of them in the PUT.
    Put,
    /// All of them in one PATCH, as `docker push` does.
    Patch,
    /// In PATCHes of this size.
    Chunks(usize),
}

/// What an operation consists of.
#[derive(Debug)]
pub enum Item {
    /// One request.
    Ask(Request),
    /// The upload of a blob.
    Blob(Content, Way),
    /// The push of a manifest under that tag.
    Manifest(String, Content),
}

/// Runs operations, one after the other, in one repository.
pub struct Operations<S> {
    host: Host,
    repository: String,
    source: S,
    items: VecDeque<Item>,
    upload: Option<Upload>,
    /// Whether no request of the operation was made yet.
    fresh: bool,
}

struct Upload {
    content: Content,
    way: Way,
    sent: usize,
}

// === impl Operations ===

impl<S: FnMut() -> Option<Vec<Item>>> Operations<S> {
    /// `source` makes the operations; `None` ends them.
    pub fn new(host: Host, repository: String, source: S) -> Self {
        Self {
            host,
            repository,
            source,
            items: VecDeque::new(),
            upload: None,
            fresh: true,
        }
    }

    fn begin(&mut self, item: Item) -> Request {
        match item {
            Item::Ask(request) => request,
            Item::Manifest(tag, content) => {
                put_manifest(&self.host, &self.repository, &tag, &content)
            }
            Item::Blob(content, way) => {
                self.upload = Some(Upload {
                    content,
                    way,
                    sent: 0,
                });
                let path = format!("/v2/{}/blobs/uploads/", self.repository);
                let expected = Expected {
                    status: 202,
                    length: None,
                };
                self.host
                    .request("POST", &path, "Content-Length: 0\r\n", expected)
            }
        }
    }

    fn go_on(&mut self, mut upload: Upload, last: Option<&Head>) -> Result<Request> {
        let location = last
            .and_then(|head| head.location.as_deref())
            .context("202 without Location")?;
        let length = usize::try_from(upload.content.len())?;
        let (body, left) = match upload.way {
            Way::Put => (upload.content.pieces.clone(), 0),
            Way::Patch => ([Bytes::new(), Bytes::new()], length - upload.sent),
            Way::Chunks(size) => ([Bytes::new(), Bytes::new()], size.min(length - upload.sent)),
        };
        if left == 0 {
            let path = with_digest(location, &upload.content);
            return Ok(self.host.send("PUT", &path, OCTETS, body, 201));
        }
        let end = upload.sent + left;
        let fields = match upload.way {
            Way::Put | Way::Patch => OCTETS.to_owned(),
            Way::Chunks(_) => {
                format!("{OCTETS}Content-Range: {}-{}\r\n", upload.sent, end - 1)
            }
        };
        let body = upload.content.slice(upload.sent, end);
        let path = path_of(location);
        let request = self.host.send("PATCH", path, &fields, body, 202);
        upload.sent = end;
        self.upload = Some(upload);
        Ok(request)
    }
}

impl<S: FnMut() -> Option<Vec<Item>>> Script for Operations<S> {
    fn next(&mut self, last: Option<&Head>) -> Result<Option<Request>> {
        let request = if let Some(upload) = self.upload.take() {
            self.go_on(upload, last)?
        } else {
            if self.items.is_empty() {
                let Some(items) = (self.source)() else {
                    return Ok(None);
                };
                self.items.extend(items);
                self.fresh = true;
            }
            match self.items.pop_front() {
                Some(item) => self.begin(item),
                None => return Ok(None),
            }
        };
        let is_last = self.upload.is_none() && self.items.is_empty();
        let part = match (self.fresh, is_last) {
            (true, true) => Part::Whole,
            (true, false) => Part::First,
            (false, false) => Part::Middle,
            (false, true) => Part::Last,
        };
        self.fresh = false;
        Ok(Some(request.part(part)))
    }
}
