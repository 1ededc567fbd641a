//! The clock of a bucket in Redis: one text, which a script replaces.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use redis::{Cmd, FromRedisValue, cmd};
use tokio::time::{Instant, sleep};
use wharf_store_cloud::{Kept, Locks};

use crate::redis::{Redis, Unanswered};

/// What is being removed from one bucket, written down in Redis.
///
/// Every start of a server, and every other server that takes its place, is another memory: what
/// it knows may not be the latest.
pub struct RedisLocks {
    redis: Redis,
    key: String,
}

// === impl RedisLocks ===

impl RedisLocks {
    /// That of the bucket with this name.
    #[must_use]
    pub fn new(redis: Redis, bucket: &str) -> Self {
        Self {
            redis,
            key: format!("wharfinger::clock::{bucket}"),
        }
    }

    fn script(&self, script: &str) -> Cmd {
        let mut eval = cmd("EVAL");
        eval.arg(format!("{RUN}\n{script}")).arg(1).arg(&self.key);
        eval
    }

    /// Again and again for a few seconds, since a server may be about to take over.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> io::Result<T> {
        let begun = Instant::now();
        loop {
            match self.redis.ask(command).await {
                Ok(answer) => return Ok(answer),
                Err(why) if begun.elapsed() > PATIENCE => return Err(unreachable(&why)),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
}

#[async_trait]
impl Locks for RedisLocks {
    async fn load(&self) -> io::Result<Kept> {
        let (text, memory) = self.ask(&self.script(LOAD)).await?;
        Ok(Kept { text, memory })
    }

    async fn replace(&self, seen: &Kept, text: &str) -> io::Result<bool> {
        let mut replace = self.script(REPLACE);
        replace.arg(&seen.memory).arg(text).arg(&seen.text);
        self.ask(&replace).await
    }
}

fn unreachable(why: &Unanswered) -> io::Error {
    io::Error::other(format!("Redis, which keeps what is being removed: {why}"))
}

/// Another one after each start.
const RUN: &str = "local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')";
const LOAD: &str = "return {redis.call('GET', KEYS[1]), run}";
/// Where nothing was seen, there is no third word, and nothing may be there.
const REPLACE: &str = "\
if run ~= ARGV[1] or redis.call('GET', KEYS[1]) ~= (ARGV[3] or false) then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1";

/// How long it is tried: a client is waiting.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);
