//! Files that change while they are sent, clients that go, pages that are not in memory.

use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;

use super::{Files, LONG};
use crate::fixtures::noise;
use crate::harness::Lines;
use crate::wire::Request;

/// More than the buffers of two sockets hold.
const HUGE: usize = 48 << 20;

#[tokio::test]
async fn a_file_that_is_cut_short_ends_the_connection_without_a_wrong_byte() {
    let files = Files::start().await;
    let (content, path) = files.blob(HUGE).await;
    let mut client = files.wharf.connect().await;
    client.send(Request::get(&path).bytes()).await;
    let head = client.head().await;
    assert_eq!(
        head.header("Content-Length"),
        Some(HUGE.to_string().as_str())
    );
    files.open(&content).set_len(1 << 20).unwrap();
    let rest = client.rest().await;
    assert!(rest.len() < HUGE, "{}", rest.len());
    assert!(rest == content[..rest.len()]);
    files.wharf.is_well().await;
}

#[tokio::test]
async fn a_file_that_grows_is_sent_as_long_as_it_was() {
    let files = Files::start().await;
    let (content, path) = files.blob(HUGE).await;
    let mut client = files.wharf.connect().await;
    client.send(Request::get(&path).bytes()).await;
    client.head().await;
    let file = files.open(&content);
    file.write_all_at(b"and more", HUGE as u64).unwrap();
    assert!(client.take(HUGE).await == content);
    assert_eq!(client.ask(Request::get("/v2/")).await.status, 200);
}

/// What is stored is what is told: nobody looks into the manifest for the length.
#[tokio::test]
async fn a_file_of_the_wrong_length_is_sent_as_it_is() {
    let files = Files::start().await;
    let (content, path) = files.blob(LONG).await;
    let mut client = files.wharf.connect().await;
    for length in [LONG + 1, LONG - 1, 70_000, 1, 0] {
        files.open(&content).set_len(length as u64).unwrap();
        let body = client.ask(Request::get(&path)).await.body;
        assert_eq!(body.len(), length);
        let same = length.min(LONG);
        assert!(body[..same] == content[..same]);
    }
}

#[tokio::test]
async fn a_blob_that_is_not_in_memory_is_read_from_the_disk() {
    let files = Files::start().await;
    let (content, path) = files.blob(LONG).await;
    let file = files.open(&content);
    file.sync_all().unwrap();
    let mut client = files.wharf.connect().await;
    for _ in 0..3 {
        let evict = rustix::fs::Advice::DontNeed;
        rustix::fs::fadvise(&file, 0, None, evict).unwrap();
        assert!(client.ask(Request::get(&path)).await.body == content);
    }
}

#[tokio::test]
async fn a_client_that_goes_half_way_leaves_nothing_behind() {
    let (log, lines) = Lines::log();
    let files = Files::with(|setup| setup.settings.access_log = Some(log)).await;
    let (content, path) = files.blob(HUGE).await;
    for _ in 0..20 {
        let mut client = files.wharf.connect().await;
        client.send(Request::get(&path).bytes()).await;
        client.head().await;
        let mut some = vec![0; 1 << 20];
        client.stream.read_exact(&mut some).await.unwrap();
    }
    // What was sent is what the connection took, not what was meant to be sent.
    let told = "the log tells of all of them";
    let lines = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            let text = lines.text();
            let pulls: Vec<_> = text.lines().filter(|line| line.contains("GET")).collect();
            if pulls.len() == 20 {
                break text;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let text = lines.await.expect(told);
    for line in text.lines().filter(|line| line.contains("GET")) {
        let sent: usize = line
            .split("\" 200 ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next())
            .unwrap_or_else(|| panic!("{line}"))
            .parse()
            .unwrap();
        assert!(((1 << 20)..HUGE).contains(&sent), "{line}");
    }
    let open = std::path::Path::new("/proc/self/fd");
    let file = files.file(crate::fixtures::sha256(&content));
    let left = links(open).into_iter().filter(|target| *target == file);
    assert_eq!(left.count(), 0);
}

#[expect(
    clippy::disallowed_methods,
    reason = "the kernel's files, and nobody's blobs"
)]
fn links(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .collect()
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_a_file_is_cut_off() {
    let files = Files::with(|setup| setup.limits.write_stall = Duration::from_millis(400)).await;
    let (content, path) = files.blob(HUGE).await;
    let mut client = files.wharf.connect().await;
    client.send(Request::get(&path).bytes()).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    client.head().await;
    let rest = client.rest().await;
    assert!(rest.len() < HUGE && rest == content[..rest.len()]);
}

/// The limit is on stalls: each piece that is taken begins it anew.
#[tokio::test]
async fn a_slow_client_gets_all_of_a_file() {
    let files = Files::with(|setup| setup.limits.write_stall = Duration::from_millis(600)).await;
    let content = noise(HUGE);
    let (_, path) = files.blob(HUGE).await;
    let mut client = files.wharf.connect().await;
    client.send(Request::get(&path).bytes()).await;
    client.head().await;
    for piece in content.chunks(4 << 20) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(client.take(piece.len()).await == piece);
    }
}
