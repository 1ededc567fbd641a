//! A large blob in pieces that come at once, and are given out in order.

use std::collections::VecDeque;
use std::mem;

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::flow::Flow;
use super::wanted::Wanted;
use crate::error::ClientError;

/// The pieces that are on their way. No more of them are there at once than the settings
/// allow, counting the one that is given out, so that is how much memory is needed.
#[derive(Debug)]
pub(super) struct Pieces {
    wanted: Wanted,
    /// Those that were asked for, in order.
    running: VecDeque<Piece>,
    /// Where the first one begins that was not asked for.
    next: u64,
    /// Who is asked for the next ones: mirrors that one piece left are left by all.
    server: usize,
}

/// What is next.
pub(super) enum Step {
    Bytes(Bytes),
    /// The server sends the whole blob, whatever is asked for: this is the rest of it.
    Whole(Box<Flow>),
    End,
}

/// One piece, which a task of its own fetches; it ends with this.
#[derive(Debug)]
struct Piece {
    blocks: mpsc::Receiver<Block>,
    task: JoinHandle<()>,
}

/// What such a task gives, the first more than once.
#[derive(Debug)]
enum Block {
    Bytes(Bytes),
    Whole(Box<Flow>),
    /// All of the piece came, at last from this server.
    End(usize),
    Failed(Box<ClientError>),
}

// === impl Pieces ===

impl Pieces {
    /// Those that come after the first one.
    pub(super) fn after(first: &Flow) -> Self {
        Self {
            wanted: first.wanted().clone(),
            running: VecDeque::new(),
            next: first.position(),
            server: first.server(),
        }
    }

    /// What comes next. Who gives up waiting loses nothing.
    pub(super) async fn next(&mut self) -> Result<Step, ClientError> {
        loop {
            self.fill();
            let Some(piece) = self.running.front_mut() else {
                return Ok(Step::End);
            };
            match piece.blocks.recv().await {
                Some(Block::Bytes(bytes)) => return Ok(Step::Bytes(bytes)),
                Some(Block::Whole(flow)) => return Ok(Step::Whole(flow)),
                Some(Block::Failed(error)) => return Err(*error),
                Some(Block::End(server)) => {
                    self.server = self.server.max(server);
                    self.running.pop_front();
                }
                // Its task is gone.
                None => {
                    let what = self.wanted.what();
                    return Err(ClientError::Unverified { what });
                }
            }
        }
    }

    /// Asks for as many pieces as there may be.
    fn fill(&mut self) {
        let pieces = self.wanted.client.pieces();
        let size = self.wanted.size.unwrap_or(0);
        while self.running.len() < pieces.at_once && self.next < size {
            let end = self.next.saturating_add(pieces.bytes).min(size);
            let wanted = self.wanted.clone();
            let flow = Flow::new(wanted, self.next, Some(end), self.server);
            self.running.push_back(Piece::begin(flow));
            self.next = end;
        }
    }
}

// === impl Piece ===

impl Piece {
    fn begin(flow: Flow) -> Self {
        let bytes = flow.wanted().client.pieces().bytes;
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        // A whole piece has room, so that its connection never waits for those before it.
        let (sender, blocks) = mpsc::channel(bytes.div_ceil(BLOCK).clamp(1, MOST_BLOCKS));
        let task = tokio::spawn(run(flow, sender));
        Self { blocks, task }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.task.abort();
    }
}

// === private ===

async fn run(mut flow: Flow, blocks: mpsc::Sender<Block>) {
    let last = match fetch(&mut flow, &blocks).await {
        Ok(true) => Block::End(flow.server()),
        Ok(false) => Block::Whole(Box::new(flow)),
        Err(error) => Block::Failed(Box::new(error)),
    };
    // Whoever is gone does not need it.
    blocks.send(last).await.ok();
}

/// Fetches a piece, and copies it: what comes are small parts of large buffers, so that many
/// of them need more memory than they have bytes. Whether the server gives pieces.
async fn fetch(flow: &mut Flow, blocks: &mpsc::Sender<Block>) -> Result<bool, ClientError> {
    if !flow.is_part().await? {
        return Ok(false);
    }
    let mut block = BytesMut::new();
    while let Some(mut bytes) = flow.chunk().await? {
        while !bytes.is_empty() {
            if block.capacity() == 0 {
                block.reserve(flow.left().saturating_add(bytes.len()).min(BLOCK));
            }
            let room = BLOCK.saturating_sub(block.len());
            block.extend_from_slice(&bytes.split_to(room.min(bytes.len())));
            if block.len() >= BLOCK {
                let full = Block::Bytes(mem::take(&mut block).freeze());
                blocks.send(full).await.ok();
            }
        }
    }
    if !block.is_empty() {
        blocks.send(Block::Bytes(block.freeze())).await.ok();
    }
    Ok(true)
}

/// Bytes that are given out at once.
const BLOCK: usize = 256 << 10;
/// Of a piece, however large: beyond that its connection waits.
const MOST_BLOCKS: usize = 1024;
