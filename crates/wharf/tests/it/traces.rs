//! Traces, as a collector receives them.

mod collector;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use self::collector::{Collector, Span};
use crate::process::Serving;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// Starts a server with these variables, asks it twice, and stops it; returns its log.
fn ask_and_stop(variables: &[(&str, &str)]) -> String {
    let data = tempfile::tempdir().unwrap();
    let directory = data.path().to_str().unwrap();
    let arguments = ["serve", "--addr", "127.0.0.1:0", "--data", directory];
    let mut serving = Serving::start_with(&arguments, variables);
    let listening = serving.line();
    let address = listening.strip_prefix("listening on http://").unwrap();
    let traceparent = format!("Traceparent: 00-{TRACE}-{PARENT}-01\r\n");
    for (path, headers) in [("/v2/", ""), ("/v2/a/tags/list?n=1", traceparent.as_str())] {
        let mut stream = TcpStream::connect(address).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: me\r\n{headers}Connection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
    }
    let pid = Pid::from_raw(serving.pid().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let (code, errors) = serving.finish();
    assert_eq!(code, Some(0), "{errors}");
    errors
}

#[test]
fn every_request_is_a_span_and_a_stop_loses_none() {
    let collector = Collector::start();
    let base = collector.url();
    ask_and_stop(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", base.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=abc"),
    ]);
    let received = collector.received();
    for (head, _) in &received {
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
        assert!(
            head.contains("\r\ncontent-type: application/x-protobuf\r\n"),
            "{head}"
        );
        assert!(head.contains("\r\nx-key: abc\r\n"), "{head}");
    }
    let spans = collector::spans(&received);
    let names: Vec<_> = spans
        .iter()
        .map(|Span { span, .. }| span.name.as_str())
        .collect();
    assert_eq!(names, ["GET /v2/", "GET /v2/a/tags/list"]);
    for (Span { span, service }, status) in spans.iter().zip(["200", "404"]) {
        assert_eq!(service, "distribution");
        assert_eq!(
            collector::attribute(&span.attributes, "http.response.status_code"),
            status
        );
        assert_eq!(
            collector::attribute(&span.attributes, "http.request.method"),
            "GET"
        );
        assert_eq!(
            collector::attribute(&span.attributes, "user_agent.original"),
            "me"
        );
        assert_eq!(
            collector::attribute(&span.attributes, "client.address"),
            "127.0.0.1"
        );
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
    }
    let (first, second) = (&spans[0].span, &spans[1].span);
    assert!(first.parent_span_id.is_empty());
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    assert_eq!(hex(&second.trace_id), TRACE);
    assert_eq!(hex(&second.parent_span_id), PARENT);
}

#[test]
fn the_service_may_be_called_otherwise() {
    let collector = Collector::start();
    let endpoint = format!("{}/in", collector.url());
    ask_and_stop(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str()),
        ("OTEL_SERVICE_NAME", "hub"),
    ]);
    let received = collector.received();
    assert!(received[0].0.starts_with("POST /in HTTP/1.1\r\n"));
    let spans = collector::spans(&received);
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[0].service, "hub");
}

#[test]
fn none_means_none() {
    let collector = Collector::start();
    let base = collector.url();
    let errors = ask_and_stop(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", base.as_str()),
        ("OTEL_TRACES_EXPORTER", "none"),
    ]);
    assert!(!errors.contains("traces"), "{errors}");
    assert_eq!(collector.received().len(), 0);
}

#[test]
fn a_collector_that_is_not_there_disturbs_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = format!("http://me:secret@{}", listener.local_addr().unwrap());
    drop(listener);
    let start = Instant::now();
    let errors = ask_and_stop(&[("OTEL_EXPORTER_OTLP_ENDPOINT", nowhere.as_str())]);
    assert!(start.elapsed() < Duration::from_secs(60));
    assert!(errors.contains("traces were not sent"), "{errors}");
    assert!(!errors.contains("secret"), "{errors}");
}

#[test]
fn an_endpoint_that_is_none_is_said_at_the_start() {
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere at all")];
    let data = tempfile::tempdir().unwrap();
    let directory = data.path().to_str().unwrap();
    let arguments = ["serve", "--addr", "127.0.0.1:0", "--data", directory];
    let serving = Serving::start_with(&arguments, &variables);
    let (code, errors) = serving.finish();
    assert_eq!(code, Some(1));
    assert!(errors.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{errors}");
}
