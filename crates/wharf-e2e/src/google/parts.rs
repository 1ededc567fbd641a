//! Uploads in parts.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};

use super::bucket::{Bucket, metadata};
use super::request::{Answer, Asked, answer, refusal, xml};

/// One that has begun.
pub(super) struct Upload {
    key: String,
    metadata: Vec<(String, String)>,
    /// By their numbers, with their tags.
    parts: BTreeMap<u32, (String, Bytes)>,
}

// === impl Bucket ===

impl Bucket {
    pub(super) fn begin_parts(&mut self, asked: &Asked, key: &str) -> Answer {
        self.begun += 1;
        let id = format!("upload/{}+=", self.begun);
        let upload = Upload {
            key: key.to_owned(),
            metadata: metadata(asked),
            parts: BTreeMap::new(),
        };
        self.uploads.insert(id.clone(), upload);
        xml(&format!(
            "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
        ))
    }

    pub(super) fn take_part(&mut self, asked: &Asked, key: &str, id: &str) -> Answer {
        let Some(upload) = self.upload(key, id) else {
            return refusal(404, "NoSuchUpload");
        };
        let number = asked.query("partNumber").and_then(|it| it.parse().ok());
        let Some(number) = number.filter(|number| (1..=10_000).contains(number)) else {
            return refusal(400, "InvalidArgument");
        };
        let e_tag = format!("\"{number}-{}\"", asked.body.len());
        let part = (e_tag.clone(), asked.body.clone());
        upload.parts.insert(number, part);
        answer(200, &[("etag", &e_tag)], "")
    }

    pub(super) fn complete(&mut self, asked: &Asked, key: &str, id: &str) -> Answer {
        let Some(upload) = self.upload(key, id) else {
            return refusal(404, "NoSuchUpload");
        };
        let wanted = wanted(&asked.body);
        if wanted.is_empty() || !wanted.is_sorted_by(|a, b| a.0 < b.0) {
            return refusal(400, "InvalidPartOrder");
        }
        let mut content = BytesMut::new();
        for (at, (number, e_tag)) in wanted.iter().enumerate() {
            match upload.parts.get(number) {
                Some((known, _)) if known != e_tag => return refusal(400, "InvalidPart"),
                Some((_, part)) if part.len() < LEAST_PART && at + 1 < wanted.len() => {
                    return refusal(400, "EntityTooSmall");
                }
                Some((_, part)) => content.extend_from_slice(part),
                None => return refusal(400, "InvalidPart"),
            }
        }
        let metadata = upload.metadata.clone();
        self.uploads.remove(id);
        let object = self.put(key, content.freeze(), metadata);
        xml(&format!(
            "<CompleteMultipartUploadResult><ETag>{}</ETag></CompleteMultipartUploadResult>",
            object.e_tag()
        ))
    }

    pub(super) fn abort(&mut self, key: &str, id: &str) -> Answer {
        if self.upload(key, id).is_none() {
            return refusal(404, "NoSuchUpload");
        }
        self.uploads.remove(id);
        answer(204, &[], "")
    }

    fn upload(&mut self, key: &str, id: &str) -> Option<&mut Upload> {
        self.uploads.get_mut(id).filter(|upload| upload.key == key)
    }
}

/// The parts that make up the object, with their tags.
fn wanted(body: &Bytes) -> Vec<(u32, String)> {
    let text = std::str::from_utf8(body).expect("UTF-8");
    let within = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>")).expect("a tag");
        let (value, _) = rest.split_once(&format!("</{name}>")).expect("its end");
        value.replace("&quot;", "\"")
    };
    let parts = text.split("<Part>").skip(1);
    parts
        .map(|part| {
            let number = within(part, "PartNumber").parse().expect("a number");
            (number, within(part, "ETag"))
        })
        .collect()
}

/// All but the last have as many bytes.
const LEAST_PART: usize = 5 << 20;
