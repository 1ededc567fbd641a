//! Looking at a server from outside.

use std::ops::Deref;
use std::time::{Duration, Instant};

use wharf_e2e::command::Run;
use wharf_e2e::configured::Configured;

use super::surroundings::Surroundings;

/// A server, and how long to look at it.
pub(super) struct Look<'a> {
    server: &'a Configured,
    pub(super) surroundings: &'a Surroundings,
    is_set: bool,
}

// === impl Look ===

impl<'a> Look<'a> {
    pub(super) fn new(
        server: &'a Configured,
        surroundings: &'a Surroundings,
        is_set: bool,
    ) -> Self {
        Self {
            server,
            surroundings,
            is_set,
        }
    }

    /// For an effect that takes its time. Only where it is expected is it waited for to the
    /// end, so that a slow machine makes no difference.
    pub(super) fn comes(&self, is_seen: impl FnMut() -> bool) -> bool {
        comes_within(if self.is_set { LONG } else { SHORT }, is_seen)
    }

    /// For the effect that something else does not come.
    pub(super) fn stays_away(&self, is_seen: impl FnMut() -> bool) -> bool {
        !comes_within(if self.is_set { SHORT } else { LONG }, is_seen)
    }

    /// Waits for what comes in any case.
    pub(super) fn wait(&self, is_seen: impl FnMut() -> bool) {
        assert!(comes_within(LONG, is_seen), "{}", self.log());
    }

    /// The status of a path; 0 without an answer.
    pub(super) fn status(&self, path: &str) -> u16 {
        let answer = self.http().get(path).try_send();
        answer.map_or(0, |answer| answer.status)
    }

    /// The `Location` of a new upload.
    pub(super) fn upload(&self) -> String {
        let answer = self.http().post("/v2/a/b/blobs/uploads/").expect(202);
        answer.header("location").to_owned()
    }

    /// Whether its log holds a text.
    pub(super) fn logs(&self, text: &str) -> bool {
        self.log().contains(text)
    }

    /// `curl` with these words to `/v2/`; it writes the version of HTTP alone.
    pub(super) fn curl(&self, scheme: &str, words: &str) -> Run {
        Run::tool("curl")
            .words("--silent --insecure --fail --max-time 20 --noproxy * --output /dev/null")
            .words("--write-out %{http_version}")
            .words(words)
            .arg(format!("{scheme}://{}/v2/", self.host()))
    }
}

impl Deref for Look<'_> {
    type Target = Configured;

    fn deref(&self) -> &Configured {
        self.server
    }
}

fn comes_within(limit: Duration, mut is_seen: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if is_seen() {
            return true;
        }
        if start.elapsed() > limit {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// For what has to come.
const LONG: Duration = Duration::from_secs(20);
/// For what must not.
const SHORT: Duration = Duration::from_millis(1500);
