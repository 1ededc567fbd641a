//! What is being removed from a bucket whose provider takes no notice of conditions is written
//! down in Redis, or in PostgreSQL.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use wharf_e2e::authority::Authority;
use wharf_e2e::between::Between;
use wharf_e2e::command::Run;
use wharf_e2e::google::Google;
use wharf_e2e::postgres::Postgres;
use wharf_e2e::publish::OCI_IMAGE;
use wharf_e2e::redis::Redis;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup, wharf};
use wharf_postgres::{PostgresLocks, Settings};
use wharf_redis::{Options, Protocol, RedisLocks, Servers};
use wharf_store::behaviour::{self, Backing};
use wharf_store::{Durability, Removal, Store as _, StorePath};
use wharf_store_cloud::{Backend, CloudStore, Locks, gcs};

/// A bucket of Google's, before which conditions are lost.
struct Careless {
    google: Google,
    between: Between,
}

// === impl Careless ===

impl Careless {
    fn start() -> Self {
        let google = Google::start();
        let between = Between::start(google.address());
        between.drop_conditions();
        Self { google, between }
    }

    fn backend(&self) -> Backend {
        let options = gcs::Options {
            endpoint: Some(format!("http://{}", self.between.address())),
            ..super::cloud::driver::gcs_options(&self.google)
        };
        gcs::backend(&options).unwrap()
    }

