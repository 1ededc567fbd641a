//! What a server says on standard error, as a program that collects logs reads it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use insta::assert_snapshot;
use rustix::process::Signal;
use serde_json::Value;

use crate::process::{said, wharf};
use crate::start::{get, signal, start};

/// The fields of a line, in its order.
type Fields = Vec<(String, String)>;

/// Reads `key=value` as logrus writes it, and nothing else.
fn text(line: &str) -> Fields {
    let mut fields = Fields::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (key, back) = rest.split_once('=').unwrap_or_else(|| panic!("{line}"));
        assert!(!key.contains([' ', '"']), "{line}");
        let value;
        (value, rest) = match back.strip_prefix('"') {
            Some(quoted) => {
                let mut escaped = false;
                let end = quoted.find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                let (value, back) = quoted.split_at(end.unwrap_or_else(|| panic!("{line}")));
                (value, &back[1..])
            }
            None => back.split_at(back.find(' ').unwrap_or(back.len())),
        };
        fields.push((key.to_owned(), value.to_owned()));
        rest = match rest.strip_prefix(' ') {
            Some(rest) => rest,
            None if rest.is_empty() => rest,
            None => panic!("{line}"),
        };
    }
    fields
}

fn json(line: &str) -> Fields {
    let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let fields = value.as_object().unwrap().iter();
    fields
        .map(|(key, value)| (key.clone(), value.to_string()))
        .collect()
}

