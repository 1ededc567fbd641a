//! What a server that starts on somebody's tree has to do with it.

use wharf_e2e::digest;
use wharf_e2e::publish::with_digest;
use wharf_e2e::server::{Kind, Server};

use super::script::{OpenUpload, Record};

/// Serves all that was promised, with equal bytes, and nothing that was deleted.
pub(super) fn check(server: &Server, record: &Record) {
    for (repository, digest, bytes) in &record.blobs {
        assert!(server.has_blob(repository, digest), "{repository} {digest}");
        assert_eq!(&server.blob(repository, digest), bytes);
    }
    for (repository, reference, bytes) in &record.manifests {
        let manifest = server.manifest(repository, reference);
        assert_eq!(&manifest.body, bytes, "{repository} {reference}");
        let type_inside = manifest.json()["mediaType"].clone();
        assert_eq!(manifest.media_type, type_inside.as_str().unwrap());
    }
    for (repository, tags) in &record.tags {
        let mut found = server.tags(repository);
        found.sort();
        assert_eq!(&found, tags, "{repository}");
    }
    let repositories: Vec<&String> = record.tags.keys().collect();
    assert_eq!(
        server.repositories().iter().collect::<Vec<_>>(),
        repositories
    );
    for path in &record.gone {
        server.http().get(path).expect(404);
    }
    if goes_on_with_uploads(server.kind()) {
        for upload in &record.open {
            let arrived = arrived(server, upload);
            assert!(upload.arrived.contains(&arrived), "{arrived}");
        }
    }
}

/// distribution 2.8 wants the `_state` of the last `Location` even to tell where an upload is.
pub(super) fn goes_on_with_uploads(kind: Kind) -> bool {
    match kind {
        Kind::Wharf | Kind::V3 => true,
        Kind::Debian => false,
    }
}

/// Sends the rest of every upload that was left open.
pub(super) fn go_on_with_uploads(server: &Server, record: &Record) {
    for upload in &record.open {
        let status = server.http().get(&upload.path).expect(204);
        let rest = upload.whole.slice(arrived(server, upload)..);
        let middle = rest.len() / 2;
        let patch = server.http().patch(status.header("location"));
        let answer = patch.body(rest.slice(..middle)).expect(202);
        let digest = digest::sha256(&upload.whole);
        let target = with_digest(answer.header("location"), &digest);
        let put = server.http().put(&target).body(rest.slice(middle..));
        put.expect(201);
        let (repository, _) = upload.path[4..].split_once("/blobs/").unwrap();
        assert_eq!(server.blob(repository, &digest), upload.whole);
        let gone = format!("/v2/{repository}/blobs/{digest}");
        server.http().delete(&gone).expect(202);
    }
}

/// How many bytes of it are there. `Range: 0-0` stands for none and for one.
fn arrived(server: &Server, upload: &OpenUpload) -> usize {
    let status = server.http().get(&upload.path).expect(204);
    let range = status.header("range");
    let last: usize = range.strip_prefix("0-").unwrap().parse().unwrap();
    if last == 0 { 0 } else { last + 1 }
}
