//! A clock that is set back while a collection runs.

use wharf_registry::{CollectionEnd, CollectionEvent, CollectionEvents};
use wharf_store::MemoryStore;

use super::faults::{estate, nothing_needed_is_lost};
use super::{HOUR, data, run, truth, untagged_too};
use crate::fixtures::registry;

/// Sets the clock back when it is told of something for the `nth` time.
struct Setting<'a> {
    store: &'a MemoryStore,
    nth: usize,
    left: Option<Vec<String>>,
}

// === impl Setting ===

impl CollectionEvents for Setting<'_> {
    fn tell(&mut self, event: CollectionEvent<'_>) {
        let at = match event {
            CollectionEvent::Repository(_) | CollectionEvent::BlobEligible { .. } => 1,
            CollectionEvent::Manifest { .. }
            | CollectionEvent::Blob { .. }
            | CollectionEvent::ManifestEligible { .. }
            | CollectionEvent::LinkEligible { .. }
            | CollectionEvent::Problem { .. } => 0,
        };
        let was = self.nth;
        self.nth = self.nth.saturating_sub(at);
        if was > 0 && self.nth == 0 {
            self.store.set_back(HOUR);
            self.left = Some(truth(self.store));
        }
    }
}

#[tokio::test]
async fn it_ends_at_its_next_step_and_removes_nothing_more() {
    let whole = estate().await;
    let all = run(&registry(&whole), &untagged_too()).await;
    let mut ended = 0;
    for nth in 1.. {
        let store = estate().await;
        let mut events = Setting {
            store: &store,
            nth,
            left: None,
        };
        let collecting = registry(&store);
        let collected = collecting
            .collect(&untagged_too(), &mut events)
            .await
            .unwrap();
        let Some(left) = events.left else {
            assert!(ended > 5, "{ended}");
            return;
        };
        nothing_needed_is_lost(&store).await;
        // The last step is over by then.
        if collected.end == CollectionEnd::Complete {
            assert_eq!(collected.blobs, all.blobs);
            continue;
        }
        ended += 1;
        assert_eq!(collected.end, CollectionEnd::ClockWentBack);
        assert_eq!(truth(&store), left);
        // All is of the future now, and stays.
        let again = run(&registry(&store), &untagged_too()).await;
        assert_eq!((again.end, again.blobs), (CollectionEnd::Complete, 0));
        store.pass(2 * HOUR);
        run(&registry(&store), &untagged_too()).await;
        nothing_needed_is_lost(&store).await;
        assert_eq!(data(&store), data(&whole));
    }
}
