//! What transfers of any size take of the process's memory. Each measurement is a process
//! of its own: what other tests take would count as well.

use std::fs;
use std::path::Path;
use std::process::Command;

use tokio::io::AsyncReadExt as _;
use wharf_spec::Digest;

use crate::children;
use crate::fixtures::{noise, sha256};
use crate::harness::{Setup, Wharf};
use crate::wire::{Client, Request};

const MIB: usize = 1 << 20;

/// Runs `work` in another process, which must take `most` bytes at most for it.
fn alone(test: &str, most: usize, work: impl AsyncFnOnce(&Path)) {
    if std::env::var("WHARF_ALONE").is_err() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", test, "--nocapture"])
            .env("WHARF_ALONE", test);
        let output = children::output(&mut command);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains(" 1 passed"),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let before = memory("VmRSS");
    runtime.block_on(work(root.path()));
    let taken = memory("VmHWM").saturating_sub(before);
    assert!(taken <= most, "{} KiB were taken", taken / 1024);
}

/// A line of `/proc/self/status`, in bytes.
#[expect(
    clippy::disallowed_methods,
    reason = "the kernel's file, and nobody's blob"
)]
fn memory(field: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .unwrap();
    line.trim_matches([':', ' ', '\t', 'k', 'B'])
        .parse::<usize>()
        .unwrap()
        * 1024
}

/// A blob of that many bytes, which take no room on the disk.
#[expect(
    clippy::disallowed_methods,
    reason = "a gigabyte is not to be pushed first"
)]
fn sparse_blob(root: &Path, size: u64) -> Digest {
    let digest = sha256("nobody compares it");
    let hex = digest.hex();
    let blob = root.join(format!(
        "docker/registry/v2/blobs/sha256/{}/{hex}",
        &hex[..2]
    ));
    fs::create_dir_all(&blob).unwrap();
    fs::File::create(blob.join("data"))
        .unwrap()
        .set_len(size)
        .unwrap();
    let layer = root.join(format!(
        "docker/registry/v2/repositories/a/_layers/sha256/{hex}"
    ));
    fs::create_dir_all(&layer).unwrap();
    fs::write(layer.join("link"), digest.to_string()).unwrap();
    digest
}

/// Asks for the blob, and reads the head of the answer.
async fn ask(wharf: &Wharf, digest: Digest) -> Client {
    let mut client = wharf.connect().await;
    client
        .send(Request::get(&format!("/v2/a/blobs/{digest}")).bytes())
        .await;
    client
}

#[test]
fn a_download_takes_little_memory() {
    alone(
        "memory::a_download_takes_little_memory",
        32 * MIB,
        async |root| {
            let digest = sparse_blob(root, 1 << 30);
            let wharf = Setup::files(root).start().await;
            let mut client = ask(&wharf, digest).await;
            assert_eq!(
                client.head().await.header("Content-Length"),
                Some("1073741824")
            );
            let mut left = (1 << 30) - client.buffered();
            let mut buffer = vec![0; 256 << 10];
            while left > 0 {
                let read = client.stream.read(&mut buffer).await.unwrap();
                assert!(read > 0);
                left -= read;
            }
        },
    );
}

#[test]
fn an_upload_takes_little_memory() {
    alone(
        "memory::an_upload_takes_little_memory",
        32 * MIB,
        async |root| {
            let wharf = Setup::files(root).start().await;
            let upload = wharf.start_upload("a").await;
            let mut client = wharf.connect().await;
            client
                .send(
                    Request::patch(&upload)
                        .header("Content-Length", 256 * MIB)
                        .bytes(),
                )
                .await;
            let piece = noise(MIB);
            for _ in 0..256 {
                client.send(&piece).await;
            }
            assert_eq!(client.response().await.header("Range"), Some("0-268435455"));
        },
    );
}

/// The same in chunks of HTTP, into memory that is not the server's: a digest that is
/// wrong, so that all of it is hashed and then removed.
#[test]
fn a_refused_blob_takes_little_memory() {
    alone(
        "memory::a_refused_blob_takes_little_memory",
        32 * MIB,
        async |root| {
            let wharf = Setup::files(root).start().await;
            let mut client = wharf.connect().await;
            let request = Request::new(
                "POST",
                &format!("/v2/a/blobs/uploads/?digest={}", sha256("other")),
            );
            client
                .send(request.header("Transfer-Encoding", "chunked").bytes())
                .await;
            let piece = [b"100000\r\n".to_vec(), noise(MIB), b"\r\n".to_vec()].concat();
            for _ in 0..64 {
                client.send(&piece).await;
            }
            client.send("0\r\n\r\n").await;
            assert_eq!(client.response().await.status, 400);
        },
    );
}

#[test]
fn clients_that_take_nothing_take_little_memory() {
    alone(
        "memory::clients_that_take_nothing_take_little_memory",
        64 * 2 * MIB,
        async |root| {
            let digest = sparse_blob(root, 1 << 30);
            let wharf = Setup::files(root).start().await;
            let mut stalled = Vec::new();
            for _ in 0..64 {
                stalled.push(ask(&wharf, digest).await);
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        },
    );
}

#[test]
fn unfinished_heads_take_little_memory() {
    alone(
        "memory::unfinished_heads_take_little_memory",
        64 * MIB,
        async |root| {
            let wharf = Setup::files(root).start().await;
            let mut unfinished = Vec::new();
            let head = format!("GET /v2/ HTTP/1.1\r\nX: {}", "y".repeat(350_000));
            for _ in 0..64 {
                let mut client = wharf.connect().await;
                client.send(&head).await;
                unfinished.push(client);
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        },
    );
}

/// Over HTTP/2 one connection can leave a hundred answers in the server's memory.
#[test]
fn answers_that_nobody_takes_take_little_memory() {
    alone(
        "memory::answers_that_nobody_takes_take_little_memory",
        400 * MIB / 3,
        async |root| {
            let digest = sparse_blob(root, 1 << 30);
            let wharf = crate::http2::clear(Setup::files(root)).await;
            // What the client receives is in our memory, too.
            let small = h2::client::Builder::new();
            let (mut peers, mut stalled) = (Vec::new(), Vec::new());
            for _ in 0..4 {
                let mut peer = crate::http2::Peer::with(wharf.address, &small).await;
                for _ in 0..100 {
                    let request = crate::http2::get(&format!("/v2/a/blobs/{digest}"));
                    stalled.push(peer.send(request, b"").await.await.unwrap());
                }
                peers.push(peer);
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        },
    );
}

#[test]
fn a_download_over_http2_takes_little_memory() {
    alone(
        "memory::a_download_over_http2_takes_little_memory",
        32 * MIB,
        async |root| {
            let digest = sparse_blob(root, 1 << 30);
            let wharf = crate::http2::clear(Setup::files(root)).await;
            let mut peer = crate::http2::Peer::connect(wharf.address).await;
            let request = crate::http2::get(&format!("/v2/a/blobs/{digest}"));
            let answer = peer.send(request, b"").await.await.unwrap();
            let mut body = answer.into_body();
            let mut left = 1_usize << 30;
            while let Some(bytes) = body.data().await {
                let length = bytes.unwrap().len();
                body.flow_control().release_capacity(length).unwrap();
                left -= length;
            }
            assert_eq!(left, 0);
        },
    );
}
