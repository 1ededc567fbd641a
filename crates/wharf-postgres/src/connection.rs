//! One connection, which many may use at once, and which is made again when it broke.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error, Row};

use crate::settings::Settings;

pub(crate) struct Connection {
    settings: Settings,
    /// Held while it is made.
    current: Mutex<Option<Arc<Client>>>,
}

// === impl Connection ===

impl Connection {
    /// To nobody yet.
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            current: Mutex::new(None),
        }
    }

    /// Asks, again and again for a few seconds, since a server may be about to take over. What
    /// was asked may have been done although that failed.
    pub(crate) async fn ask(&self, statement: &str, texts: &[&str]) -> io::Result<Vec<Row>> {
        let begun = Instant::now();
        loop {
            let why = match timeout(ANSWERING, self.ask_once(statement, texts)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => told(&error),
                Err(_) => {
                    // Whoever hangs will go on hanging.
                    self.drop_it().await;
                    format!("no answer within {ANSWERING:?}")
                }
            };
            if begun.elapsed() > PATIENCE {
                return Err(io::Error::other(format!(
                    "PostgreSQL, which keeps what is being removed: {why}"
                )));
            }
            sleep(PAUSE).await;
        }
    }

    async fn ask_once(&self, statement: &str, texts: &[&str]) -> Result<Vec<Row>, Error> {
        let client = self.client().await?;
        let parameters = texts.iter().map(|text| {
            let parameter: &(dyn ToSql + Sync) = text;
            (parameter, Type::TEXT)
        });
        let parameters: Vec<_> = parameters.collect();
        let answer = client.query_typed(statement, &parameters).await;
        if answer
            .as_ref()
            .is_err_and(|error| !is_of_the_question(error))
        {
            self.drop_it().await;
        }
        answer
    }

    async fn client(&self) -> Result<Arc<Client>, Error> {
        let mut current = self.current.lock().await;
        if let Some(client) = current.as_ref().filter(|client| !client.is_closed()) {
            return Ok(Arc::clone(client));
        }
        let connected = self.settings.server.connect(self.settings.tls.clone());
        let (client, connection) = connected.await?;
        // It ends with the last who has the client.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection to PostgreSQL broke");
            }
        });
        client.batch_execute(PREPARE).await?;
        let client = Arc::new(client);
        *current = Some(Arc::clone(&client));
        Ok(client)
    }

    async fn drop_it(&self) {
        *self.current.lock().await = None;
    }
}

/// Another connection would have the same answer.
fn is_of_the_question(error: &Error) -> bool {
    error.as_db_error().is_some()
}

fn told(error: &Error) -> String {
    let cause = std::error::Error::source(error);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// What was answered has to survive; and who may not make a table may find one.
const PREPARE: &str = "\
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') IN ('off', 'local');
    DO $$ BEGIN
        IF to_regclass('wharfinger_clock') IS NULL THEN
            CREATE TABLE IF NOT EXISTS wharfinger_clock (
                bucket text PRIMARY KEY,
                record text NOT NULL
            );
        END IF;
    EXCEPTION WHEN unique_violation OR duplicate_table THEN NULL;
    END $$";

pub(crate) const CONNECTING: Duration = Duration::from_secs(2);
/// Together with connecting.
const ANSWERING: Duration = Duration::from_secs(4);
/// How long it is tried: a client is waiting.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);