/// The line in its form, without what is different each time.
fn show(fields: &Fields) -> String {
    let shown = fields.iter().map(|(key, value)| {
        let form = match key.as_str() {
            "time" | "@timestamp" => {
                let time = value.trim_matches('"').parse::<jiff::Timestamp>();
                time.map(|_| "<time>").unwrap()
            }
            "http.request.id" | "instance.id" => {
                assert_eq!(value.trim_matches('"').len(), 36, "{value}");
                "<id>"
            }
            "http.response.duration" => {
                assert!(value.trim_matches('"').ends_with('s'), "{value}");
                "<duration>"
            }
            "http.request.remoteaddr" | "http.request.host" => {
                assert!(
                    value.trim_matches('"').starts_with("127.0.0.1:") || value.contains('x'),
                    "{value}"
                );
                "<address>"
            }
            "version" => {
                assert_eq!(value.trim_matches('"'), env!("CARGO_PKG_VERSION"));
                "<version>"
            }
            "http.response.written" => {
                assert!(value.parse::<u64>().is_ok(), "{value}");
                "<bytes>"
            }
            _ => value,
        };
        format!("{key}={form}")
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// What a server says of a request for something, and of one for nothing.
fn two_lines(format: &str, read: fn(&str) -> Fields) -> String {
    let (serving, address, _data) = start(&["--log-format", format]);
    assert!(get(&address, "/v2/").starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(get(&address, "/v2/a/tags/list").starts_with("HTTP/1.1 404 "));
    signal(&serving, Signal::TERM);
    let (code, errors) = serving.finish();
    assert_eq!(code, Some(0), "{errors}");
    let lines: Vec<_> = errors.lines().map(read).collect();
    let of_requests = lines
        .iter()
        .filter(|line| line.iter().any(|(key, _)| key == "http.request.id"));
    let shown: Vec<_> = of_requests.map(show).collect();
    assert_eq!(shown.len(), 2, "{errors}");
    let mut instances: Vec<_> = lines
        .iter()
        .filter_map(|line| line.iter().find(|(key, _)| key == "instance.id"))
        .collect();
    assert_eq!(instances.len(), lines.len(), "{errors}");
    instances.dedup();
    assert_eq!(instances.len(), 1, "{errors}");
    shown.join("\n\n")
}

#[test]
fn lines_of_text() {
    assert_snapshot!(two_lines("text", text), @r#"
    time=<time>
    level=info
    msg=response completed
    http.request.host=<address>
    http.request.id=<id>
    http.request.method=GET
    http.request.remoteaddr=<address>
    http.request.uri=/v2/
    http.request.useragent=\"me\"
    http.response.contenttype=application/json
    http.response.duration=<duration>
    http.response.status=200
    http.response.written=<bytes>
    instance.id=<id>
    version=<version>

    time=<time>
    level=error
    msg=response completed with error
    err.code=name unknown
    err.detail=map[name:a]
    err.message=there is no repository a
    http.request.host=<address>
    http.request.id=<id>
    http.request.method=GET
    http.request.remoteaddr=<address>
    http.request.uri=/v2/a/tags/list
    http.request.useragent=\"me\"
    http.response.contenttype=application/json
    http.response.duration=<duration>
    http.response.status=404
    http.response.written=<bytes>
    instance.id=<id>
    vars.name=a
    version=<version>
    "#);
}

#[test]
fn lines_of_json() {
    assert_snapshot!(two_lines("json", json), @r#"
    http.request.host=<address>
    http.request.id=<id>
    http.request.method="GET"
    http.request.remoteaddr=<address>
    http.request.uri="/v2/"
    http.request.useragent="\"me\""
    http.response.contenttype="application/json"
    http.response.duration=<duration>
    http.response.status=200
    http.response.written=<bytes>
    instance.id=<id>
    level="info"
    msg="response completed"
    time=<time>
    version=<version>

    err.code="name unknown"
    err.detail={"name":"a"}
    err.message="there is no repository a"
    http.request.host=<address>
    http.request.id=<id>
    http.request.method="GET"
    http.request.remoteaddr=<address>
    http.request.uri="/v2/a/tags/list"
    http.request.useragent="\"me\""
    http.response.contenttype="application/json"
    http.response.duration=<duration>
    http.response.status=404
    http.response.written=<bytes>
    instance.id=<id>
    level="error"
    msg="response completed with error"
    time=<time>
    vars.name="a"
    version=<version>
    "#);
}

#[test]
fn lines_for_logstash() {
    assert_snapshot!(two_lines("logstash", json), @r#"
    @timestamp=<time>
    @version="1"
    http.request.host=<address>
    http.request.id=<id>
    http.request.method="GET"
    http.request.remoteaddr=<address>
    http.request.uri="/v2/"
    http.request.useragent="\"me\""
    http.response.contenttype="application/json"
    http.response.duration=<duration>
    http.response.status=200
    http.response.written=<bytes>
    instance.id=<id>
    level="info"
    message="response completed"
    version=<version>

    @timestamp=<time>
    @version="1"
    err.code="name unknown"
    err.detail={"name":"a"}
    err.message="there is no repository a"
    http.request.host=<address>
    http.request.id=<id>
    http.request.method="GET"
    http.request.remoteaddr=<address>
    http.request.uri="/v2/a/tags/list"
    http.request.useragent="\"me\""
    http.response.contenttype="application/json"
    http.response.duration=<duration>
    http.response.status=404
    http.response.written=<bytes>
    instance.id=<id>
    level="error"
    message="response completed with error"
    vars.name="a"
    version=<version>
    "#);
}

/// `log.fields`, `log.reportcaller` and `log.formatter`.
#[test]
fn what_the_configuration_adds_to_each_line() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let log = "{formatter: json, fields: {service: registry, level: mine}, reportcaller: true}";
    // What is warned of is logged before it is found that nobody can listen there.
    write!(
        file,
        "version: 0.1\nstorage: inmemory\nlog: {log}\nodd: 1\n"
    )
    .unwrap();
    let path = file.path().to_str().unwrap();
    let (code, _, errors) = said(&wharf(&["serve", path, "--addr", "192.0.2.1:1"]));
    assert_eq!(code, Some(1), "{errors}");
    let warning = errors.lines().next().unwrap();
    let line: Value = serde_json::from_str(warning).unwrap();
    assert!(
        line["msg"]
            .as_str()
            .unwrap()
            .contains("odd: no such option"),
        "{line}"
    );
    assert_eq!(line["level"], "warning");
    assert_eq!(line["fields.level"], "mine");
    assert_eq!(line["service"], "registry");
    assert_eq!(line["func"], "wharf::serve");
    assert!(
        line["file"].as_str().unwrap().contains("serve.rs:"),
        "{line}"
    );
}

#[test]
fn nothing_below_the_level() {
    let (serving, address, _data) = start(&["--log-level", "error"]);
    get(&address, "/v2/");
    get(&address, "/v2/a/manifests/b");
    signal(&serving, Signal::TERM);
    let (code, errors) = serving.finish();
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(
        errors.contains(" level=error msg=\"response completed with error\" "),
        "{errors}"
    );
}

#[test]
fn a_store_that_fails_is_told_of() {
    let (serving, address, data) = start(&["--log-format", "json"]);
    let tag = "docker/registry/v2/repositories/a/_manifests/tags/b/current";
    #[expect(
        clippy::disallowed_methods,
        reason = "a tree that somebody has damaged"
    )]
    std::fs::create_dir_all(data.path().join(tag)).unwrap();
    std::os::unix::fs::symlink("link", data.path().join(tag).join("link")).unwrap();
    let answer = get(&address, "/v2/a/manifests/b");
    assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
    assert!(!answer.contains(tag), "{answer}");
    signal(&serving, Signal::TERM);
    let (_, errors) = serving.finish();
    let line = errors
        .lines()
        .find(|line| line.contains("\"level\":\"error\""))
        .unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    let detail = line["err.detail"].as_str().unwrap();
    assert!(detail.contains(&format!("{tag}/link: ")), "{detail}");
    assert!(detail.contains("symbolic links"), "{detail}");
    assert_eq!(line["http.request.uri"], "/v2/a/manifests/b");
}

/// A pipe takes 64 KiB; what does not fit must not keep a request waiting, nor the end.
#[test]
fn nobody_needs_to_read_the_logs() {
    let (serving, address, _data) = start(&[]);
    let agent = "x".repeat(4000);
    for _ in 0..100 {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(
            stream,
            "GET /v2/ HTTP/1.1\r\nHost: x\r\nUser-Agent: {agent}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    signal(&serving, Signal::TERM);
    assert_eq!(serving.end(), Some(0));
}
