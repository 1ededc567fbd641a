//! Copies: small objects in one request, larger ones in several.

use serde_json::json;

use super::bucket::Bucket;
use super::request::{Answer, Asked, answer as reply};

pub(super) fn answer(bucket: &mut Bucket, asked: &Asked, from: &str, to: &str) -> Answer {
    let json = [("content-type", "application/json")];
    let refuse = |status: u16| {
        reply(
            status,
            &json,
            json!({"error": {"code": status}}).to_string(),
        )
    };
    let Some(object) = bucket.objects.get(from).cloned() else {
        return refuse(404);
    };
    let known = match asked.query("rewriteToken") {
        None => (from.to_owned(), to.to_owned(), 0),
        Some(token) => match bucket.rewrites.remove(token) {
            Some(known) => known,
            None => return refuse(400),
        },
    };
    let (known_from, known_to, done) = known;
    if (known_from.as_str(), known_to.as_str()) != (from, to) {
        return refuse(400);
    }
    let size = object.content.len();
    let done = (done + AT_ONCE).min(size);
    let mut said = json!({
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": done.to_string(),
        "objectSize": size.to_string(),
        "done": done == size,
    });
    if done == size {
        bucket.put(to, object.content, object.metadata);
    } else {
        // What is in a token need not be fit for a URL.
        bucket.begun += 1;
        let token = format!("{}+/=", bucket.begun);
        said["rewriteToken"] = json!(token);
        bucket.rewrites.insert(token, (known_from, known_to, done));
    }
    reply(200, &json, said.to_string())
}

/// Bytes that one request copies.
const AT_ONCE: usize = 4 << 20;
