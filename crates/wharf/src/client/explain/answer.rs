//! What came back, in a line.

use wharf_client::{AnswerHead, Exchange, Purpose};

use super::{documents, shell};

pub(super) fn line(exchange: &Exchange) -> String {
    match &exchange.outcome {
        Err(reason) => format!("→ no answer: {reason}"),
        Ok(head) => {
            let parts = parts(exchange, head);
            let milliseconds = exchange.took.as_millis();
            format!("→ {}{} ({milliseconds} ms)", head.status, parts.concat())
        }
    }
}

fn parts(exchange: &Exchange, head: &AnswerHead) -> Vec<String> {
    let told = |name: &str, before: &str| {
        let value = head.header(name);
        value.map(|value| format!("{before}{value}"))
    };
    match head.status {
        401 => vec![told("www-authenticate", ": wants to see ").unwrap_or_default()],
        300..=399 => {
            let to = head.header("location").map(shell::host);
            vec![to.map_or_else(String::new, |to| {
                format!(": it is at {to}, which -L follows")
            })]
        }
        429 | 503 => vec![told("retry-after", ": again after ").unwrap_or_default()],
        200..=299 => {
            let content_type = head.header("content-type").unwrap_or_default();
            let document = match exchange.purpose {
                Purpose::Manifest(_) => Some(documents::manifest(content_type).0),
                _ => None,
            };
            let length =
                told("content-length", ", ").filter(|_| document.is_some() || is_blob(exchange));
            [
                document.map(|it| format!(": {it}")),
                told("docker-content-digest", ", "),
                length.map(|length| format!("{length} bytes")),
                told("range", ", has bytes "),
            ]
            .into_iter()
            .flatten()
            .collect()
        }
        _ => Vec::new(),
    }
}

fn is_blob(exchange: &Exchange) -> bool {
    matches!(exchange.purpose, Purpose::Blob(_) | Purpose::BlobHead(_))
}
