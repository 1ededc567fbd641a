//! What `config print` shows.

use wharf_config::{Flag, load};

use crate::support::{LEAST, config, loaded, sources};

const FILE: &str = "\
version: 0.1
storage:
  filesystem: {rootdirectory: /srv/images}
http:
  secret: hush
  headers:
    X-Content-Type-Options: [nosniff]
health:
  file:
    - file: /out
      interval: 1m
    - {file: /off}
";

#[test]
fn every_value_is_shown_with_where_it_came_from() {
    let mut sources = sources(FILE, &[("REGISTRY_LOG_LEVEL", "debug")]);
    sources.flags.push(Flag {
        name: "--addr",
        option: &["http", "addr"],
        value: ":80".to_owned(),
    });
    let loaded = load(&sources).unwrap();
    insta::assert_snapshot!(loaded.print());
    let json = serde_json::to_string_pretty(&loaded.print_json()).unwrap();
    insta::assert_snapshot!(json);
}

#[test]
fn what_is_printed_says_the_same_again() {
    let file = FILE.replace("  secret: hush\n", "");
    let printed = loaded(&file, &[]).print();
    assert_eq!(config(&printed, &[]), config(&file, &[]));
}

#[test]
fn secrets_are_shown_nowhere() {
    let file = format!("{LEAST}redis: {{password: hush, addrs: [a]}}\nhttp: {{secret: hush}}\n");
    let loaded = loaded(&file, &[("REGISTRY_PROXY_PASSWORD", "hush")]);
    assert!(!loaded.print().contains("hush"));
    assert!(!loaded.print_json().to_string().contains("hush"));
    assert!(!format!("{:?}", loaded.config).contains("hush"));
    let password = loaded.config.proxy.unwrap().password.unwrap();
    assert_eq!(password.reveal(), "hush");
}

#[test]
fn secrets_in_urls_and_headers_are_not_shown_either() {
    let file = format!(
        "{LEAST}proxy: {{remoteurl: 'https://me:hush@hub/x'}}\n\
         health: {{http: [{{uri: 'http://me:hush@h/', headers: {{Authorization: [hush]}}}}]}}\n"
    );
    let loaded = loaded(&file, &[]);
    let printed = loaded.print();
    assert!(!printed.contains("hush"), "{printed}");
    assert!(printed.contains("https://(hidden)@hub/x"), "{printed}");
    assert!(!loaded.print_json().to_string().contains("hush"));
}
