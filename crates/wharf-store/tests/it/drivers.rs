//! The behaviour suite on every driver.

use std::cell::RefCell;

use wharf_store::behaviour::Backing;
use wharf_store::fs::RealDisk;
use wharf_store::{FaultPlan, Faulty, FileStore, MemoryStore, behaviour};

use crate::hooked::HookedDisk;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_store() {
    behaviour::suite(Backing::Local, async || MemoryStore::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn file_store() {
    let roots = RefCell::new(Vec::new());
    behaviour::suite(Backing::Local, async || fresh(&roots)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unarmed_faulty_store() {
    let roots = RefCell::new(Vec::new());
    behaviour::suite(Backing::Local, async || {
        Faulty::new(fresh(&roots), FaultPlan::default())
    })
    .await;
}

/// As on a kernel that cannot be asked for what it has in memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn file_store_on_a_disk_that_always_waits() {
    let roots = RefCell::new(Vec::new());
    behaviour::suite(Backing::Local, async || {
        let root = tempfile::tempdir().unwrap();
        let disk = HookedDisk::new(RealDisk, |_| Ok(()));
        let store = FileStore::on(disk, root.path()).unwrap();
        roots.borrow_mut().push(root);
        store
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn file_store_that_keeps_no_listings() {
    let roots = RefCell::new(Vec::new());
    behaviour::suite(Backing::Local, async || fresh(&roots).keeping(0)).await;
}

fn fresh(roots: &RefCell<Vec<tempfile::TempDir>>) -> FileStore {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path().join("root")).unwrap();
    roots.borrow_mut().push(root);
    store
}
