//! The names in a bucket, page by page.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::bucket::Bucket;
use super::request::{Answer, Asked, refusal, xml};

// === impl Bucket ===

impl Bucket {
    pub(super) fn list(&self, asked: &Asked) -> Answer {
        if asked.query("list-type") != Some("2") {
            return refusal(400, "InvalidArgument");
        }
        let prefix = asked.query("prefix").unwrap_or_default();
        let delimiter = asked.query("delimiter");
        let after = asked
            .query("continuation-token")
            .or(asked.query("start-after"));
        let most = asked.query("max-keys").and_then(|most| most.parse().ok());
        let most = most.unwrap_or(PAGE).min(PAGE);
        // A name, or what all names below a directory begin with.
        let shown: BTreeSet<String> = self
            .objects
            .keys()
            .filter(|key| key.starts_with(prefix))
            .map(|key| {
                let end = delimiter.and_then(|it| key[prefix.len()..].find(it));
                end.map_or(key.clone(), |end| key[..=prefix.len() + end].to_owned())
            })
            .filter(|name| after.is_none_or(|after| name.as_str() > after))
            .collect();
        let mut body = String::from("<ListBucketResult>");
        for name in shown.iter().take(most) {
            let text = escaped(name);
            match self.objects.get(name) {
                Some(object) => write!(
                    body,
                    "<Contents><Key>{text}</Key><Size>{}</Size><ETag>{}</ETag>\
                     <LastModified>{:.3}</LastModified></Contents>",
                    object.content.len(),
                    escaped(&object.e_tag()),
                    object.updated,
                ),
                None => write!(
                    body,
                    "<CommonPrefixes><Prefix>{text}</Prefix></CommonPrefixes>"
                ),
            }
            .expect("text");
        }
        if let Some(last) = shown
            .iter()
            .take(most)
            .next_back()
            .filter(|_| shown.len() > most)
        {
            let token = escaped(last);
            write!(
                body,
                "<NextContinuationToken>{token}</NextContinuationToken>"
            )
            .expect("text");
        }
        body.push_str("</ListBucketResult>");
        xml(&body)
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

const PAGE: usize = 1000;
