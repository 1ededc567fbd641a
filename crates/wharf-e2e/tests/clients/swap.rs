//! The binary is replaced while it serves: a successor on the same directory takes over the
//! listening socket, as systemd's socket activation passes it on, and no request fails.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::json;
use wharf_e2e::configured::Configuration;
use wharf_e2e::daemon::Daemon;
use wharf_e2e::digest::sha256;
use wharf_e2e::http::Http;
use wharf_e2e::noise;
use wharf_e2e::publish::OCI_IMAGE;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{free_address, wharf};

mod client;
mod load;

use load::{Counts, Load, Over};

const LIMIT: Duration = Duration::from_secs(20);
const LEAST: usize = 4000;

/// A server that is given `socket` as file descriptor 3 and `count` times in all, in the way
/// of sd_listen_fds(3).
fn pass(socket: &TcpListener, count: usize, data: &Path, log: &Path) -> Daemon {
    let descriptors: String = (3..3 + count)
        .map(|number| format!("{number}<&0 "))
        .collect();
    let script = format!(
        "export LISTEN_FDS={count} LISTEN_PID=$$; exec \"$0\" \"$@\" {descriptors} 0</dev/null"
    );
    let wharf = wharf().display().to_string();
    let data = data.display().to_string();
    let arguments = ["-c", &script, &wharf, "serve", "--data", &data];
    let socket = OwnedFd::from(socket.try_clone().unwrap());
    let shell = Path::new("/bin/sh");
    Daemon::start_with_input(shell, arguments, &[], log, Stdio::from(socket))
}

fn listens(log: &Path) -> bool {
    std::fs::read_to_string(log).is_ok_and(|log| log.contains("listening on "))
}

#[test]
fn no_request_fails_while_the_binary_is_replaced_twice() {
    let scratch = Scratch::new();
    let data = scratch.join("data");
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let start = |name: &str| {
        let log = scratch.join(name);
        let mut daemon = pass(&socket, 1, &data, &log);
        daemon.wait_until(LIMIT, || listens(&log)).unwrap();
        daemon
    };
    let mut current = start("first");
    let load = prepare(&socket.local_addr().unwrap().to_string());
    let counts = &load.counts;
    std::thread::scope(|scope| {
        let over = Over(counts);
        load.start(scope);
        counts.wait_for(LEAST / 4);
        for name in ["second", "third"] {
            let next = start(name);
            // Both take connections.
            counts.wait_for(LEAST / 8);
            let ended = std::mem::replace(&mut current, next).stop();
            assert!(ended.success(), "{ended}\n{:?}", counts.failures());
            counts.wait_for(LEAST / 4);
        }
        drop(over);
    });
    let failures = counts.failures();
    let fresh = counts.fresh.load(Ordering::Relaxed);
    let retried = counts.retried.load(Ordering::Relaxed);
    let pushes = counts.pushes.load(Ordering::Relaxed);
    println!(
        "{} requests, {} failed; {fresh} on connections of their own; {pushes} pushes; \
         {retried} sent again on a new connection",
        counts.done(),
        failures.len()
    );
    assert!(failures.is_empty(), "{}: {failures:#?}", failures.len());
    assert!(counts.done() >= LEAST && fresh > 100 && pushes > 50);
    // Each of three clients finds its connection closed at most once in each swap.
    assert!(retried <= 6, "{retried}");
    load.check_pushed();
    for name in ["first", "second", "third"] {
        let log = std::fs::read_to_string(scratch.join(name)).unwrap();
        assert!(log.contains("GET /v2/swap/app/manifests/1"), "{name}");
    }
}

/// Puts there what will be asked for.
fn prepare(address: &str) -> Load {
    let http = Http::new(address);
    let push = |bytes: Vec<u8>| {
        let digest = sha256(&bytes);
        let target = format!("/v2/swap/app/blobs/uploads/?digest={digest}");
        http.post(&target).body(bytes.clone()).expect(201);
        (digest, bytes)
    };
    let blob = push(noise::bytes(1, 3_000_000));
    let config = push(b"{}".to_vec());
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json", "digest": config.0, "size": 2,
        },
        "layers": [{
            "mediaType": "application/octet-stream", "digest": blob.0, "size": blob.1.len(),
        }],
    })
    .to_string();
    let put = http.put("/v2/swap/app/manifests/1");
    let put = put.header("content-type", OCI_IMAGE);
    put.body(manifest.clone()).expect(201);
    let pushed = (0..32).map(|seed| noise::bytes(100 + seed, 5000));
    Load {
        address: address.to_owned(),
        manifest: manifest.into_bytes(),
        blob,
        pushed: pushed.map(|bytes| (sha256(&bytes), bytes)).collect(),
        counts: Counts::default(),
    }
}

#[test]
fn more_than_one_passed_socket_is_an_error() {
    let scratch = Scratch::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let log = scratch.join("log");
    let mut daemon = pass(&socket, 2, &scratch.join("data"), &log);
    let ended = daemon.wait_until(LIMIT, || listens(&log)).unwrap_err();
    assert!(ended.contains("exit status: 1"), "{ended}");
    let told = "2 sockets were passed by systemd: the unit may have only one ListenStream=";
    assert!(ended.contains(told), "{ended}");
}

/// Without a socket that somebody keeps: both listen, then the successor does. A client whose
/// connection is given to the one that stops, in the moment in which it stops, may be reset;
/// what comes before and after is served.
#[test]
fn a_shared_port_is_handed_over() {
    let address = free_address();
    let server = |share: bool| {
        Configuration::default()
            .set("wharfinger", json!({"shareport": share}))
            .variable("REGISTRY_HTTP_ADDR", &address)
    };
    let http = Http::new(&address);
    let first = server(true).start();
    http.get("/v2/").expect(200);
    let refused = server(false).try_start().unwrap_err();
    assert!(
        refused.contains(&format!("cannot listen on {address}")),
        "{refused}"
    );
    let second = server(true).start();
    for _ in 0..50 {
        http.get("/v2/").expect(200);
    }
    // The system deals them out by the client's port: some of fifty came to the successor.
    let start = Instant::now();
    while !second.log().contains("GET /v2/") {
        assert!(start.elapsed() < LIMIT, "{}", second.log());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(first.stop().success());
    for _ in 0..50 {
        http.get("/v2/").expect(200);
    }
    assert!(second.stop().success());
}
