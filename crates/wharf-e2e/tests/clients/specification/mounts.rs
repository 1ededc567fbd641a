//! Blobs from other repositories, and what happens where they are not.

use super::blob::{Algorithm, Blob};
use super::repository::Repository;
use super::session::Session;
use super::upload::Way;

/// The mount fails and has become an upload, which can be finished.
fn becomes_an_upload(repository: &Repository<'_>, query: &str, blob: &Blob) {
    let mut session = Session::begin(repository, query);
    repository.is_gone(&repository.blob(&blob.digest), "BLOB_UNKNOWN");
    session.stands_at(0);
    let length = blob.bytes.len();
    let answer = session.put_part(blob, 0..length).expect(201);
    repository.leads_to_blob(&answer, blob);
}

#[test]
fn a_mount_from_where_the_blob_is_not_becomes_an_upload() {
    let server = super::server();
    let repository = Repository::of(&server, "mounts/target");
    let holder = repository.below("holder");
    let other = repository.below("other");
    let absent = repository.below("absent");
    for algorithm in Algorithm::ALL {
        Way::PostThenPut.push(&other, &algorithm.noise(900, 10));
        for (from, seed) in [(&other, 901), (&absent, 902)] {
            let blob = algorithm.noise(seed, 3000);
            // That somebody has it is none of this client's business.
            Way::PostThenPut.push(&holder, &blob);
            let query = format!("?mount={}&from={}", blob.digest, from.name);
            becomes_an_upload(&repository, &query, &blob);
        }
    }
}

#[test]
fn a_mount_of_what_nobody_has_becomes_an_upload() {
    let server = super::server();
    let repository = Repository::of(&server, "mounts/nobody");
    for algorithm in Algorithm::ALL {
        let blob = algorithm.noise(910, 3000);
        let query = format!("?mount={}", blob.digest);
        becomes_an_upload(&repository, &query, &blob);
    }
}

#[test]
fn a_mount_from_where_the_blob_was_deleted_becomes_an_upload() {
    let server = super::server();
    let repository = Repository::of(&server, "mounts/late");
    let source = repository.below("source");
    let early = repository.below("early");
    let blob = Algorithm::Sha256.noise(920, 3000);
    Way::PostThenPut.push(&source, &blob);
    let query = format!("?mount={}&from={}", blob.digest, source.name);
    server.http().post(&early.uploads(&query)).expect(201);
    source.delete(&source.blob(&blob.digest), "BLOB_UNKNOWN");
    early.serves_blob(&early.blob(&blob.digest), &blob);
    becomes_an_upload(&repository, &query, &blob);
}

#[test]
fn a_mount_of_what_is_there_already_changes_nothing() {
    let server = super::server();
    let repository = Repository::of(&server, "mounts/again");
    let blob = Algorithm::Sha256.noise(930, 3000);
    Way::Mount.push(&repository, &blob);
    Way::Mount.push(&repository, &blob);
    let query = format!("?mount={}&from={}", blob.digest, repository.name);
    let answer = server.http().post(&repository.uploads(&query)).expect(201);
    repository.leads_to_blob(&answer, &blob);
}
