//! What a server says when it starts, serves and stops.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::{Pid, Signal, kill_process};

use crate::process::Serving;

pub(crate) fn start(more: &[&str]) -> (Serving, String, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    let mut arguments = vec![
        "serve",
        "--addr",
        "127.0.0.1:0",
        "--data",
        data.path().to_str().unwrap(),
    ];
    arguments.extend(more);
    let mut serving = Serving::start(&arguments);
    let listening = serving.line();
    let address = listening
        .strip_prefix("listening on http://")
        .unwrap()
        .to_owned();
    assert_eq!(
        serving.line(),
        format!("storing in {}", data.path().display())
    );
    let port = address.rsplit_once(':').unwrap().1;
    let push = format!(
        "push with: docker tag IMAGE localhost:{port}/NAME:TAG && docker push localhost:{port}/NAME:TAG"
    );
    assert_eq!(serving.line(), push);
    (serving, address, data)
}

pub(crate) fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: x\r\nUser-Agent: \"me\"\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

pub(crate) fn signal(serving: &Serving, signal: Signal) {
    let pid = Pid::from_raw(serving.pid().try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

#[test]
fn it_serves_logs_and_stops() {
    let (mut serving, address, _data) = start(&["--log-format", "json"]);
    assert!(get(&address, "/v2/").starts_with("HTTP/1.1 200 OK\r\n"));
    let line = serving.line();
    assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
    assert!(
        line.ends_with(r#""GET /v2/ HTTP/1.1" 200 2 "" "\"me\"""#),
        "{line}"
    );
    signal(&serving, Signal::TERM);
    let (code, errors) = serving.finish();
    assert_eq!(code, Some(0), "{errors}");
    let lines: Vec<serde_json::Value> = errors
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.last().unwrap()["msg"], "stopped");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let (serving, address, _data) = start(&[]);
    // A request that will never be whole.
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    .unwrap();
    let mut head = [0; 1024];
    let read = stream.read(&mut head).unwrap();
    let head = String::from_utf8_lossy(&head[..read]).into_owned();
    let location = head
        .lines()
        .find_map(|line| line.strip_prefix("location: "))
        .unwrap();
    let path = location.split_once("//x").unwrap().1;
    write!(
        stream,
        "PATCH {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nsome"
    )
    .unwrap();
    let uploading = std::time::Instant::now();
    while uploading.elapsed() < std::time::Duration::from_millis(200) {
        std::thread::yield_now();
    }
    signal(&serving, Signal::INT);
    while TcpStream::connect(&address).is_ok() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    signal(&serving, Signal::INT);
    let (code, errors) = serving.finish();
    assert_eq!(code, Some(1), "{errors}");
    assert!(errors.contains("ending at once"), "{errors}");
    assert!(errors.contains("1 connections were cut off"), "{errors}");
}
