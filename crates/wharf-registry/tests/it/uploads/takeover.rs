//! A client whose connection broke comes back before the server has noticed.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use wharf_registry::{Error, Repository, Result, UploadStatus};
use wharf_spec::{Algorithm, UploadId};
use wharf_store::{Fault, FaultPlan, Faulty, FileStore, MemoryStore, Operation, Store};

use super::{append, finish, range, size, start};
use crate::bodies::Live;
use crate::fixtures::{empty_repository, pull_blob, repository, sha256};
use crate::slow::{DELAY, Slow};

const MIB: usize = 1 << 20;
/// More than enough: time is paused while anything can happen.
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_later_request_takes_over_and_goes_on_where_the_stuck_one_stood() {
    let repository = empty_repository();
    let id = start(&repository).await;
    let (sender, stuck) = append_from_a_live_body(&repository, &id);
    sender.send(vec![1; MIB].into()).await.unwrap();
    until_size(&repository, &id, MIB as u64).await;

    let upload = repository.upload(&id).await.unwrap();
    let superseded = end(stuck).await.unwrap_err();
    assert!(
        matches!(&superseded, Error::UploadSuperseded(it) if *it == id),
        "{superseded:?}"
    );
    assert_eq!(upload.status().size, MIB as u64);
    assert!(
        sender.is_closed(),
        "the stuck request has let go of its body"
    );

    let content = [vec![1; MIB], vec![2; 10]].concat();
    let mut rest = Bytes::from(vec![2; 10]);
    let finish = upload.finish(range("1048576-1048585"), &mut rest, sha256(&content));
    finish.await.unwrap();
    assert_eq!(
        pull_blob(&repository, sha256(&content)).await.unwrap(),
        content
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_stuck_request_had_received_is_kept() {
    let repository = empty_repository();
    let id = start(&repository).await;
    let (sender, stuck) = append_from_a_live_body(&repository, &id);
    sender.send(Bytes::from("hello")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let upload = repository.upload(&id).await.unwrap();
    assert_eq!(upload.status().size, 5);
    end(stuck).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn of_many_requests_the_last_one_wins() {
    let repository = empty_repository();
    let id = start(&repository).await;
    append(&repository, &id, b"hello").await;
    let mut senders = Vec::new();
    for _ in 0..5 {
        senders.push(append_from_a_live_body(&repository, &id));
        tokio::task::yield_now().await;
    }
    let (last, winner) = senders.pop().unwrap();
    for (_sender, loser) in senders {
        let error = end(loser).await.unwrap_err();
        assert!(matches!(error, Error::UploadSuperseded(_)), "{error:?}");
    }
    last.send(Bytes::from(", world")).await.unwrap();
    drop(last);
    assert_eq!(end(winner).await.unwrap().size, 12);
}

/// Found by this test: the batch that was under way reached the store after the later
/// request had asked how much there was. The blob got bytes that its digest denies.
#[tokio::test(start_paused = true)]
async fn a_later_request_waits_for_the_write_that_is_under_way() {
    for hangs_up in [false, true] {
        // The second is hashed by another thread, whatever the processor can.
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let root = tempfile::tempdir().unwrap();
            let files = FileStore::new(root.path()).unwrap();
            take_over_from_a_write(files, algorithm, hangs_up).await;
            take_over_from_a_write(MemoryStore::default(), algorithm, hangs_up).await;
        }
    }
}

async fn take_over_from_a_write(store: impl Store + Clone, algorithm: Algorithm, hangs_up: bool) {
    let repository = repository(&Slow::new(store, Operation::Write), "a");
    let id = repository.start_upload(algorithm).await.unwrap().id;
    let (sender, stuck) = append_from_a_live_body(&repository, &id);
    sender.send(vec![1; MIB].into()).await.unwrap();
    // The store is now writing, and will be for a while.
    tokio::time::sleep(DELAY / 2).await;
    if hangs_up {
        stuck.abort();
        stuck.await.unwrap_err();
    }
    let upload = repository.upload(&id).await.unwrap();
    let mut content = vec![1; MIB];
    content.push(2);
    let mut rest = Bytes::from(content.clone()).slice(upload.status().size as usize..);
    let digest = wharf_hash::digest(algorithm, &content);
    upload.finish(None, &mut rest, digest).await.unwrap();
    tokio::time::sleep(DELAY * 2).await;
    let blob = pull_blob(&repository, digest).await.unwrap();
    assert!(
        blob == content,
        "{} bytes by {algorithm}, hangs up: {hangs_up}",
        blob.len()
    );
}

#[tokio::test(start_paused = true)]
async fn cancelling_stops_a_transfer_and_leaves_nothing() {
    let store = MemoryStore::default();
    let repository = repository(&store, "a");
    let id = start(&repository).await;
    let (sender, transfer) = append_from_a_live_body(&repository, &id);
    sender.send(vec![1; MIB].into()).await.unwrap();
    until_size(&repository, &id, MIB as u64).await;
    let upload = repository.upload(&id).await.unwrap();
    upload.cancel().await.unwrap();
    let error = end(transfer).await.unwrap_err();
    assert!(matches!(error, Error::UploadSuperseded(_)), "{error:?}");
    assert!(store.snapshot().is_empty());
    let error = repository.upload(&id).await.err().unwrap();
    assert!(matches!(error, Error::UploadUnknown(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn cancelling_while_the_store_writes_leaves_nothing() {
    let store = MemoryStore::default();
    let repository = repository(&Slow::new(store.clone(), Operation::Write), "a");
    let id = start(&repository).await;
    let (sender, transfer) = append_from_a_live_body(&repository, &id);
    sender.send(vec![1; MIB].into()).await.unwrap();
    tokio::time::sleep(DELAY / 2).await;
    repository
        .upload(&id)
        .await
        .unwrap()
        .cancel()
        .await
        .unwrap();
    end(transfer).await.unwrap_err();
    tokio::time::sleep(DELAY * 2).await;
    assert!(store.snapshot().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_request_that_the_disk_holds_up_makes_the_next_one_wait_but_not_for_ever() {
    let plan = FaultPlan::default();
    let store = Faulty::new(MemoryStore::default(), plan.clone());
    let repository = repository(&store, "a");
    let id = start(&repository).await;
    append(&repository, &id, b"hel").await;
    let calls = plan.count();
    append(&repository, &id, b"lo").await;
    let an_append = &plan.calls()[calls..];
    let sync = an_append
        .iter()
        .position(|call| call.operation == Operation::Sync);

    plan.arm(sync.unwrap() + 1, Fault::Hang);
    let (sender, held_up) = append_from_a_live_body(&repository, &id);
    sender.send(Bytes::from(", world")).await.unwrap();
    drop(sender);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!plan.is_armed(), "the sync hangs");
    let error = repository.upload(&id).await.err().unwrap();
    assert!(
        matches!(&error, Error::UploadBusy(it) if *it == id),
        "{error:?}"
    );

    held_up.abort();
    held_up.await.unwrap_err();
    let digest = sha256(b"hello, world");
    finish(&repository, &id, b"", digest).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn looking_at_an_upload_does_not_disturb_it() {
    let repository = empty_repository();
    let id = start(&repository).await;
    let (sender, transfer) = append_from_a_live_body(&repository, &id);
    sender.send(vec![1; MIB].into()).await.unwrap();
    until_size(&repository, &id, MIB as u64).await;
    sender.send(Bytes::from("end")).await.unwrap();
    drop(sender);
    let status = end(transfer).await.unwrap();
    assert_eq!(status.size, MIB as u64 + 3);
}

/// A request that appends what the test sends, for as long as the test likes.
fn append_from_a_live_body(
    repository: &Repository,
    id: &UploadId,
) -> (mpsc::Sender<Bytes>, JoinHandle<Result<UploadStatus>>) {
    let (sender, mut body) = Live::new();
    let (repository, id) = (repository.clone(), id.clone());
    let request = async move {
        let upload = repository.upload(&id).await?;
        upload.append(None, &mut body).await
    };
    (sender, tokio::spawn(request))
}

async fn until_size(repository: &Repository, id: &UploadId, expected: u64) {
    let grow = async {
        while size(repository, id).await < expected {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(MINUTE, grow).await.unwrap();
}

/// How a request ended, if it does at all.
async fn end(request: JoinHandle<Result<UploadStatus>>) -> Result<UploadStatus> {
    tokio::time::timeout(MINUTE, request)
        .await
        .unwrap()
        .unwrap()
}
