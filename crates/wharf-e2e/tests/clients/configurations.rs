//! Files that operators of Docker's registry have: those it ships with, those of tutorials
//! and of its Helm chart. Each starts as it stands, with only its directory and its ports
//! moved by variables, as one would move them.

use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::http::Http;

/// As version 3 runs it in its own image.
const DEVELOPMENT_3: &str = "\
version: 0.1
log:
  level: debug
  fields: {service: registry, environment: development}
storage:
  delete: {enabled: true}
  cache: {blobdescriptor: inmemory}
  filesystem: {rootdirectory: /var/lib/registry}
  maintenance:
    uploadpurging: {enabled: false}
  tag: {concurrencylimit: 8}
http:
  addr: :5000
  debug:
    addr: :5001
    prometheus: {enabled: true, path: /metrics}
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver: {enabled: true, interval: 10s, threshold: 3}
";

/// Its sibling of version 2.8: Redis by its old keys, a disabled hook, disabled endpoints.
const DEVELOPMENT_2: &str = "\
version: 0.1
log:
  level: debug
  fields: {service: registry, environment: development}
  hooks:
    - type: mail
      disabled: true
      levels: [panic]
      options:
        smtp: {addr: mail.example.com:25, username: me, password: secret, insecure: true}
        from: sender@example.com
        to: [errors@example.com]
storage:
  delete: {enabled: true}
  cache: {blobdescriptor: redis}
  filesystem: {rootdirectory: /var/lib/registry}
  maintenance:
    uploadpurging: {enabled: false}
http:
  addr: :5000
  debug:
    addr: :5001
    prometheus: {enabled: true, path: /metrics}
  headers:
    X-Content-Type-Options: [nosniff]
redis:
  addr: localhost:6379
  pool: {maxidle: 16, maxactive: 64, idletimeout: 300s}
  dialtimeout: 10ms
  readtimeout: 10ms
  writetimeout: 10ms
notifications:
  events: {includereferences: true}
  endpoints:
    - name: local
      url: http://localhost:5003/callback
      headers: {Authorization: [Bearer token]}
      timeout: 1s
      threshold: 10
      backoff: 1s
      disabled: true
health:
  storagedriver: {enabled: true, interval: 10s, threshold: 3}
";

/// A cache of Docker Hub, with its descriptors in Redis.
const CACHE: &str = "\
version: 0.1
log:
  level: debug
  fields: {service: registry, environment: development}
storage:
  cache: {blobdescriptor: redis}
  filesystem: {rootdirectory: /var/lib/registry-cache}
  maintenance:
    uploadpurging: {enabled: false}
  tag: {concurrencylimit: 8}
http:
  addr: :5000
  secret: a-secret-of-a-file
  debug: {addr: localhost:5001}
  headers:
    X-Content-Type-Options: [nosniff]
redis:
  addrs: [localhost:6379]
  maxidleconns: 16
  poolsize: 64
  connmaxidletime: 300s
proxy:
  remoteurl: https://registry-1.docker.io
  username: me
  password: a-password-of-a-file
health:
  storagedriver: {enabled: true, interval: 10s, threshold: 3}
";

/// The image of version 2 and Debian's package, without their authorization.
const EXAMPLE: &str = "\
version: 0.1
log:
  fields: {service: registry}
storage:
  cache: {blobdescriptor: inmemory}
  filesystem: {rootdirectory: /var/lib/registry}
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver: {enabled: true, interval: 10s, threshold: 3}
";

/// The Helm chart names the driver in a variable only.
const HELM: &str = "\
version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
  debug:
    addr: :5001
    prometheus: {enabled: false, path: /metrics}
health:
  storagedriver: {enabled: true, interval: 10s, threshold: 3}
";

/// Logs for a collector, as tutorials on Kubernetes have it.
const COLLECTED: &str = "\
version: 0.1
log:
  accesslog:
    disabled: true
  level: info
  formatter: json
  fields:
    service: registry
    environment: staging
loglevel: debug
storage:
  filesystem:
    rootdirectory: /var/lib/registry
    maxthreads: 100
  delete:
    enabled: true
  redirect:
    disable: false
  maintenance:
    uploadpurging:
      enabled: true
      age: 168h
      interval: 24h
      dryrun: false
    readonly:
      enabled: false
http:
  addr: :5000
  prefix: /
  secret: a-secret-of-a-file
  relativeurls: true
  draintimeout: 60s
  http2:
    disabled: false
catalog:
  maxentries: 500
