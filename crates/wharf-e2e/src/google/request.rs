//! Requests as they are understood, and answers.

use ::http::request::Parts;
use ::http::{HeaderMap, Method, Response, Uri};
use bytes::Bytes;

/// What was asked.
pub(super) struct Asked {
    pub(super) method: Method,
    /// As it came.
    pub(super) target: Uri,
    /// Between slashes, decoded.
    pub(super) path: Vec<String>,
    query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

pub(super) type Answer = Response<Bytes>;

// === impl Asked ===

impl Asked {
    pub(super) fn new(head: &Parts, body: Bytes) -> Self {
        let path = head.uri.path().trim_start_matches('/');
        let query = head.uri.query().unwrap_or_default();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Self {
            method: head.method.clone(),
            target: head.uri.clone(),
            path: path.split('/').map(decoded).collect(),
            query: pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decoded(name), decoded(&value.replace('+', " "))))
                .collect(),
            headers: head.headers.clone(),
            body,
        }
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        pairs
            .find(|pair| pair.0 == name)
            .map(|pair| pair.1.as_str())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let answer = headers.iter().fold(
        Response::builder().status(status),
        |answer, (name, value)| answer.header(*name, *value),
    );
    answer.body(body.into()).expect("headers that are right")
}

pub(super) fn xml(body: &str) -> Answer {
    let body = format!("<?xml version='1.0' encoding='UTF-8'?>{body}");
    answer(200, &[("content-type", "application/xml")], body)
}

pub(super) fn refusal(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code></Error>");
    answer(status, &[("content-type", "application/xml")], body)
}

/// `%`-decoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, left @ ..] = rest {
        rest = left;
        let digits = left.get(..2).filter(|_| *first == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &left[2..];
            }
            None => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
