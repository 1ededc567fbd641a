//! Where the bytes of a blob come from: one request, or several at once.

use std::time::Instant;

use bytes::Bytes;

use super::flow::Flow;
use super::pieces::{Pieces, Step};
use super::wanted::Wanted;
use crate::error::ClientError;

/// The bytes of a blob from a position to its end, in order.
#[derive(Debug)]
pub(super) struct Source {
    flow: Flow,
    pieces: Option<Pieces>,
    /// The first piece of a large blob, as long as it comes.
    first: Option<First>,
}

/// It comes alone, and shows how fast one connection is.
#[derive(Debug, Default)]
struct First {
    /// When its first bytes came: what was before is not the connection's rate.
    begun: Option<Instant>,
    /// Bytes since then.
    bytes: u64,
}

// === impl Source ===

impl Source {
    pub(super) fn new(wanted: &Wanted, position: u64) -> Self {
        let pieces = wanted.client.pieces();
        let left = wanted.size.map(|size| size.saturating_sub(position));
        let is_large = left.is_some_and(|left| left >= pieces.least && left > pieces.bytes);
        let is_split = is_large && pieces.at_once > 1 && pieces.bytes > 0;
        let end = is_split.then(|| position.saturating_add(pieces.bytes));
        Self {
            flow: Flow::new(wanted.clone(), position, end, 0),
            pieces: None,
            first: is_split.then(First::default),
        }
    }

    /// The next bytes; `None` at the end. Who gives up waiting loses nothing.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        loop {
            if let Some(pieces) = &mut self.pieces {
                match pieces.next().await? {
                    Step::Bytes(bytes) => return Ok(Some(bytes)),
                    Step::End => return Ok(None),
                    Step::Whole(flow) => {
                        self.flow = *flow;
                        self.flow.go_on();
                        self.pieces = None;
                    }
                }
            }
            // Only the first answer may be all of the blob: of a later one, what is beyond the
            // piece is gone when it is seen here.
            let is_new = self.first.as_ref().is_some_and(|it| it.begun.is_none());
            if is_new && !self.flow.is_part().await? {
                self.first = None;
                self.flow.go_on();
            }
            let bytes = self.flow.chunk().await?;
            match (&bytes, self.first.take()) {
                (Some(bytes), Some(first)) => self.first = Some(first.with(bytes)),
                (None, Some(first)) => {
                    self.go_on_after(&first);
                    continue;
                }
                (_, None) => {}
            }
            return Ok(bytes);
        }
    }

    fn go_on_after(&mut self, first: &First) {
        let enough = self.flow.wanted().client.pieces().enough;
        if first.rate() >= u128::from(enough) {
            self.flow.ask_for_rest();
        } else {
            self.pieces = Some(Pieces::after(&self.flow));
        }
    }
}

// === impl First ===

impl First {
    fn with(self, bytes: &Bytes) -> Self {
        match self.begun {
            None => Self {
                begun: Some(Instant::now()),
                bytes: 0,
            },
            Some(_) => Self {
                bytes: self.bytes + bytes.len() as u64,
                ..self
            },
        }
    }

    /// Bytes per second; none if all came at once, which says nothing.
    fn rate(&self) -> u128 {
        let microseconds = self.begun.map_or(0, |begun| begun.elapsed().as_micros());
        u128::from(self.bytes) * 1_000_000 / microseconds.max(1)
    }
}
