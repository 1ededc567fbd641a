//! Parts of blobs (RFC 9110, section 14).

use std::ops::Range;

use super::blob::Algorithm;
use super::repository::{Repository, refused};
use super::upload::Way;

const LENGTH: usize = 2048;

const PARTS: [(&str, Range<usize>); 10] = [
    ("bytes=500-1499", 500..1500),
    ("bytes=500-", 500..LENGTH),
    ("bytes=-500", 1548..LENGTH),
    ("bytes=2000-5000", 2000..LENGTH),
    ("bytes=0-0", 0..1),
    ("bytes=2047-2047", 2047..LENGTH),
    ("bytes=2047-", 2047..LENGTH),
    ("bytes=-1", 2047..LENGTH),
    ("bytes=0-2047", 0..LENGTH),
    ("bytes=-5000", 0..LENGTH),
];

const NOTHING: [&str; 6] = [
    "bytes=500-0",
    "bytes=2048-",
    "bytes=2048-2048",
    "bytes=5000-10000",
    "bytes=5000-",
    "bytes=-0",
];

#[test]
fn a_part_of_a_blob() {
    let server = super::server();
    let repository = Repository::of(&server, "ranges/part");
    for algorithm in Algorithm::ALL {
        let blob = algorithm.noise(1100, LENGTH);
        Way::PostThenPut.push(&repository, &blob);
        let path = repository.blob(&blob.digest);
        for (range, part) in PARTS {
            let get = repository.http.get(&path).header("range", range);
            let answer = get.expect(206);
            assert!(answer.body == blob.bytes[part.clone()], "{range}");
            let place = format!("bytes {}-{}/{LENGTH}", part.start, part.end - 1);
            assert_eq!(answer.header("content-range"), place, "{range}");
            let length = answer.header("content-length");
            assert_eq!(length, part.len().to_string(), "{range}");
            assert_eq!(answer.header("docker-content-digest"), blob.digest);
        }
        repository.serves_blob(&path, &blob);
    }
}

#[test]
fn a_range_without_bytes_is_refused() {
    let server = super::server();
    let repository = Repository::of(&server, "ranges/nothing");
    for algorithm in Algorithm::ALL {
        let blob = algorithm.noise(1101, LENGTH);
        Way::PostThenPut.push(&repository, &blob);
        let path = repository.blob(&blob.digest);
        for range in NOTHING {
            let get = repository.http.get(&path).header("range", range);
            let answer = refused(get, 416, "RANGE_INVALID");
            let place = answer.header("content-range");
            assert_eq!(place, format!("bytes */{LENGTH}"), "{range}");
        }
    }
}
