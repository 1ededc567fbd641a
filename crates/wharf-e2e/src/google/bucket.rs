//! A bucket, and whole objects in it.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use ::http::Method;
use bytes::Bytes;
use jiff::Timestamp;

use super::parts::Upload;
use super::request::{Answer, Asked, answer, refusal};
use super::{Google, rewrite};

/// Everything there is.
#[derive(Default)]
pub(super) struct Bucket {
    pub(super) objects: BTreeMap<String, Object>,
    pub(super) uploads: BTreeMap<String, Upload>,
    /// How many of those, and of copies that took several requests, there have been.
    pub(super) begun: u64,
    /// Copies that have begun: from, to, and how far they have come.
    pub(super) rewrites: BTreeMap<String, (String, String, usize)>,
    /// Of the last object that was written; no two have the same.
    generation: u64,
    written: HashMap<String, Instant>,
    hurried: u64,
}

#[derive(Clone)]
pub(super) struct Object {
    pub(super) content: Bytes,
    pub(super) generation: u64,
    pub(super) updated: Timestamp,
    pub(super) metadata: Vec<(String, String)>,
}

// === impl Bucket ===

impl Bucket {
    pub(super) fn answer(&mut self, asked: &Asked) -> Answer {
        let path: Vec<_> = asked.path.iter().map(String::as_str).collect();
        match (&asked.method, path.as_slice()) {
            (
                &Method::POST,
                &[
                    "storage",
                    "v1",
                    "b",
                    Google::BUCKET,
                    "o",
                    from,
                    "rewriteTo",
                    "b",
                    Google::BUCKET,
                    "o",
                    to,
                ],
            ) => rewrite::answer(self, asked, from, to),
            (&Method::GET, &[Google::BUCKET]) => self.list(asked),
            // Slashes within a key may be written as they are.
            (method, [Google::BUCKET, key @ ..]) => self.object(method, asked, &key.join("/")),
            _ => refusal(404, "NoSuchBucket"),
        }
    }

    fn object(&mut self, method: &Method, asked: &Asked, key: &str) -> Answer {
        match (method, asked.query("uploadId")) {
            (&Method::POST, None) if asked.query("uploads").is_some() => {
                self.begin_parts(asked, key)
            }
            (&Method::PUT, Some(id)) => self.take_part(asked, key, id),
            (&Method::POST, Some(id)) => self.complete(asked, key, id),
            (&Method::DELETE, Some(id)) => self.abort(key, id),
            (&Method::PUT, None) => self.write(asked, key),
            (&Method::GET | &Method::HEAD, None) => self.read(asked, key),
            (&Method::DELETE, None) => match self.objects.remove(key) {
                Some(_) => answer(204, &[], ""),
                None => refusal(404, "NoSuchKey"),
            },
            _ => refusal(400, "InvalidArgument"),
        }
    }

    fn write(&mut self, asked: &Asked, key: &str) -> Answer {
        if asked.header("content-length").is_none() {
            return refusal(411, "MissingContentLength");
        }
        if let Some(expected) = asked.header("x-goog-if-generation-match") {
            // No object is of generation 0.
            let there = self.objects.get(key).map_or(0, |object| object.generation);
            if expected.parse() != Ok(there) {
                return refusal(412, "PreconditionFailed");
            }
        }
        if self.is_hurried(key) {
            return refusal(429, "SlowDown");
        }
        let object = self.put(key, asked.body.clone(), metadata(asked));
        let generation = object.generation.to_string();
        let headers = [
            ("etag", object.e_tag().as_str()),
            ("x-goog-generation", generation.as_str()),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        let headers = headers
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        answer(200, &headers, "")
    }

    /// An object may be written once a second; who writes more often is refused now and then.
    fn is_hurried(&mut self, key: &str) -> bool {
        let before = self.written.insert(key.to_owned(), Instant::now());
        let is_early = before.is_some_and(|before| before.elapsed() < Duration::from_secs(1));
        self.hurried += u64::from(is_early);
        is_early && self.hurried.is_multiple_of(5)
    }

    pub(super) fn put(
        &mut self,
        key: &str,
        content: Bytes,
        metadata: Vec<(String, String)>,
    ) -> &Object {
        self.generation += 1;
        let object = Object {
            content,
            generation: self.generation,
            updated: Timestamp::now(),
            metadata,
        };
        self.objects.insert(key.to_owned(), object);
        &self.objects[key]
    }

    fn read(&self, asked: &Asked, key: &str) -> Answer {
        let Some(object) = self.objects.get(key) else {
            return refusal(404, "NoSuchKey");
        };
        let e_tag = object.e_tag();
        if asked.header("if-match").is_some_and(|it| it != e_tag) {
            return refusal(412, "PreconditionFailed");
        }
        let size = object.content.len();
        let (status, range) = match asked.header("range").map(|text| range(text, size)) {
            None => (200, 0..size),
            Some(Some(range)) => (206, range),
            Some(None) => return refusal(416, "InvalidRange"),
        };
        let updated = object.updated.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let mut headers = vec![
            ("etag".to_owned(), e_tag),
            ("last-modified".to_owned(), updated.to_string()),
            (
                "x-goog-generation".to_owned(),
                object.generation.to_string(),
            ),
            ("content-length".to_owned(), range.len().to_string()),
        ];
        headers.extend(object.metadata.iter().cloned());
        if status == 206 {
            let place = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            headers.push(("content-range".to_owned(), place));
        }
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        match asked.method {
            Method::HEAD => answer(status, &headers, ""),
            _ => answer(status, &headers, object.content.slice(range)),
        }
    }
}

// === impl Object ===

impl Object {
    pub(super) fn e_tag(&self) -> String {
        format!("\"{:x}\"", self.generation)
    }
}

/// What the request says of the object to be.
pub(super) fn metadata(asked: &Asked) -> Vec<(String, String)> {
    let text = |value: &::http::HeaderValue| value.to_str().expect("text").to_owned();
    let headers = asked.headers.iter();
    headers
        .filter(|(name, _)| name.as_str().starts_with("x-goog-meta-"))
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect()
}

fn range(text: &str, size: usize) -> Option<std::ops::Range<usize>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last && first < size).then(|| first..(last + 1).min(size))
}
