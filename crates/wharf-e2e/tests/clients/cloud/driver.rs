//! The behaviour suite on buckets of each kind.

use std::cell::Cell;

use wharf_e2e::azurite::Azurite;
use wharf_e2e::bucket::Bucket;
use wharf_e2e::google::Google;
use wharf_store::behaviour::{self, Backing};
use wharf_store_cloud::{Backend, CloudStore, azure, gcs, s3};

pub(crate) fn s3_options(bucket: &Bucket) -> s3::Options {
    s3::Options {
        endpoint: Some(format!("http://{}", bucket.address())),
        credentials: Some(s3::Credentials {
            access_key: Bucket::ACCESS_KEY.to_owned(),
            secret_key: Bucket::SECRET_KEY.to_owned(),
            session_token: None,
        }),
        path_style: true,
        copies: s3::Copies {
            threshold: 8 << 20,
            part: 5 << 20,
            at_once: 4,
        },
        ..s3::Options::of(Bucket::NAME)
    }
}

pub(crate) fn azure_options(service_url: String) -> azure::Options {
    azure::Options {
        account: Azurite::ACCOUNT.to_owned(),
        container: Azurite::CONTAINER.to_owned(),
        credentials: azure::Credentials::SharedKey(Azurite::key()),
        realm: "core.windows.net".to_owned(),
        service_url: Some(service_url),
        retries: None,
        first_pause: None,
        skip_verify: false,
    }
}

pub(crate) fn gcs_options(server: &Google) -> gcs::Options {
    gcs::Options {
        bucket: Google::BUCKET.to_owned(),
        endpoint: Some(server.url()),
        credentials: gcs::Credentials::KeyFile(server.key_file()),
        at_once: Some(25),
        user_agent: None,
    }
}

#[test]
fn a_bucket_does_what_every_store_does() {
    let bucket = Bucket::start();
    does_what_every_store_does(&s3::backend(&s3_options(&bucket)).unwrap());
}

#[test]
fn a_bucket_of_versity_does_what_every_store_does() {
    let bucket = Bucket::of_versity();
    does_what_every_store_does(&s3::backend(&s3_options(&bucket)).unwrap());
}

#[test]
fn a_container_of_azure_does_what_every_store_does() {
    let server = Azurite::start();
    does_what_every_store_does(&azure::backend(&azure_options(server.service_url())).unwrap());
}

#[test]
fn a_bucket_of_google_does_what_every_store_does() {
    let server = Google::start();
    does_what_every_store_does(&gcs::backend(&gcs_options(&server)).unwrap());
}

fn does_what_every_store_does(backend: &Backend) {
    let number = Cell::new(0);
    let make = async || {
        number.set(number.get() + 1);
        CloudStore::new(backend.clone(), &format!("root/{}", number.get()), 5 << 20)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(behaviour::suite(Backing::Bucket, make));
}
