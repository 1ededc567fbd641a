//! The clock of a bucket in PostgreSQL: one row, which is replaced as a whole.

use std::io;

use async_trait::async_trait;
use wharf_store_cloud::{Kept, Locks};

use crate::connection::Connection;
use crate::settings::Settings;

/// What is being removed from one bucket.
///
/// A server that takes over, and a backup that is restored, begin another timeline: that is
/// another memory, since they need not know the latest. A restart is none.
pub struct PostgresLocks {
    connection: Connection,
    bucket: String,
}

// === impl PostgresLocks ===

impl PostgresLocks {
    /// That of the bucket with this name. Nobody is connected to yet.
    #[must_use]
    pub fn new(settings: Settings, bucket: &str) -> Self {
        Self {
            connection: Connection::new(settings),
            bucket: bucket.to_owned(),
        }
    }
}

#[async_trait]
impl Locks for PostgresLocks {
    async fn load(&self) -> io::Result<Kept> {
        let statement =
            format!("SELECT (SELECT record FROM wharfinger_clock WHERE bucket = $1), {MEMORY}");
        let rows = self.connection.ask(&statement, &[&self.bucket]).await?;
        let row = rows.first().ok_or(io::ErrorKind::InvalidData)?;
        Ok(Kept {
            text: row.try_get(0).map_err(io::Error::other)?,
            memory: row.try_get(1).map_err(io::Error::other)?,
        })
    }

    async fn replace(&self, seen: &Kept, text: &str) -> io::Result<bool> {
        let (bucket, memory) = (self.bucket.as_str(), seen.memory.as_str());
        let replaced = match &seen.text {
            Some(old) => {
                let update = format!(
                    "UPDATE wharfinger_clock SET record = $2 \
                     WHERE bucket = $1 AND {MEMORY} = $3 AND record = $4 RETURNING 1"
                );
                let words = [bucket, text, memory, old];
                self.connection.ask(&update, &words).await
            }
            None => {
                let insert = format!(
                    "INSERT INTO wharfinger_clock (bucket, record) \
                     SELECT $1, $2 WHERE {MEMORY} = $3 ON CONFLICT DO NOTHING RETURNING 1"
                );
                self.connection.ask(&insert, &[bucket, text, memory]).await
            }
        };
        replaced.map(|rows| rows.len() == 1)
    }
}

/// Which database it is, and which history of it; a server that only follows has no answer.
const MEMORY: &str = "((SELECT system_identifier::text FROM pg_control_system()) || '/' || \
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))";