    fn server(&self, root: &str, locks: &[(&'static str, String)]) -> Server {
        let section = json!({
            "bucket": Google::BUCKET,
            "keyfile": self.google.key_file(),
            "rootdirectory": root,
        });
        let setup = Setup::of(Kind::Wharf).bucket("gcs", section);
        let url = format!("http://{}", self.between.address());
        let setup = setup.variable("STORAGE_EMULATOR_HOST", url);
        let with = |setup: Setup, (name, value): &(&'static str, String)| {
            setup.variable(name, value.clone())
        };
        locks.iter().fold(setup, with).start()
    }

    /// `wharf garbage-collect` for the same.
    fn collect(&self, scratch: &Scratch, root: &str, locks: &[(&'static str, String)]) -> Run {
        let config = scratch.join("config.yml");
        let section = json!({
            "bucket": Google::BUCKET,
            "keyfile": self.google.key_file(),
            "rootdirectory": root,
        });
        let text = json!({"version": 0.1, "storage": {"gcs": section}}).to_string();
        std::fs::write(&config, text).unwrap();
        let url = format!("http://{}", self.between.address());
        let run = Run::program(wharf()).arg("garbage-collect").arg(config);
        let run = run.env("STORAGE_EMULATOR_HOST", url);
        let with = |run: Run, (name, value): &(&'static str, String)| run.env(name, value);
        let run = locks.iter().fold(run, with);
        // The bucket's clock tells whole seconds: what was just pushed is not old yet.
        std::thread::sleep(Duration::from_secs(2));
        run.limit(Duration::from_secs(240))
    }
}

fn in_redis(redis: &Redis) -> Vec<(&'static str, String)> {
    vec![
        ("REGISTRY_WHARFINGER_LOCKS_DRIVER", "redis".to_owned()),
        ("REGISTRY_REDIS_ADDRS", format!("[\"{}\"]", redis.address())),
    ]
}

fn in_postgres(postgres: &Postgres) -> Vec<(&'static str, String)> {
    vec![
        ("REGISTRY_WHARFINGER_LOCKS_DRIVER", "postgres".to_owned()),
        ("REGISTRY_WHARFINGER_LOCKS_POSTGRES_URL", postgres.url()),
    ]
}

fn redis_locks(redis: &Redis) -> RedisLocks {
    let options = Options {
        servers: Servers::One(redis.address().parse().unwrap()),
        db: 0,
        protocol: Protocol::Two,
        username: None,
        password: None,
        name: None,
        identity: None,
        connecting: Duration::from_secs(1),
        answering: Duration::from_secs(1),
        tls: None,
    };
    RedisLocks::new(wharf_redis::Redis::new(options), "tests")
}

fn at(path: &str) -> StorePath {
    StorePath::new(path).unwrap()
}

async fn put(store: &CloudStore, path: &str, content: &'static str) {
    let path = at(path);
    let put = store.put(&path, content.into(), Durability::Durable);
    put.await.unwrap();
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

fn does_what_every_store_does(locks: impl Fn(&str) -> Arc<dyn Locks>) {
    let careless = Careless::start();
    let (backend, number) = (careless.backend(), Cell::new(0));
    let make = async || {
        number.set(number.get() + 1);
        let root = format!("root/{}", number.get());
        CloudStore::locked_by(backend.clone(), &root, 5 << 20, locks(&root))
    };
    block_on(behaviour::suite(Backing::Bucket, make));
}

#[test]
fn a_careless_bucket_does_what_every_store_does_with_redis() {
    let redis = Redis::start();
    let locks = Arc::new(redis_locks(&redis));
    does_what_every_store_does(|_| Arc::<RedisLocks>::clone(&locks));
}

#[test]
fn a_careless_bucket_does_what_every_store_does_with_postgres() {
    let postgres = Postgres::start(&Authority::new());
    let settings = Settings::new(&postgres.url(), &[]).unwrap();
    does_what_every_store_does(|root| Arc::new(PostgresLocks::new(settings.clone(), root)));
}

fn is_collected(locks: &[(&'static str, String)]) {
    let careless = Careless::start();
    let server = careless.server("collected", locks);
    let kept = server.push_image("a/b", "1", "amd64");
    let gone = server.push_image("a/b", "2", "amd64");
    let manifest = format!("/v2/a/b/manifests/{}", gone.digest);
    server.http().delete(&manifest).expect(202);
    let layer = |image: &wharf_e2e::contents::Manifest| {
        let layer = &image.json()["layers"][0]["digest"];
        format!("/v2/a/b/blobs/{}", layer.as_str().unwrap())
    };
    let (kept_layer, gone_layer) = (layer(&kept), layer(&gone));
    assert!(server.stop().success());
    careless.collect(&Scratch::new(), "collected", locks).ok();
    let server = careless.server("collected", locks);
    server.http().head(&kept_layer).expect(200);
    server.http().head(&gone_layer).expect(404);
    assert_eq!(server.whole_image("a/b", "1").digest, kept.digest);
    let again = server.push_image("a/b", "2", "amd64");
    assert_eq!(again.digest, gone.digest);
    server.http().head(&gone_layer).expect(200);
}

#[test]
fn images_are_collected_with_redis() {
    let redis = Redis::start();
    is_collected(&in_redis(&redis));
    let key = "wharfinger::clock::gcs/wharf/collected";
    assert!(redis.ask(&["GET", key]).contains("\"sweep\":null"));
}

#[test]
fn images_are_collected_with_postgres() {
    let postgres = Postgres::start(&Authority::new());
    is_collected(&in_postgres(&postgres));
    let record = postgres.ask("SELECT record FROM wharfinger_clock");
    assert!(record.contains("\"sweep\":null"), "{record}");
}

/// Without either, nothing is removed there.
#[test]
fn nothing_is_collected_from_a_careless_bucket_otherwise() {
    let careless = Careless::start();
    let server = careless.server("kept", &[]);
    let digest = server.push_blob("a/b", "of no image");
    assert!(server.stop().success());
    let collected = careless.collect(&Scratch::new(), "kept", &[]).ok();
    assert!(collected.mentions("If-None-Match"), "{collected:?}");
    let server = careless.server("kept", &[]);
    let blob = format!("/v2/a/b/blobs/{digest}");
    server.http().head(&blob).expect(200);
}

/// Whoever writes while it is not known what is being removed waits until that is over.
#[test]
fn what_redis_forgets_is_waited_for() {
    let (redis, careless) = (Redis::start(), Careless::start());
    let store = || {
        let locks = Arc::new(redis_locks(&redis));
        CloudStore::locked_by(careless.backend(), "forgotten", 5 << 20, locks)
    };
    block_on(async {
        let (one, other) = (store(), store());
        put(&one, "first", "x").await;
        put(&one, "a", "x").await;
        put(&other, "b", "x").await;
        let since = one.next_moment().await.unwrap();
        let removed = one.remove_untouched(&at("first"), since).await.unwrap();
        assert_eq!(removed, Removal::Removed(1));
        // The deletion of `a` is sent, and takes its time to arrive.
        let (deleting, is_deleting) = std::sync::mpsc::channel();
        let deleting = std::sync::Mutex::new(deleting);
        careless.between.decide(move |head, _| {
            let is_it =
                head.starts_with("delete ") && head.replace("%2f", "/").contains("/forgotten/a ");
            if is_it {
                _ = deleting.lock().unwrap().send(());
                wharf_e2e::between::Fate::Delayed(Duration::from_secs(8))
            } else {
                wharf_e2e::between::Fate::Answered
            }
        });
        let removing = tokio::spawn(async move { one.remove_untouched(&at("a"), since).await });
        let deleting = tokio::task::spawn_blocking(move || is_deleting.recv());
        deleting.await.unwrap().unwrap();
        _ = redis.ask(&["FLUSHALL"]);
        let start = Instant::now();
        put(&other, "a", "new").await;
        let waited = start.elapsed();
        assert!(waited >= Duration::from_secs(55), "{waited:?}");
        _ = removing.await.unwrap();
        assert_eq!(other.read(&at("a"), 9).await.unwrap(), "new");
    });
}

fn fails_closed(locks: &[(&'static str, String)], stop: impl FnOnce(), start: impl FnOnce()) {
    let careless = Careless::start();
    let server = careless.server("closed", locks);
    let image = server.push_image("a/b", "1", "amd64");
    stop();
    let push = |tag: &str| {
        let put = server.http().put(&format!("/v2/a/b/manifests/{tag}"));
        put.header("content-type", OCI_IMAGE)
            .body(image.body.clone())
    };
    let begun = Instant::now();
    let refused = push("2").send();
    assert_eq!(refused.status, 503, "{}", server.log());
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    // Reads go on.
    let get = server.http().get("/v2/a/b/manifests/1");
    get.header("accept", OCI_IMAGE).expect(200);
    server.http().get("/v2/a/b/manifests/2").expect(404);
    start();
    let begun = Instant::now();
    while push("2").send().status != 201 {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{}",
            server.log()
        );
    }
}

#[test]
fn nothing_is_acknowledged_without_redis() {
    let redis = Redis::start();
    let hangs = |is_hanging: bool| redis.hang(is_hanging);
    fails_closed(&in_redis(&redis), || hangs(true), || hangs(false));
}

#[test]
fn nothing_is_acknowledged_without_postgres() {
    let postgres = std::cell::RefCell::new(Postgres::start(&Authority::new()));
    let words = in_postgres(&postgres.borrow());
    fails_closed(
        &words,
        || postgres.borrow_mut().stop(),
        || postgres.borrow_mut().start_again(),
    );
}
