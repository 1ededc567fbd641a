//! The keys that distribution uses, and what stands beside them.
// distribution: registry/storage/cache/redis/redis.go

use redis::{Cmd, cmd};
use wharf_spec::{Digest, RepositoryName};

/// A hash that may have been forgotten a moment ago.
pub(crate) struct Hash(String);

/// What is known of some data, whoever has it.
pub(crate) fn data(digest: Digest) -> Hash {
    Hash(format!("blobs::{digest}"))
}

/// What a repository says of something that it holds.
pub(crate) fn link(name: &RepositoryName, digest: Digest) -> Hash {
    Hash(format!("repository::{name}::blobs::{digest}"))
}

/// A set with the digests of what a repository holds, layers and manifests.
pub(crate) fn members(name: &RepositoryName) -> String {
    format!("repository::{name}::blobs")
}

// === impl Hash ===

impl Hash {
    /// Asks for some of its fields.
    pub(crate) fn fields(&self, fields: &[&str]) -> Cmd {
        let mut ask = cmd("HMGET");
        ask.arg(&self.0).arg(fields);
        ask
    }

    /// Sets fields, and those of `unset` that are not there, unless it was forgotten lately:
    /// 1 if that is done.
    pub(crate) fn set(&self, fields: &[(&str, &str)], unset: &[(&str, &str)]) -> Cmd {
        let mut set = self.script(SET);
        set.arg(fields.len());
        for (field, value) in fields.iter().chain(unset) {
            set.arg(field).arg(value);
        }
        set
    }

    /// Removes fields, and keeps others from setting them for a while: they may be about to tell
    /// what they saw before.
    pub(crate) fn forget(&self, fields: &[&str]) -> Cmd {
        let mut forget = self.script(FORGET);
        forget.arg(GONE_SECONDS).arg(fields);
        forget
    }

    fn script(&self, script: &str) -> Cmd {
        let mut eval = cmd("EVAL");
        // Of the same slot in a cluster.
        let gone = format!("{{{}}}::wharfinger::gone", self.0);
        eval.arg(script).arg(2).arg(&self.0).arg(gone);
        eval
    }
}

const SET: &str = "\
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
for i = 2, #ARGV, 2 do
  if (i - 2) / 2 < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  else redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
return 1";

/// A full server removes what it is told to, and takes nothing new.
const FORGET: &str = "\
redis.call('HDEL', KEYS[1], unpack(ARGV, 2))
redis.pcall('SET', KEYS[2], '1', 'EX', ARGV[1])
return 1";

/// Whoever has looked at the store longer ago than half of this tells nothing.
pub(crate) const GONE_SECONDS: u64 = 120;
