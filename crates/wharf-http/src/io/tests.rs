//! What cannot be brought about from outside: promises that are not kept, and file systems
//! that cannot send.

use std::fs::File;
use std::io::IoSlice;
use std::os::fd::AsFd as _;
use std::time::Duration;

use bytes::Buf as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use wharf_store::FileSpan;

use super::{Promise, Socket, Transport};

/// A socket, its other end, and a file of 100 KiB.
fn connected() -> (Socket, UnixStream, FileSpan) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let file = tempfile::tempfile().unwrap();
    file.set_len(LEN).unwrap();
    let socket = Socket::new(Transport::Unix(ours), Duration::from_secs(9));
    (socket, theirs, FileSpan::new(file, LEN))
}

/// Writes as hyper does: whatever the queue shows, until it is empty.
async fn flush(socket: &mut Socket, queue: &mut [Promise]) -> std::io::Result<()> {
    for promise in queue {
        while promise.has_remaining() {
            let mut slices = [IoSlice::new(&[]); 64];
            let filled = promise.chunks_vectored(&mut slices);
            let written = socket.write_vectored(&slices[..filled]).await?;
            promise.advance(written);
        }
    }
    Ok(())
}

/// What arrives of the queue and of bytes after it.
async fn sent(mut socket: Socket, mut other_end: UnixStream, queue: &mut [Promise]) -> Vec<u8> {
    let reading = tokio::spawn(async move {
        let mut read = Vec::new();
        other_end.read_to_end(&mut read).await.unwrap();
        read
    });
    flush(&mut socket, queue).await.unwrap();
    socket.write_all(b"the end").await.unwrap();
    drop(socket);
    reading.await.unwrap()
}

#[tokio::test]
async fn promises_are_kept_in_order() {
    let (socket, other_end, span) = connected();
    let promises = socket.promises();
    let mut queue = [promises.promise(span.clone()), promises.promise(span)];
    let read = sent(socket, other_end, &mut queue).await;
    assert_eq!(read.len() as u64, 2 * LEN + 7);
    assert!(read.ends_with(b"\0the end"));
}

#[tokio::test]
async fn a_promise_that_is_given_up_closes_the_connection() {
    let (mut socket, _other_end, span) = connected();
    drop(socket.promises().promise(span));
    assert!(socket.write_all(b"something else").await.is_err());
}

#[tokio::test]
async fn a_place_holder_that_is_taken_for_bytes_closes_the_connection() {
    let (mut socket, mut other_end, span) = connected();
    let mut promise = socket.promises().promise(span);
    let copied = promise.copy_to_bytes(promise.remaining());
    assert!(socket.write_all(&copied).await.is_err());
    drop(socket);
    let mut read = Vec::new();
    other_end.read_to_end(&mut read).await.unwrap();
    assert!(read.is_empty());
}

#[tokio::test]
async fn a_place_holder_that_nobody_promised_is_not_sent() {
    let (socket, _other_end, span) = connected();
    let promise = socket.promises().promise(span);
    let (mut another, mut other_end, _) = connected();
    assert!(another.write_all(promise.chunk()).await.is_err());
    drop(another);
    let mut read = Vec::new();
    other_end.read_to_end(&mut read).await.unwrap();
    assert!(read.is_empty());
}

#[tokio::test]
async fn bytes_in_the_middle_of_a_promise_close_the_connection() {
    let (mut socket, _other_end, span) = connected();
    let mut promise = socket.promises().promise(span);
    let first = promise.chunk().get(..10).unwrap();
    let written = socket.write(first).await.unwrap();
    promise.advance(written);
    assert!(socket.write_all(b"something else").await.is_err());
}

/// The kernel does not send `/proc/self/pagemap`, nor tell whether it has it in memory. Of
/// the lowest addresses, where nothing is, it says zero.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the kernel's file, and nobody's blob"
)]
async fn a_file_system_that_cannot_send_is_read() {
    let content = vec![0; 600 << 10];
    let file = File::open("/proc/self/pagemap").unwrap();
    let span = FileSpan::new(file, content.len() as u64);
    let (socket, other_end, _) = connected();
    let refused = span.clone().send_front(other_end.as_fd(), 10).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::Unsupported);

    let mut queue = [socket.promises().promise(span)];
    assert!(sent(socket, other_end, &mut queue).await == [&content[..], b"the end"].concat());
}

const LEN: u64 = 100 << 10;
