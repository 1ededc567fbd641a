//! Files.

use std::time::Duration;

use wharf_config::options::{Formatter, Level, Network};
use wharf_config::{Sources, load};

use crate::support::{LEAST, config, loaded, warnings};

#[test]
fn without_a_file_there_is_a_registry_for_trying_out() {
    let config = load(&Sources::default()).unwrap().config;
    assert_eq!(config.http.addr, "127.0.0.1:5000");
    let directory = config.storage.filesystem.unwrap().rootdirectory;
    assert_eq!(directory, "./wharfinger-data");
    assert!(config.storage.delete.enabled);
}

#[test]
fn what_is_left_out_is_as_distribution_has_it() {
    let config = config("version: 0.1\nstorage:\n  filesystem:\n", &[]);
    let directory = config.storage.filesystem.unwrap().rootdirectory;
    assert_eq!(directory, "/var/lib/registry");
    assert!(!config.storage.delete.enabled);
    assert_eq!(config.http.net, Network::Tcp);
    assert_eq!(config.log.level, Level::Info);
    assert_eq!(config.log.formatter, Formatter::Text);
    let purging = config.storage.maintenance.uploadpurging;
    assert!(purging.enabled && !purging.dryrun);
    assert_eq!(purging.age, Duration::from_secs(168 * 3600));
    assert_eq!(config.catalog.maxentries, 1000);
}

#[test]
fn booleans_are_those_of_yaml_1_1() {
    for (text, expected) in [("yes", true), ("on", true), ("TRUE", true), ("off", false)] {
        let file = format!("{LEAST}http: {{relativeurls: {text}}}\n");
        assert_eq!(config(&file, &[]).http.relativeurls, expected, "{text}");
    }
}

#[test]
fn anchors_aliases_and_merged_maps_work() {
    let file = "\
version: 0.1
x-headers: &headers
  X-A: [a]
  X-B: [b]
storage: inmemory
http:
  headers:
    <<: *headers
    X-B: [own]
";
    let headers = config(file, &[]).http.headers;
    assert_eq!(headers["X-A"], ["a"]);
    assert_eq!(headers["X-B"], ["own"]);
}

#[test]
fn a_section_may_be_a_bare_name() {
    let config = config("version: 0.1\nstorage: inmemory\nauth: none\n", &[]);
    assert!(config.storage.inmemory.is_some());
    assert!(config.auth.none.is_some());
}

#[test]
fn sections_with_nothing_in_them_are_there() {
    let file = "version: 0.1\nstorage:\n  inmemory:\nhttp:\n  tls:\n  headers:\nlog:\n";
    let config = config(file, &[]);
    assert!(config.storage.inmemory.is_some());
    assert!(config.http.tls.certificate.is_none());
    assert!(config.http.headers.is_empty());
}

#[test]
fn unknown_keys_are_told_and_ignored() {
    let file = format!("{LEAST}http:\n  adr: :80\nstorag: x\nsomething: {{a: [1, {{b: c}}]}}\n");
    insta::assert_snapshot!(warnings(&file, &[]), @r"
    config.yml:4: http.adr: no such option: ignored; did you mean `addr`?
    config.yml:5: storag: no such option: ignored; did you mean `storage`?
    config.yml:6: something: no such option: ignored
    ");
}

#[test]
fn what_distribution_2_had_is_understood_and_told() {
    let file = "\
version: 0.1
loglevel: debug
storage:
  filesystem: {rootdirectory: /srv}
redis:
  addr: localhost:6379
  pool: {maxidle: 16}
compatibility:
  schema1: {enabled: true}
reporting:
  bugsnag: {apikey: x}
http:
  tls: {minimumtls: tls1.0}
";
    let loaded = loaded(file, &[]);
    assert_eq!(loaded.config.log.level, Level::Debug);
    assert_eq!(loaded.config.redis.addrs, ["localhost:6379"]);
    insta::assert_snapshot!(warnings(file, &[]), @r"
    config.yml:2: loglevel: Write `log.level`. It is used where that is not set.
    config.yml:6: redis.addr: Write `addrs`.
    config.yml:7: redis.pool: Nothing takes its place: there is no pool.
    config.yml:8: compatibility: Manifests of schema 1 are not served: push the images again.
    config.yml:10: reporting: Nothing is reported to Bugsnag or New Relic.
    ");
}

#[test]
fn what_is_not_built_is_told_where_it_is_asked_for() {
    let file = format!(
        "{LEAST}notifications:\n  endpoints:\n    - {{name: a, url: http://x, disabled: true}}\n"
    );
    assert_eq!(warnings(&file, &[]), "");
    let file = file.replace("true", "false");
    let told = warnings(&file, &[]);
    assert!(
        told.starts_with("config.yml:4: notifications.endpoints: not built"),
        "{told}"
    );
}

#[test]
fn fields_of_the_log_may_be_anything() {
    let file =
        format!("{LEAST}log: {{fields: {{tags: [a, b], build: {{id: 7}}, on: true}}}}\n---\n");
    let fields = config(&file, &[]).log.fields;
    assert_eq!(fields["tags"].json().to_string(), r#"["a","b"]"#);
    assert_eq!(fields["build"].json().to_string(), r#"{"id":7}"#);
    assert_eq!(fields["on"].json().to_string(), "true");
}

#[test]
fn a_negative_time_is_none() {
    let file = format!("{LEAST}http: {{draintimeout: -1s}}\nredis: {{readtimeout: -1}}\n");
    assert_eq!(config(&file, &[]).http.draintimeout, Duration::ZERO);
}

/// As Go's library reads it.
#[test]
fn of_a_key_that_stands_twice_the_last_counts() {
    let file = format!("{LEAST}http:\n  addr: :1\n  addr: :2\n");
    assert_eq!(config(&file, &[]).http.addr, ":2");
    assert_eq!(
        warnings(&file, &[]),
        "config.yml:5: `addr` stands here twice: this one counts"
    );
}
