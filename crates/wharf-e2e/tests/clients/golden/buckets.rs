//! The same on buckets: there is no tool that lays a bucket beside another, so both are read
//! as our store reads them.

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_e2e::azurite::Azurite;
use wharf_e2e::bucket::Bucket;
use wharf_e2e::google::Google;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Setup};
use wharf_store_cloud::{Backend, CloudStore, azure, gcs, s3};

use super::reader;
use super::script::{self, Extent, Record};
use super::tree::Tree;
use crate::cloud::driver::{azure_options, gcs_options, s3_options};

/// A kind of bucket, and how servers and this test come to it.
struct Place {
    driver: &'static str,
    section: Box<dyn Fn(&str) -> Value>,
    backend: Backend,
}

fn in_s3(bucket: Arc<Bucket>) -> Place {
    let backend = s3::backend(&s3_options(&bucket)).unwrap();
    Place {
        driver: "s3",
        section: Box::new(move |root| bucket.section(root)),
        backend,
    }
}

fn in_azure() -> Place {
    let azurite = Azurite::start();
    let backend = azure::backend(&azure_options(azurite.service_url())).unwrap();
    Place {
        driver: "azure",
        section: Box::new(move |root| azurite.section(root)),
        backend,
    }
}

// === impl Place ===

impl Place {
    /// What a server leaves below a root.
    fn left_by(&self, by: Kind, root: &str, extent: Extent) -> (Tree, Record) {
        let section = (self.section)(root);
        let server = Setup::of(by).bucket(self.driver, section).start();
        let record = script::run(&server, extent);
        server.stop();
        (self.tree(root, &record), record)
    }

    fn tree(&self, root: &str, record: &Record) -> Tree {
        let store = CloudStore::new(self.backend.clone(), root, 5 << 20);
        Tree::read_store(&store, &record.uploads)
    }
}

fn assert_same(ours: &Tree, theirs: &Tree, where_: &str) {
    let differences = ours.differences(theirs).join("\n");
    assert!(differences.is_empty(), "{where_}: ours (-):\n{differences}");
}

fn same_as_v3(place: &Place) {
    let (ours, record) = place.left_by(Kind::Wharf, "/golden/ours", Extent::Finished);
    let (theirs, their_record) = place.left_by(Kind::V3, "/golden/theirs", Extent::Finished);
    assert!(ours.len() > record.blobs.len() + record.manifests.len());
    assert_same(&ours, &theirs, place.driver);
    // Each serves what the other left, and changes nothing by that.
    for (root, left, reader) in [
        ("/golden/ours", &record, Kind::V3),
        ("/golden/theirs", &their_record, Kind::Wharf),
    ] {
        let before = place.tree(root, left);
        let section = (place.section)(root);
        let server = Setup::of(reader).bucket(place.driver, section).start();
        reader::check(&server, left);
        server.stop();
        assert_same(&before, &place.tree(root, left), root);
    }
}

#[test]
fn the_same_requests_make_the_same_objects_in_s3() {
    same_as_v3(&in_s3(Bucket::shared()));
}

#[test]
fn the_same_requests_make_the_same_objects_at_versity() {
    same_as_v3(&in_s3(Arc::new(Bucket::of_versity())));
}

#[test]
fn the_same_requests_make_the_same_objects_in_azure() {
    same_as_v3(&in_azure());
}

/// distribution cannot be led to another Google than Google.
#[test]
fn the_objects_in_a_bucket_of_google_are_the_files_of_a_directory() {
    let root = Scratch::new();
    let server = Setup::of(Kind::Wharf).data(root.path()).start();
    let record = script::run(&server, Extent::Finished);
    server.stop();
    let files = Tree::read(root.path(), &record.uploads);
    let google = Google::start();
    let section = json!({
        "bucket": Google::BUCKET,
        "rootdirectory": "golden",
        "keyfile": google.key_file(),
    });
    let server = Setup::of(Kind::Wharf)
        .bucket("gcs", section)
        .variable("STORAGE_EMULATOR_HOST", google.url())
        .start();
    let in_google = script::run(&server, Extent::Finished);
    server.stop();
    let backend = gcs::backend(&gcs_options(&google)).unwrap();
    let store = CloudStore::new(backend, "golden", 5 << 20);
    let objects = Tree::read_store(&store, &in_google.uploads);
    let mut differences = objects.differences(&files);
    // There are none in a bucket.
    differences.retain(|line| !line.ends_with(": empty directory"));
    assert_eq!(differences, Vec::<String>::new());
}
