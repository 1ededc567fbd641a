//! Variables.

use std::time::Duration;

use crate::support::{LEAST, config, errors, warnings};

const FILE: &str = "\
version: 0.1
storage:
  filesystem: {rootdirectory: /file}
  delete: {enabled: true}
http:
  headers: {X-Content-Type-Options: [nosniff]}
";

#[test]
fn a_variable_wins_over_the_file() {
    let directory = |environment: &[(&str, &str)]| {
        let storage = config(FILE, environment).storage;
        storage.filesystem.unwrap().rootdirectory
    };
    assert_eq!(directory(&[]), "/file");
    let name = "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY";
    assert_eq!(directory(&[(name, "/variable")]), "/variable");
}

#[test]
fn a_bare_name_replaces_the_whole_section() {
    let storage = config(FILE, &[("REGISTRY_STORAGE", "inmemory")]).storage;
    assert!(storage.inmemory.is_some() && storage.filesystem.is_none());
    assert!(!storage.delete.enabled);
    // In the order of the names, whatever the order of the variables.
    let environment = [
        ("REGISTRY_STORAGE_DELETE_ENABLED", "true"),
        ("REGISTRY_STORAGE", "inmemory"),
    ];
    assert!(config(FILE, &environment).storage.delete.enabled);
}

#[test]
fn nested_maps_are_reached_with_and_without_the_section_in_the_file() {
    let name = "REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED";
    let with = format!("{FILE}\n").replace(
        "  delete:",
        "  maintenance: {readonly: {enabled: false}}\n  delete:",
    );
    for file in [FILE, &with] {
        let storage = config(file, &[(name, "true")]).storage;
        assert!(storage.maintenance.readonly.enabled);
    }
    let whole = [("REGISTRY_STORAGE_MAINTENANCE_READONLY", "{enabled: true}")];
    assert!(config(FILE, &whole).storage.maintenance.readonly.enabled);
}

#[test]
fn lists_go_by_number_or_whole() {
    let hosts = |environment: &[(&str, &str)]| {
        let letsencrypt = config(LEAST, environment).http.tls.letsencrypt;
        letsencrypt.hosts
    };
    let cache = ("REGISTRY_HTTP_TLS_LETSENCRYPT_CACHEFILE", "/acme");
    let first = ("REGISTRY_HTTP_TLS_LETSENCRYPT_HOSTS_0", "a");
    let second = ("REGISTRY_HTTP_TLS_LETSENCRYPT_HOSTS_1", "b");
    let whole = ("REGISTRY_HTTP_TLS_LETSENCRYPT_HOSTS", "[c, d]");
    assert_eq!(hosts(&[cache, first, second]), ["a", "b"]);
    assert_eq!(hosts(&[cache, whole]), ["c", "d"]);
    assert_eq!(hosts(&[cache, whole, second]), ["c", "b"]);
}

#[test]
fn an_index_beyond_the_list_and_one_that_is_none_are_errors() {
    let beyond = [("REGISTRY_HTTP_TLS_CLIENTCAS_1", "/ca.pem")];
    assert_eq!(
        errors(LEAST, &beyond),
        "REGISTRY_HTTP_TLS_CLIENTCAS_1: undefined index: 1"
    );
    let none = [("REGISTRY_HEALTH_TCP_FIRST_ADDR", "x:1")];
    assert_eq!(
        errors(LEAST, &none),
        "REGISTRY_HEALTH_TCP_FIRST_ADDR: non-numeric index: FIRST"
    );
}

#[test]
fn both_spellings_of_a_field_are_taken() {
    for name in [
        "REGISTRY_HEALTH_FILE_0_FILE",
        "REGISTRY_HEALTH_FILECHECKERS_0_FILE",
    ] {
        let health = config(LEAST, &[(name, "/out-of-service")]).health;
        assert_eq!(health.file[0].file, "/out-of-service", "{name}");
        assert_eq!(health.file[0].interval, Duration::from_secs(10), "{name}");
    }
    for name in [
        "REGISTRY_NOTIFICATIONS_EVENTS_INCLUDEREFERENCES",
        "REGISTRY_NOTIFICATIONS_EVENTCONFIG_INCLUDEREFERENCES",
    ] {
        let notifications = config(LEAST, &[(name, "true")]).notifications;
        assert!(notifications.unwrap().events.includereferences, "{name}");
    }
}

