//! The behaviour suite on every driver.

use std::cell::RefCell;

use wharf_store::{FaultPlan, Faulty, FileStore, MemoryStore, behaviour};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_store() {
    behaviour::suite(async || MemoryStore::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn file_store() {
    let roots = RefCell::new(Vec::new());
    behaviour::suite(async || fresh(&roots)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unarmed_faulty_store() {
    let roots = RefCell::new(Vec::new());
    behaviour::suite(async || Faulty::new(fresh(&roots), FaultPlan::default())).await;
}

fn fresh(roots: &RefCell<Vec<tempfile::TempDir>>) -> FileStore {
    let root = tempfile::tempdir().unwrap();
    let store = FileStore::new(root.path().join("root")).unwrap();
    roots.borrow_mut().push(root);
    store
}
