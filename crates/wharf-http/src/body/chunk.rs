//! What a body hands to the connection: bytes, or the promise of a part of a file.

use std::io::IoSlice;

use bytes::{Buf, Bytes};

use super::account::Account;
use crate::io::Promise;

/// A piece of an answer. It counts what the connection takes of it.
pub(crate) struct Chunk {
    content: Content,
    account: Account,
}

enum Content {
    Bytes(Bytes),
    Promise(Promise),
}

// === impl Chunk ===

impl Chunk {
    pub(super) fn bytes(bytes: Bytes, account: Account) -> Self {
        Self {
            content: Content::Bytes(bytes),
            account,
        }
    }

    pub(super) fn promise(promise: Promise, account: Account) -> Self {
        Self {
            content: Content::Promise(promise),
            account,
        }
    }
}

impl Buf for Chunk {
    fn remaining(&self) -> usize {
        match &self.content {
            Content::Bytes(bytes) => bytes.len(),
            Content::Promise(promise) => promise.remaining(),
        }
    }

    fn chunk(&self) -> &[u8] {
        match &self.content {
            Content::Bytes(bytes) => bytes,
            Content::Promise(promise) => promise.chunk(),
        }
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        match &self.content {
            Content::Bytes(bytes) => bytes.chunks_vectored(slices),
            Content::Promise(promise) => promise.chunks_vectored(slices),
        }
    }

    fn advance(&mut self, count: usize) {
        match &mut self.content {
            Content::Bytes(bytes) => bytes.advance(count),
            Content::Promise(promise) => promise.advance(count),
        }
        self.account.sent(count);
    }

    fn copy_to_bytes(&mut self, len: usize) -> Bytes {
        let copied = match &mut self.content {
            Content::Bytes(bytes) => bytes.copy_to_bytes(len),
            Content::Promise(promise) => promise.copy_to_bytes(len),
        };
        self.account.sent(len);
        copied
    }
}