#[test]
fn names_of_the_users_own_keep_their_letters_where_they_are_known() {
    let name = "REGISTRY_HTTP_HEADERS_X-CONTENT-TYPE-OPTIONS";
    let headers = config(FILE, &[(name, "[other]")]).http.headers;
    assert_eq!(headers["X-Content-Type-Options"], ["other"]);
    let headers = config(FILE, &[("REGISTRY_HTTP_HEADERS_X-NEW", "[a, b]")])
        .http
        .headers;
    assert_eq!(headers["x-new"], ["a", "b"]);
    let fields = config(LEAST, &[("REGISTRY_LOG_FIELDS_SERVICE", "registry")])
        .log
        .fields;
    assert_eq!(fields["service"].json(), "registry");
}

#[test]
fn what_kubernetes_puts_there_does_no_harm() {
    let environment = [
        ("REGISTRY_PORT", "tcp://10.0.0.1:5000"),
        ("REGISTRY_PORT_5000_TCP_ADDR", "10.0.0.1"),
        ("REGISTRY_SERVICE_HOST", "10.0.0.1"),
        ("REGISTRY_CONFIGURATION_PATH", "config.yml"),
        ("PATH", "/bin"),
    ];
    insta::assert_snapshot!(warnings(LEAST, &environment), @r"
    REGISTRY_PORT: no such option: ignored
    REGISTRY_PORT_5000_TCP_ADDR: no such option: ignored
    REGISTRY_SERVICE_HOST: no such option: ignored
    ");
}

#[test]
fn the_empty_text_is_as_if_it_was_not_said() {
    let file = format!("{LEAST}http: {{host: https://a, debug: {{addr: :5001}}}}\n");
    let environment = [
        ("REGISTRY_HTTP_HOST", ""),
        ("REGISTRY_HTTP_DEBUG_ADDR", ""),
        ("REGISTRY_LOG_LEVEL", ""),
    ];
    let config = config(&file, &environment);
    assert_eq!(config.http.host, None);
    assert_eq!(config.http.debug.addr, None);
}

#[test]
fn a_text_that_is_no_yaml_is_meant_as_it_stands() {
    for text in ["*star", "a: b", "{open", "- x"] {
        let host = config(LEAST, &[("REGISTRY_HTTP_HOST", text)]).http.host;
        assert_eq!(host.as_deref(), Some(text));
    }
}

#[test]
fn a_value_of_the_wrong_kind_names_the_variable() {
    insta::assert_snapshot!(
        errors(LEAST, &[
            ("REGISTRY_HTTP_DRAINTIMEOUT", "soon"),
            ("REGISTRY_STORAGE_DELETE_ENABLED", "perhaps"),
            ("REGISTRY_TAGS_MAXTAGS", "-5"),
            ("REGISTRY_LOG_FORMATTER", "xml"),
            ("REGISTRY_HTTP_HEADERS", "[a]"),
        ]),
        @r"
    REGISTRY_LOG_FORMATTER: log.formatter: `xml` is none of: text, json, logstash
    REGISTRY_STORAGE_DELETE_ENABLED: storage.delete.enabled: `perhaps` is neither true nor false
    REGISTRY_HTTP_DRAINTIMEOUT: http.draintimeout: `soon` is not a duration: write it as 90s, 1h30m or 168h
    REGISTRY_HTTP_HEADERS: http.headers: a section is expected here, not a list
    REGISTRY_TAGS_MAXTAGS: tags.maxtags: -5 is out of bounds: from 0 to 4294967295
    "
    );
}

#[test]
fn an_authorization_in_a_variable_is_not_left_out() {
    for name in ["REGISTRY_AUTH_LDAP_REALM", "REGISTRY_AUTH_HTPASSWD_REALMS"] {
        let told = errors(LEAST, &[(name, "x")]);
        assert!(
            told.contains(&format!("{name}: no such option of auth")),
            "{told}"
        );
    }
    // What Kubernetes sets for a service called `registry-auth`.
    for name in [
        "REGISTRY_AUTH_FILE",
        "REGISTRY_AUTH_PORT",
        "REGISTRY_AUTH_SERVICE_HOST",
        "REGISTRY_HEALTH_HTTP_PORT",
    ] {
        assert!(warnings(LEAST, &[(name, "x")]).contains(name));
    }
}

#[test]
fn a_list_by_number_may_have_more_than_ten_items() {
    let cache = ("REGISTRY_HTTP_TLS_LETSENCRYPT_CACHEFILE", "/acme");
    let names: Vec<_> = (0..12)
        .map(|number| format!("REGISTRY_HTTP_TLS_LETSENCRYPT_HOSTS_{number}"))
        .collect();
    let mut environment: Vec<_> = names.iter().map(|name| (name.as_str(), "a")).collect();
    environment.push(cache);
    let letsencrypt = config(LEAST, &environment).http.tls.letsencrypt;
    assert_eq!(letsencrypt.hosts.len(), 12);
}
