//! Bytes of a blob over one connection after another, and from one server after another.

use bytes::Bytes;

use super::opening::Opened;
use super::wanted::Wanted;
use crate::error::ClientError;

/// A blob from one position to another. When a connection breaks, or nothing comes for a
/// while, the rest is asked for anew; a mirror that is of no use is left for the next server.
#[derive(Debug)]
pub(super) struct Flow {
    wanted: Wanted,
    position: u64,
    /// Where it ends before the end of the blob.
    end: Option<u64>,
    opened: Option<Opened>,
    /// Who is asked: the number of a mirror, or of the registry itself after the last.
    server: usize,
    /// Connections in a row that gave nothing.
    failures: u32,
    /// Connections with this server that broke.
    cuts: u32,
}

// === impl Flow ===

impl Flow {
    /// From one position to another, from this server or one after it.
    pub(super) fn new(wanted: Wanted, position: u64, end: Option<u64>, server: usize) -> Self {
        Self {
            server: wanted.client.trusted_server(server),
            wanted,
            position,
            end,
            opened: None,
            failures: 0,
            cuts: 0,
        }
    }

    /// The next bytes; `None` at the end. Who gives up waiting loses nothing.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        loop {
            let end = self.end();
            let is_at_end = end.is_some_and(|end| end <= self.position);
            if is_at_end && (self.opened.is_some() || self.position > 0) {
                return Ok(None);
            }
            let opened = self.open().await?;
            match opened.chunk().await {
                Ok(Some(mut bytes)) => {
                    // The whole blob may come where a piece of it was asked for.
                    bytes.truncate(self.left());
                    self.failures = 0;
                    self.position += bytes.len() as u64;
                    return Ok(Some(bytes));
                }
                Ok(None) if self.end().is_none_or(|end| end <= self.position) => return Ok(None),
                // It ended too early, or broke.
                Ok(None) => self.reopen(None).await?,
                Err(error @ ClientError::Network { .. }) => self.reopen(Some(error)).await?,
                Err(error) => self.leave(error)?,
            }
        }
    }

    /// Whether the server sends what was asked for, and not all of the blob.
    pub(super) async fn is_part(&mut self) -> Result<bool, ClientError> {
        Ok(self.open().await?.is_part())
    }

    /// Does not end before the blob, which this answer gives anyway.
    pub(super) const fn go_on(&mut self) {
        self.end = None;
    }

    /// Goes on to the end of the blob, which another answer gives.
    pub(super) fn ask_for_rest(&mut self) {
        self.end = None;
        self.opened = None;
    }

    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    pub(super) const fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    pub(super) const fn server(&self) -> usize {
        self.server
    }

    /// How many bytes are to come, at least as far as it is known.
    pub(super) fn left(&self) -> usize {
        let left = self.end().map(|end| end.saturating_sub(self.position));
        left.map_or(usize::MAX, |left| {
            usize::try_from(left).unwrap_or(usize::MAX)
        })
    }

    /// The answer that gives the next bytes.
    async fn open(&mut self) -> Result<&mut Opened, ClientError> {
        while self.opened.is_none() {
            let endpoint = self.wanted.client.server(self.server);
            match Opened::at(&self.wanted, endpoint, self.position, self.end).await {
                Ok(opened) => {
                    self.wanted.note(self.server);
                    return Ok(self.opened.insert(opened));
                }
                Err(error) => self.leave(error)?,
            }
        }
        self.opened.as_mut().ok_or_else(|| ClientError::Unverified {
            what: self.wanted.what(),
        })
    }

    /// Where it ends, as far as it is known.
    pub(super) fn end(&self) -> Option<u64> {
        let said = || self.opened.as_ref().and_then(Opened::size);
        self.end.or(self.wanted.size).or_else(said)
    }

    /// Gives the connection up for another one, a little later.
    async fn reopen(&mut self, error: Option<ClientError>) -> Result<(), ClientError> {
        let Some(opened) = self.opened.take() else {
            return Ok(());
        };
        self.failures += 1;
        self.cuts += 1;
        let patience = *self.wanted.client.home().patience();
        let is_hopeless = self.failures >= patience.attempts;
        let is_mirror = self.server < self.wanted.client.mirrors().len();
        if is_hopeless || (is_mirror && self.cuts > MOST_CUTS_OF_MIRRORS) {
            return self.leave(error.unwrap_or_else(|| opened.ended_early()));
        }
        tracing::debug!(
            position = self.position,
            failures = self.failures,
            "reading on"
        );
        if self.failures > 1 {
            let doubled = 2_u32.saturating_pow(self.failures - 2);
            let wait = patience.first_wait.saturating_mul(doubled);
            tokio::time::sleep(wait.min(patience.longest_wait)).await;
        }
        Ok(())
    }

    /// Gives a mirror up for the next server, which is asked for what comes after the bytes
    /// that are there: they may be right, which the digest shows in the end. The error is
    /// that of the registry itself, which there is nobody after.
    fn leave(&mut self, error: ClientError) -> Result<(), ClientError> {
        if self.server >= self.wanted.client.mirrors().len() {
            return Err(error);
        }
        tracing::debug!(error = %error, position = self.position, "a mirror was of no use");
        self.server = self.wanted.client.trusted_server(self.server + 1);
        self.opened = None;
        self.failures = 0;
        self.cuts = 0;
        Ok(())
    }
}

/// How often a mirror is asked for the rest.
const MOST_CUTS_OF_MIRRORS: u32 = 1;
