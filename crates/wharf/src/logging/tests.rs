//! Events in, lines out.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt as _;
use wharf_log::{Lines, Structured};

use super::layer::{Gate, LogLayer};
use super::line::Style;
use super::{Level, LogSettings};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is written of the events of `log`.
fn written(settings: &LogSettings, style: Style, log: impl FnOnce(&Gate)) -> String {
    let written = Written::default();
    let lines = Lines::new("test", written.clone(), 1 << 20).unwrap();
    let gate = Arc::new(Gate::new(settings.level));
    let layer = LogLayer::new(settings, style, Arc::clone(&gate), lines.clone());
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || log(&gate));
    assert!(lines.close(Duration::from_secs(60)));
    let bytes = written.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn event(settings: &LogSettings, style: Style) -> String {
    written(settings, style, |_| {
        let span = tracing::error_span!("request", http.request.id = "42", vars.name = "outer");
        let _within = span.enter();
        let detail = Structured(json!({ "name": "a", "more": [1, "x y"] }));
        let detail: &(dyn std::error::Error + 'static) = &detail;
        tracing::warn!(
            vars.name = "inner",
            http.response.status = 404,
            ok = false,
            nothing = None::<&str>,
            empty = "",
            err.detail = detail,
            level = "mine",
            "a \"message\""
        );
    })
}

fn settings() -> LogSettings {
    LogSettings {
        fields: vec![
            ("service".to_owned(), json!("registry")),
            ("vars.name".to_owned(), json!("outmost")),
            ("nested".to_owned(), json!({ "b": ["x", "y<z"], "a": 1 })),
        ],
        ..LogSettings::default()
    }
}

/// The line without what is different each time.
fn constant(line: &str) -> String {
    let mut constant = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if let Some(back) = uuid(rest) {
            constant.push_str("<uuid>");
            rest = back;
        } else if let Some(back) = time(rest) {
            constant.push_str("<time>");
            rest = back;
        } else {
            constant.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    constant.replace(env!("CARGO_PKG_VERSION"), "<version>")
}

fn uuid(text: &str) -> Option<&str> {
    let (front, back) = text.split_at_checked(36)?;
    front.parse::<uuid::Uuid>().is_ok().then_some(back)
}

fn time(text: &str) -> Option<&str> {
    let end = text.find(['"', ']'])?;
    let (front, back) = text.split_at(end);
    front.parse::<jiff::Timestamp>().is_ok().then_some(back)
}

#[test]
fn a_line_of_text() {
    assert_snapshot!(constant(&event(&settings(), Style::Text)), @r#"time="<time>" level=warning msg="a \"message\"" empty= err.detail="map[more:[1 x y] name:a]" fields.level=mine http.request.id=42 http.response.status=404 instance.id=<uuid> nested="map[a:1 b:[x y<z]]" ok=false service=registry vars.name=inner version=<version>"#);
}

#[test]
fn a_line_of_json() {
    assert_snapshot!(constant(&event(&settings(), Style::Json)), @r#"{"empty":"","err.detail":{"more":[1,"x y"],"name":"a"},"fields.level":"mine","http.request.id":"42","http.response.status":404,"instance.id":"<uuid>","level":"warning","msg":"a \"message\"","nested":{"a":1,"b":["x","y<z"]},"ok":false,"service":"registry","time":"<time>","vars.name":"inner","version":"<version>"}"#);
}

#[test]
fn a_line_for_logstash() {
    assert_snapshot!(constant(&event(&settings(), Style::Logstash)), @r#"{"@timestamp":"<time>","@version":"1","empty":"","err.detail":{"more":[1,"x y"],"name":"a"},"fields.level":"mine","http.request.id":"42","http.response.status":404,"instance.id":"<uuid>","level":"warning","message":"a \"message\"","nested":{"a":1,"b":["x","y<z"]},"ok":false,"service":"registry","vars.name":"inner","version":"<version>"}"#);
}

#[test]
fn a_line_for_people() {
    let line = event(&LogSettings::default(), Style::Terminal);
    let (front, back) = (&line[..14], &line[22..]);
    assert_eq!(line[14..].find(']'), Some(8), "{line}");
    assert_snapshot!(format!("{front}<time>{back}").replace('\x1b', "ESC"), @r#"ESC[33mWARNESC[0m[<time>] a "message"                                  ESC[33memptyESC[0m= ESC[33merr.detailESC[0m="map[more:[1 x y] name:a]" ESC[33mhttp.request.idESC[0m=42 ESC[33mhttp.response.statusESC[0m=404 ESC[33mlevelESC[0m=mine ESC[33mokESC[0m=false ESC[33mvars.nameESC[0m=inner"#);
}

#[test]
fn where_a_line_comes_from() {
    let settings = LogSettings {
        report_caller: true,
        ..LogSettings::default()
    };
    let event = |style| {
        let line = written(&settings, style, |_| tracing::info!(func = "mine", "here"));
        let (front, back) = line.split_once("tests.rs:").unwrap();
        let digits = back.find(|c: char| !c.is_ascii_digit()).unwrap();
        assert!(digits > 0, "{line}");
        constant(&format!("{front}tests.rs:<line>{}", &back[digits..]))
    };
    assert_snapshot!(event(Style::Text), @r#"time="<time>" level=info msg=here func="wharf::logging::tests" file="crates/wharf/src/logging/tests.rs:<line>" fields.func=mine instance.id=<uuid> version=<version>"#);
    assert_snapshot!(event(Style::Json), @r#"{"fields.func":"mine","file":"crates/wharf/src/logging/tests.rs:<line>","func":"wharf::logging::tests","instance.id":"<uuid>","level":"info","msg":"here","time":"<time>","version":"<version>"}"#);
    assert_snapshot!(event(Style::Logstash), @r#"{"@timestamp":"<time>","@version":"1","file":"crates/wharf/src/logging/tests.rs:<line>","func":"mine","function":"wharf::logging::tests","instance.id":"<uuid>","level":"info","message":"here","version":"<version>"}"#);
}

#[test]
fn nothing_in_a_field_makes_another_line_or_field() {
    let evil = "x\" level=error msg=\"y\"\r\nlevel=error\u{2028}\u{85}\x1b[2J\\\0\u{202e}";
    let settings = LogSettings {
        fields: vec![(format!("key={evil}"), json!({ evil: [evil] }))],
        ..LogSettings::default()
    };
    for style in [Style::Text, Style::Json, Style::Logstash, Style::Terminal] {
        let text = written(&settings, style, |_| {
            tracing::info!(value = evil, debugged = ?evil, "{evil}");
        });
        assert_eq!(text.matches('\n').count(), 1, "{style:?}: {text:?}");
        assert!(text.ends_with('\n'), "{style:?}: {text:?}");
        let coloured = text.replace("\x1b[36m", "").replace("\x1b[0m", "");
        let seen = if style == Style::Terminal {
            &coloured
        } else {
            &text
        };
        let strange = |c: &char| *c != '\n' && !(' '..='~').contains(c);
        assert_eq!(seen.chars().find(strange), None, "{style:?}: {text:?}");
        match style {
            Style::Json | Style::Logstash => {
                let line: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(line["value"], evil);
                assert_eq!(line[format!("key={evil}")], json!({ evil: [evil] }));
                assert_eq!(line["level"], "info");
            }
            Style::Text => {
                assert_eq!(text.matches(" level=info ").count(), 1, "{text}");
                assert!(
                    text.contains(" value=\"x\\\" level=error msg=\\\"y\\\"\\r\\nlevel"),
                    "{text}"
                );
            }
            Style::Terminal => {}
        }
    }
}

#[test]
fn nothing_makes_a_line_long() {
    let long = "é".repeat(100_000);
    let detail = Structured(json!({ "name": long }));
    let detail: &(dyn std::error::Error + 'static) = &detail;
    for style in [Style::Text, Style::Json, Style::Logstash, Style::Terminal] {
        let text = written(&LogSettings::default(), style, |_| {
            tracing::info!(value = long, debugged = ?long, detail, "{long}");
        });
        assert!(text.len() < 40_000, "{style:?}: {} bytes", text.len());
        assert!(text.contains("é...\""), "{style:?}");
    }
}

#[test]
fn the_level_can_change_while_events_come() {
    let text = written(&LogSettings::default(), Style::Json, |gate| {
        let all = |when: &str| {
            tracing::error!("{when} error");
            tracing::warn!("{when} warning");
            tracing::info!("{when} info");
            tracing::debug!("{when} debug");
            tracing::trace!("{when} trace");
        };
        all("first");
        gate.set(Level::Error);
        all("second");
        gate.set(Level::Debug);
        all("third");
        gate.set(Level::Warn);
        all("fourth");
    });
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let messages: Vec<_> = lines
        .map(|line| line["msg"].as_str().unwrap().to_owned())
        .collect();
    let expected = [
        "first error",
        "first warning",
        "first info",
        "second error",
        "third error",
        "third warning",
        "third info",
        "third debug",
        "fourth error",
        "fourth warning",
    ];
    assert_eq!(messages, expected);
}

#[test]
fn libraries_are_heard_when_they_warn() {
    let settings = LogSettings {
        level: Level::Debug,
        ..LogSettings::default()
    };
    let text = written(&settings, Style::Text, |_| {
        tracing::debug!(target: "h2::codec", "received frame=Secret");
        tracing::info!(target: "h2::codec", "detail");
        tracing::warn!(target: "h2::codec", "too many resets");
        tracing::debug!(target: "wharf_http::app", "ours");
    });
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(
        text.contains("level=warning msg=\"too many resets\""),
        "{text}"
    );
    assert!(text.contains("level=debug msg=ours"), "{text}");
}

/// Takes a write only when it is told to.
struct Slow {
    started: Sender<()>,
    go: Receiver<()>,
    written: Written,
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.started.send(()).unwrap();
        self.go.recv().unwrap();
        self.written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_that_were_lost_are_counted() {
    let ((started, is_writing), (may_write, go)) = (channel(), channel());
    let written = Written::default();
    let output = Slow {
        started,
        go,
        written: written.clone(),
    };
    let lines = Lines::new("test", output, 2000).unwrap();
    let gate = Arc::new(Gate::new(Level::Info));
    let layer = LogLayer::new(&LogSettings::default(), Style::Json, gate, lines.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        tracing::info!("first");
        is_writing.recv().unwrap();
        for number in 0..3 {
            tracing::info!(number, long = "x".repeat(700), "second");
        }
        tracing::info!(long = "x".repeat(700), "third");
        may_write.send(()).unwrap();
        is_writing.recv().unwrap();
        may_write.send(()).unwrap();
        // Both of the second that found room are on their way.
        tracing::info!("fourth");
    });
    may_write.send(()).unwrap();
    assert!(lines.close(Duration::from_secs(60)));
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let told: Vec<_> = text
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            (line["msg"].clone(), line.get("dropped").cloned())
        })
        .collect();
    let expected = [
        (json!("first"), None),
        (json!("second"), None),
        (json!("second"), None),
        (
            json!("log lines were dropped: nobody reads them fast enough"),
            Some(json!(2)),
        ),
        (json!("fourth"), None),
    ];
    assert_eq!(told, expected);
}