validation:
  manifests:
    urls:
      allow:
        - ^https?://([^/]+\\.)*example\\.com/
      deny:
        - ^https?://www\\.example\\.com/
";

/// Starts it where the test may, with what else its operator sets.
fn start(file: &str, variables: &[(&str, &str)]) -> Configured {
    let own = Configuration::of(file)
        .variable("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY", "{data}")
        .variable("REGISTRY_HTTP_DEBUG_ADDR", "{debug}");
    variables
        .iter()
        .fold(own, |own, (name, value)| own.variable(name, value))
        .start()
}

/// Pushes an empty blob and says how that was answered.
fn push(http: &Http) -> u16 {
    let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let target = format!("/v2/library/x/blobs/uploads/?digest={digest}");
    http.post(&target).send().status
}

fn nosniff(http: &Http) {
    let answer = http.get("/v2/").expect(200);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

/// Whether something is stored where it was told to.
fn is_stored(server: &Configured) -> bool {
    server
        .data()
        .join("docker/registry/v2/repositories/library/x")
        .is_dir()
}

#[test]
fn development_of_version_3() {
    let server = start(DEVELOPMENT_3, &[]);
    let http = server.http();
    nosniff(&http);
    assert_eq!(push(&http), 201);
    assert!(is_stored(&server));
    let blob = "/v2/library/x/blobs/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    http.delete(blob).expect(202);
    let debug = server.debug();
    assert_eq!(debug.get("/debug/health").expect(200).body, "{}");
    let metrics = debug.get("/metrics").expect(200);
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    assert!(
        metrics.contains("registry_http_requests_total"),
        "{metrics}"
    );
    let log = server.log();
    assert!(log.contains("environment=development"), "{log}");
    assert!(log.contains("level=debug"), "{log}");
}

#[test]
fn development_of_version_2() {
    let server = start(DEVELOPMENT_2, &[]);
    nosniff(&server.http());
    assert_eq!(push(&server.http()), 201);
    assert!(is_stored(&server));
    server.debug().get("/metrics").expect(200);
    let log = server.log();
    assert!(log.contains("redis.addr: Write `addrs`."), "{log}");
    assert!(!log.contains("notifications.endpoints: not built"), "{log}");
    assert!(!log.contains("hooks: not built"), "{log}");
}

#[test]
fn a_cache_of_docker_hub() {
    let server = start(CACHE, &[]);
    nosniff(&server.http());
    // A cache takes no pushes.
    assert_eq!(push(&server.http()), 405);
    let log = server.log();
    assert!(
        log.contains("proxy: not built into this version yet"),
        "{log}"
    );
    assert!(!log.contains("of-a-file"), "{log}");
}

#[test]
fn the_example_of_version_2() {
    let server = start(EXAMPLE, &[]);
    nosniff(&server.http());
    assert_eq!(push(&server.http()), 201);
    assert!(is_stored(&server));
    let blob = "/v2/library/x/blobs/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    server.http().delete(blob).expect(405);
    assert!(
        server.log().contains("service=registry"),
        "{}",
        server.log()
    );
}

/// As version 3 and Debian's package ship it.
#[test]
fn the_example_with_its_passwords() {
    let passwords = "auth:\n  htpasswd: {realm: basic-realm, path: \"{scratch}/htpasswd\"}\n";
    let server = Configuration::of(&format!("{EXAMPLE}{passwords}")).start();
    server.http().get("/v2/").expect(401);
    assert!(server.log().contains("htpasswd is missing, provisioning"));
}

#[test]
fn the_helm_chart() {
    let secret = ("REGISTRY_HTTP_SECRET", "a-secret-of-a-variable");
    let server = start(HELM, &[secret]);
    nosniff(&server.http());
    assert_eq!(push(&server.http()), 201);
    assert!(is_stored(&server));
    server.debug().get("/debug/health").expect(200);
    server.debug().get("/metrics").expect(404);
}

#[test]
fn logs_for_a_collector() {
    let server = start(COLLECTED, &[]);
    let http = server.http();
    let started = http.post("/v2/library/x/blobs/uploads/").expect(202);
    assert!(started.header("location").starts_with("/v2/library/x/"));
    http.get("/v2/_catalog?n=501").expect(400);
    http.get("/v2/_catalog?n=500").expect(200);
    let log = server.log();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        lines.iter().all(|line| line["environment"] == "staging"),
        "{log}"
    );
    assert!(lines.iter().all(|line| line["level"] != "debug"), "{log}");
}
