//! A collector of traces: OTLP over HTTP, one request per connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1 as otlp;
use prost::Message as _;

/// Head and body.
type Received = (String, Vec<u8>);

pub(super) struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

/// A span and the service that it is of.
pub(super) struct Span {
    pub(super) span: otlp::Span,
    pub(super) service: String,
}

// === impl Collector ===

impl Collector {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let collector = Self {
            address: listener.local_addr().unwrap(),
            received: Arc::default(),
        };
        let received = Arc::clone(&collector.received);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read(&mut stream);
                // Who has an answer may look at once.
                received.lock().unwrap().push(request);
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                stream.write_all(answer).unwrap();
            }
        });
        collector
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that came; who sent it has its answer.
    pub(super) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

fn read(stream: &mut TcpStream) -> Received {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    (head, body)
}

/// The spans of all requests, in the order in which they began.
pub(super) fn spans(received: &[Received]) -> Vec<Span> {
    let mut spans = Vec::new();
    for (_, body) in received {
        let request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        for group in request.resource_spans {
            let service = attribute(&group.resource.unwrap().attributes, "service.name");
            for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                let service = service.clone();
                spans.push(Span { span, service });
            }
        }
    }
    spans.sort_by_key(|Span { span, .. }| span.start_time_unix_nano);
    spans
}

/// An attribute as text.
pub(super) fn attribute(attributes: &[KeyValue], name: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == name);
    match found.unwrap().value.clone().unwrap().value.unwrap() {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => panic!("{name}: {other:?}"),
    }
}
