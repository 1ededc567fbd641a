//! Pulls that are counted, and what clients are told of it, as Docker Hub tells it
//! (docs.docker.com, "Docker Hub pull usage and limits").

use std::net::IpAddr;

use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::Value;
use wharf_auth::{Exhausted, Identity, PullLimit, Quota, Standing};
use wharf_spec::ErrorCode;

use crate::app::Call;
use crate::error::{Failure, Refusal, retry_after};
use crate::reply::{Reply, name};

/// Whoever asks, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct Asker {
    pub(crate) identity: Identity,
    pub(crate) address: Option<IpAddr>,
}

/// How much somebody may pull, and how that is counted.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    /// The account, or the address: with proxies in front, people wonder.
    source: String,
    standing: Standing,
}

/// Nothing is left for somebody.
#[derive(Clone, Debug)]
pub(crate) struct TooMany {
    source: String,
    exhausted: Exhausted,
    advice: &'static str,
}

/// One more pull; `None` where nobody counts.
pub(crate) fn count(call: &Call<'_>) -> Result<Option<Counted>, Failure> {
    let Some(quota) = quota(call) else {
        return Ok(None);
    };
    let source = call.asker.source();
    match quota.pull() {
        Ok(standing) => Ok(Some(Counted { source, standing })),
        Err(exhausted) => Err(Failure::Exhausted(Box::new(TooMany {
            source,
            exhausted,
            advice: if call.asker.identity.account.is_empty() && call.guard.is_there() {
                "log in (docker login), or "
            } else {
                ""
            },
        }))),
    }
}

/// What is left, which a look does not change.
pub(crate) fn look(call: &Call<'_>) -> Option<Counted> {
    let standing = quota(call)?.standing();
    let source = call.asker.source();
    Some(Counted { source, standing })
}

fn quota<'a>(call: &Call<'a>) -> Option<Quota<'a>> {
    call.pulls.quota(&call.asker.identity, call.asker.address)
}

// === impl Asker ===

impl Asker {
    fn source(&self) -> String {
        match (self.identity.account.as_str(), self.address) {
            ("", Some(address)) => address.to_string(),
            // Go's name for the other end of a unix socket.
            ("", None) => "@".to_owned(),
            (account, _) => account.to_owned(),
        }
    }
}

// === impl Counted ===

impl Counted {
    /// Says it in an answer's head.
    pub(crate) fn on(&self, reply: Reply) -> Reply {
        let Standing { limit, remaining } = self.standing;
        told(reply, limit, remaining, &self.source)
    }
}

// === impl TooMany ===

impl TooMany {
    /// The answer.
    pub(crate) fn into_reply(self) -> Reply {
        let PullLimit { pulls, interval } = self.exhausted.limit;
        let seconds = retry_after(self.exhausted.wait);
        let message = format!(
            "you have reached your pull rate limit of {pulls} in {} seconds: {}try again in {seconds} seconds",
            interval.as_secs(),
            self.advice,
        );
        let refusal = Refusal {
            status: StatusCode::TOO_MANY_REQUESTS,
            ..Refusal::new(ErrorCode::TooManyRequests, message, Value::Null)
        };
        let reply = Failure::Refused(refusal).into_reply();
        let reply = reply.header(RETRY_AFTER, seconds);
        told(reply, self.exhausted.limit, 0, &self.source)
    }
}

fn told(reply: Reply, limit: PullLimit, remaining: u32, source: &str) -> Reply {
    let (pulls, window) = (limit.pulls, limit.interval.as_secs());
    reply
        .header(name::RATE_LIMIT, format!("{pulls};w={window}"))
        .header(name::RATE_REMAINING, format!("{remaining};w={window}"))
        .header(name::RATE_SOURCE, source)
}
