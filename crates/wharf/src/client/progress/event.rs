//! What happens, in words (docs/client.md, "Events").

use serde_json::{Value, json};
use wharf_image::{Copied, Event};
use wharf_spec::{Descriptor, Digest};

use crate::collection::size;

/// For programs. Bytes are reported now and then, not piece by piece.
pub(super) fn json(event: &Event) -> Option<Value> {
    let of = |name: &str, part: &Descriptor| {
        json!({
            "event": name, "digest": part.digest, "size": part.size, "mediaType": part.media_type,
        })
    };
    Some(match event {
        Event::Bytes { .. } => return None,
        Event::Planned {
            blobs,
            bytes,
            manifests,
        } => json!({"event": "planned", "blobs": blobs, "bytes": bytes, "manifests": manifests}),
        Event::Begun(blob) => of("begun", blob),
        Event::Done(blob) => of("done", blob),
        Event::Skipped(blob) => of("skipped", blob),
        Event::Mounted { descriptor, from } => {
            let mut mounted = of("mounted", descriptor);
            if let Some(fields) = mounted.as_object_mut() {
                fields.insert("from".to_owned(), json!(from.as_str()));
            }
            mounted
        }
        Event::Manifest(manifest) => of("manifest", manifest),
    })
}

/// For people who read a log.
pub(super) fn line(event: &Event) -> Option<String> {
    let of = |part: &Descriptor, what: &str| format!("{}: {what}", part.digest);
    Some(match event {
        Event::Planned { .. } | Event::Begun(_) | Event::Bytes { .. } => return None,
        Event::Done(blob) => of(blob, &format!("done, {}", size(blob.size))),
        Event::Skipped(blob) => of(blob, "there already"),
        Event::Mounted { descriptor, from } => of(descriptor, &format!("taken from {from}")),
        Event::Manifest(manifest) => of(manifest, &format!("manifest, {}", size(manifest.size))),
    })
}

/// The end of a copy, for programs.
pub(super) fn copied(from: &str, to: &str, copied: &Copied) -> Value {
    let root = &copied.root;
    let rewritten: Option<Digest> = copied.rewritten.as_ref().map(|it| it.from);
    json!({
        "event": "copied",
        "from": from,
        "to": to,
        "digest": root.digest,
        "mediaType": root.media_type,
        "size": root.size,
        "rewrittenFrom": rewritten,
        "stored": copied.stored,
        "mounted": copied.mounted,
        "skipped": copied.skipped,
        "bytes": copied.bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_names_and_digests() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let blob: Descriptor = serde_json::from_value(json!({
            "mediaType": "text/plain", "digest": digest, "size": 1536,
        }))
        .unwrap();
        let done = Event::Done(blob.clone());
        let expected =
            json!({"event": "done", "digest": digest, "size": 1536, "mediaType": "text/plain"});
        assert_eq!(json(&done), Some(expected));
        assert_eq!(line(&done), Some(format!("{digest}: done, 1.5 KiB")));
        let mounted = Event::Mounted {
            descriptor: blob,
            from: "other/app".parse().unwrap(),
        };
        assert_eq!(json(&mounted).unwrap()["from"], "other/app");
        let expected = format!("{digest}: taken from other/app");
        assert_eq!(line(&mounted), Some(expected));
    }
}
