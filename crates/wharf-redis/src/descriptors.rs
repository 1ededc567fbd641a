//! Which layers repositories hold, as distribution remembers it, with a mark of ours.
//!
//! To distribution, a manifest that a repository holds looks like a layer. So what it has
//! written is not enough for us: a field of ours, in the hash that it removes with the link,
//! tells when one of us has seen the link of a layer. It is believed for a quarter of an hour,
//! so that what was not told of a removal, since the server was down or another registry forgot
//! to, is not believed for ever.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use redis::cmd;
use wharf_registry::{Descriptors, Gone, Layer, Silence};
use wharf_spec::{Digest, RepositoryName};

use crate::keys::{self, GONE_SECONDS};
use crate::outage::Outage;
use crate::owed::Owed;
use crate::redis::{Answer, Redis};

/// Layers in Redis. Clones are the same.
#[derive(Clone)]
pub struct RedisDescriptors {
    inner: Arc<Inner>,
}

struct Inner {
    redis: Redis,
    asking: Outage,
    telling: Outage,
    forgetting: Outage,
    owed: Owed,
}

// === impl RedisDescriptors ===

impl RedisDescriptors {
    /// Those that these servers remember.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self {
            inner: Arc::new(Inner {
                redis,
                asking: Outage::default(),
                telling: Outage::default(),
                forgetting: Outage::default(),
                owed: Owed::default(),
            }),
        }
    }
}

#[async_trait]
impl Descriptors for RedisDescriptors {
    async fn layer(&self, name: &RepositoryName, digest: Digest) -> Result<Option<Layer>, Silence> {
        let Inner { asking, owed, .. } = &*self.inner;
        match self.inner.found(name, digest).await {
            Ok(found) => {
                asking.end("layers are asked for");
                let found = found.filter(|layer| {
                    !owed.has(&Gone::Link(name.clone(), digest))
                        && !owed.has(&Gone::Data(layer.target))
                });
                Ok(found)
            }
            Err(why) => {
                asking.note("layers cannot be asked for", &why);
                Err(Silence)
            }
        }
    }

    async fn remember(&self, name: &RepositoryName, digest: Digest, layer: Layer, looked: Instant) {
        // What was forgotten meanwhile may not be known to be so any more.
        if looked.elapsed() > Duration::from_secs(GONE_SECONDS / 2) {
            return;
        }
        let telling = &self.inner.telling;
        match self.inner.tell(name, digest, layer).await {
            Ok(()) => telling.end("layers are written down"),
            Err(why) => telling.note("layers cannot be written down", &why),
        }
    }

    async fn forget(&self, gone: Gone) {
        let Inner {
            forgetting, owed, ..
        } = &*self.inner;
        match self.inner.forget(&gone).await {
            Ok(()) => {
                owed.pay(&gone);
                forgetting.end("what was removed is forgotten");
            }
            Err(why) => {
                forgetting.note("what was removed cannot be forgotten now", &why);
                if owed.add(gone) {
                    tokio::spawn(pay(self.clone()));
                }
            }
        }
    }
}

// === impl Inner ===

impl Inner {
    async fn found(&self, name: &RepositoryName, digest: Digest) -> Answer<Option<Layer>> {
        type Fields = (Option<String>, Option<u64>);
        let mut is_member = cmd("SISMEMBER");
        is_member.arg(keys::members(name)).arg(digest.to_string());
        let link = keys::link(name, digest).fields(&["mediatype", SEEN]);
        let data = keys::data(digest).fields(&["digest", "size"]);
        let (is_member, link, data) = tokio::join!(
            self.redis.ask::<bool>(&is_member),
            self.redis.ask::<Fields>(&link),
            self.redis.ask::<Fields>(&data),
        );
        let (is_member, (kind, seen), (target, size)) = (is_member?, link?, data?);
        if !is_member || kind.is_none() || !seen.is_some_and(is_recent) {
            return Ok(None);
        }
        let target = target.and_then(|target| target.parse().ok());
        Ok(target
            .zip(size)
            .map(|(target, size)| Layer { target, size }))
    }

    async fn tell(&self, name: &RepositoryName, digest: Digest, layer: Layer) -> Answer<()> {
        let mut join = cmd("SADD");
        join.arg(keys::members(name)).arg(digest.to_string());
        let (target, size) = (layer.target.to_string(), layer.size.to_string());
        let described = [("digest", target.as_str()), ("size", size.as_str())];
        let kind = [("mediatype", OCTETS)];
        let data = keys::data(digest).set(&described, &kind);
        let seen = now().to_string();
        let link = [("mediatype", OCTETS), (SEEN, seen.as_str())];
        let link = keys::link(name, digest).set(&link, &[]);
        // Each without the others is nothing.
        let (join, data, link) = tokio::join!(
            self.redis.ask::<()>(&join),
            self.redis.ask::<()>(&data),
            self.redis.ask::<()>(&link),
        );
        join.and(data).and(link)
    }

    async fn forget(&self, gone: &Gone) -> Answer<()> {
        match gone {
            Gone::Link(name, digest) => {
                let link = keys::link(name, *digest).forget(&["mediatype", SEEN]);
                let mut leave = cmd("SREM");
                leave.arg(keys::members(name)).arg(digest.to_string());
                let (link, leave) =
                    tokio::join!(self.redis.ask::<()>(&link), self.redis.ask::<()>(&leave),);
                link.and(leave)
            }
            Gone::Data(digest) => {
                let fields = ["digest", "size", "mediatype"];
                let forget = keys::data(*digest).forget(&fields);
                self.redis.ask(&forget).await
            }
        }
    }
}

/// Until nothing is owed any more.
async fn pay(descriptors: RedisDescriptors) {
    let inner = Arc::downgrade(&descriptors.inner);
    drop(descriptors);
    loop {
        let Some(inner) = inner.upgrade() else {
            return;
        };
        let Some(gone) = inner.owed.next() else {
            return;
        };
        if inner.forget(&gone).await.is_ok() {
            inner.owed.pay(&gone);
            inner.forgetting.end("what was removed is forgotten");
        } else {
            drop(inner);
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Whether what was seen at that second of the epoch is believed.
fn is_recent(seen: u64) -> bool {
    now().abs_diff(seen) < BELIEVED.as_secs()
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// When one of us has seen the link of a layer: seconds of the epoch.
const SEEN: &str = "wharfinger";
/// As distribution calls everything.
const OCTETS: &str = "application/octet-stream";
const BELIEVED: Duration = Duration::from_secs(15 * 60);
/// Until it is tried again.
const PAUSE: Duration = Duration::from_millis(500);
