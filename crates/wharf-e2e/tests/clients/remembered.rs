//! Which layers repositories hold, remembered in Redis: by servers over one bucket, and by
//! distribution beside them.

mod kinds;
mod neighbours;
mod outages;

use std::sync::Arc;
use std::time::{Duration, Instant};

use wharf_e2e::between::Between;
use wharf_e2e::bucket::Bucket;
use wharf_e2e::digest::sha256;
use wharf_e2e::server::{Kind, Server, Setup};

/// A server, and all that it asks of its bucket.
struct Scene {
    server: Server,
    between: Between,
    _bucket: Arc<Bucket>,
}

// === impl Scene ===

impl Scene {
    /// Over what is below `root` in the bucket of all.
    fn start(kind: Kind, root: &str, redis: &[(&'static str, String)]) -> Self {
        let bucket = Bucket::shared();
        let between = Between::start(bucket.address());
        let section = Bucket::section_at(between.address(), root);
        let setup = Setup::of(kind).bucket("s3", section).redirects();
        let setup = setup.variable("REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR", "redis".to_owned());
        let with = |setup: Setup, (name, value): &(&'static str, String)| {
            setup.variable(name, value.clone())
        };
        let server = redis.iter().fold(setup, with).start();
        Self {
            server,
            between,
            _bucket: bucket,
        }
    }

    fn status(&self, method: &str, path: &str) -> u16 {
        let http = self.server.http();
        let call = match method {
            "GET" => http.get(path),
            "HEAD" => http.head(path),
            _ => http.delete(path),
        };
        call.send().status
    }

    /// How many requests to the bucket that makes; it has to be answered so.
    fn costs(&self, method: &str, path: &str, status: u16) -> usize {
        self.between.forget();
        assert_eq!(self.status(method, path), status, "{method} {path}");
        self.between.asked().len()
    }

    /// Pushes a blob; where it is.
    fn push(&self, repository: &str, content: &str) -> String {
        let digest = self.server.push_blob(repository, content.to_owned());
        assert_eq!(digest, sha256(content.as_bytes()));
        format!("/v2/{repository}/blobs/{digest}")
    }
}

/// What names the one server of Redis.
fn at(address: &str) -> Vec<(&'static str, String)> {
    vec![("REGISTRY_REDIS_ADDRS", format!("[\"{address}\"]"))]
}

fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

const LIMIT: Duration = Duration::from_secs(20);
