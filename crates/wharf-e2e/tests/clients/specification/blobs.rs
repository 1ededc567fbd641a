//! Blobs: every way to push them, and what becomes of pushes that fail or are given up.

use std::collections::BTreeSet;

use super::blob::{Algorithm, Blob};
use super::repository::{Repository, refused};
use super::session::Session;
use super::upload::Way;

/// Every way, with blobs of these sizes, in repositories that do not know them.
fn every_way(algorithm: Algorithm, sizes: &[usize]) {
    let server = super::server();
    let name = format!("blobs/{}", algorithm.name());
    for (way, seed) in Way::ALL.into_iter().zip(1..) {
        for &size in sizes {
            let repository = Repository::of(&server, &format!("{name}/{seed}/{size}"));
            let blob = algorithm.noise(seed << 32, size);
            let path = repository.blob(&blob.digest);
            repository.is_gone(&path, "BLOB_UNKNOWN");
            way.push(&repository, &blob);
            repository.serves_blob(&path, &blob);
            repository.delete(&path, "BLOB_UNKNOWN");
        }
    }
}

#[test]
fn every_way_in_sha256() {
    every_way(Algorithm::Sha256, &[0, 1, 1000, 2_500_000]);
}

#[test]
fn every_way_in_sha512() {
    every_way(Algorithm::Sha512, &[0, 1, 1000, 2_500_000]);
}

/// The digest at the end decides; what the client said in the beginning only saves work.
#[test]
fn an_announced_algorithm_binds_nobody() {
    let server = super::server();
    let repository = Repository::of(&server, "blobs/announced");
    let hints = ["", "?digest-algorithm=sha256", "?digest-algorithm=sha512"];
    let mut seed = 100;
    for algorithm in Algorithm::ALL {
        for hint in hints {
            for way in [Way::PostThenPut, Way::Stream, Way::ThreeChunks] {
                seed += 1;
                let blob = algorithm.noise(seed, 5000);
                way.push_with(&repository, &blob, hint);
                repository.serves_blob(&repository.blob(&blob.digest), &blob);
            }
        }
    }
}

#[test]
fn bytes_with_another_digest_are_refused_every_way() {
    let server = super::server();
    let repository = Repository::of(&server, "blobs/mismatch");
    let mut seed = 200;
    for algorithm in Algorithm::ALL {
        for way in Way::ALL.into_iter().filter(|way| way.sends_bytes()) {
            seed += 2;
            let meant = algorithm.noise(seed, 3000);
            let sent = algorithm.noise(seed + 1, 3000);
            let wrong = Blob {
                bytes: sent.bytes.clone(),
                digest: meant.digest.clone(),
            };
            let attempt = way.attempt(&repository, &wrong, "");
            assert_eq!(attempt.answer.status, 400, "{way:?}");
            let codes = super::repository::codes(&attempt.answer);
            assert_eq!(codes, ["DIGEST_INVALID"], "{way:?}");
            for digest in [&meant.digest, &sent.digest] {
                repository.is_gone(&repository.blob(digest), "BLOB_UNKNOWN");
            }
            if let Some(location) = attempt.location {
                Session::is_over(repository.http, &location);
            }
            way.push(&repository, &meant);
        }
    }
}

#[test]
fn an_upload_that_was_cancelled_is_over() {
    let server = super::server();
    let repository = Repository::of(&server, "blobs/cancelled");
    let http = repository.http;
    let blob = Algorithm::Sha256.noise(300, 3000);
    for arrived in [0, 1000, 3000] {
        let mut session = Session::begin(&repository, "");
        session.stands_at(0);
        if arrived > 0 {
            session.chunk(&blob, 0..arrived);
        }
        http.delete(&session.location).expect(204);
        Session::is_over(http, &session.location);
        let unknown = |call| refused(call, 404, "BLOB_UPLOAD_UNKNOWN");
        unknown(session.patch(&blob, 0..arrived.max(1)));
        unknown(session.put_part(&blob, 0..3000));
        unknown(http.delete(&session.location));
        repository.is_gone(&repository.blob(&blob.digest), "BLOB_UNKNOWN");
    }
}

#[test]
fn an_upload_is_over_once_it_is_a_blob() {
    let server = super::server();
    let repository = Repository::of(&server, "blobs/finished");
    let blob = Algorithm::Sha256.noise(400, 3000);
    for way in [Way::PostThenPut, Way::Stream, Way::LastChunkInPut] {
        let attempt = way.attempt(&repository, &blob, "");
        assert_eq!(attempt.answer.status, 201, "{way:?}");
        Session::is_over(repository.http, &attempt.location.unwrap());
    }
    repository.serves_blob(&repository.blob(&blob.digest), &blob);
}

/// "A UUID representing a unique session ID", and none of another repository.
#[test]
fn every_upload_has_a_place_of_its_own() {
    let server = super::server();
    let repository = Repository::of(&server, "blobs/places");
    let sessions = [(); 5].map(|()| Session::begin(&repository, ""));
    let places = sessions.iter().map(|session| session.location.as_str());
    let places: BTreeSet<&str> = places.collect();
    assert_eq!(places.len(), 5);
    let elsewhere = repository.below("elsewhere");
    for place in places {
        let segments = place.split(['/', '?']);
        let ids: Vec<&str> = segments.filter(|segment| is_uuid(segment)).collect();
        let [id] = ids.as_slice() else {
            panic!("not one UUID in {place}");
        };
        Session::is_over(repository.http, &elsewhere.uploads(id));
        repository.http.get(place).expect(204);
    }
}

/// Both clients have done their work, and neither learns of the other.
#[test]
fn the_same_blob_may_be_uploaded_twice_at_a_time() {
    let server = super::server();
    let repository = Repository::of(&server, "blobs/twice");
    let blob = Algorithm::Sha256.noise(500, 3000);
    let mut sessions = [(); 2].map(|()| Session::begin(&repository, ""));
    for range in [0..1000, 1000..3000] {
        for session in &mut sessions {
            session.chunk(&blob, range.clone());
        }
    }
    for session in sessions {
        let answer = session.put(&blob.digest).expect(201);
        repository.leads_to_blob(&answer, &blob);
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let hex = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(hex)
}
