//! A part of an open file, and the ways in which its bytes come to a client.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;
use rustix::fs::Advice;
use rustix::io::{Errno, ReadWriteFlags};

use super::buffers;

/// A part of an open, immutable file.
#[derive(Clone, Debug)]
pub struct FileSpan {
    file: Arc<File>,
    offset: u64,
    len: u64,
}

// === impl FileSpan ===

impl FileSpan {
    /// The first `len` bytes of `file`.
    #[must_use]
    pub fn new(file: File, len: u64) -> Self {
        Self {
            file: Arc::new(file),
            offset: 0,
            len,
        }
    }

    /// How many bytes the span has.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// True when the span has no byte.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The part at `range`, which is cut to what is there.
    #[must_use]
    pub fn slice(&self, range: Range<u64>) -> Self {
        let end = range.end.min(self.len);
        let start = range.start.min(end);
        Self {
            file: Arc::clone(&self.file),
            offset: self.offset + start,
            len: end - start,
        }
    }

    /// Takes up to `most` bytes off the front, reading them now. It blocks on the disk:
    /// never call it on an async worker.
    ///
    /// # Errors
    /// What the disk says; `UnexpectedEof` when the file is shorter than the span.
    pub fn read_front(&mut self, most: usize) -> io::Result<Bytes> {
        let want = self.at_most(most);
        let mut buffer = buffers::take(want);
        self.file.read_exact_at(buffer.first(want), self.offset)?;
        self.advance(want);
        Ok(buffer.into_bytes(want))
    }

    /// As [`FileSpan::read_front`], but of what the system has in memory only: `None` when
    /// the disk would have to be waited for.
    ///
    /// # Errors
    /// As [`FileSpan::read_front`].
    pub fn read_front_now(&mut self, most: usize) -> io::Result<Option<Bytes>> {
        let want = self.at_most(most);
        let mut buffer = buffers::take(want);
        match self.read_now(buffer.first(want), self.offset) {
            Ok(0) if want > 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                self.advance(read);
                Ok(Some(buffer.into_bytes(read)))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Moves up to `most` bytes off the front into a socket, without a copy in between
    /// (`sendfile(2)`), and tells how many; 0 when the file is shorter than the span. It
    /// waits for the disk, see [`FileSpan::is_in_memory`], but not for the socket.
    ///
    /// # Errors
    /// `WouldBlock` when the socket takes nothing now; `Unsupported` when the file system
    /// cannot do that; else the system's.
    pub fn send_front(&mut self, socket: BorrowedFd<'_>, most: usize) -> io::Result<usize> {
        let mut offset = self.offset;
        let want = self.at_most(most);
        match rustix::fs::sendfile(socket, &*self.file, Some(&mut offset), want) {
            Ok(sent) => {
                self.advance(sent);
                Ok(sent)
            }
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                Err(io::ErrorKind::Unsupported.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether the first `most` bytes can be had without waiting for the disk, as far as
    /// that can be told of both ends of them.
    #[must_use]
    pub fn is_in_memory(&self, most: usize) -> bool {
        let want = self.at_most(most) as u64;
        // At the end of the file there is nothing to wait for.
        let is = |offset| !matches!(self.read_now(&mut [0], offset), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        want == 0 || (is(self.offset) && is(self.offset + want - 1))
    }

    /// Reads the first `most` bytes into the memory of the system. It blocks on the disk:
    /// never call it on an async worker.
    ///
    /// # Errors
    /// What the disk says.
    pub fn bring_into_memory(&self, most: usize) -> io::Result<()> {
        let end = self.offset + self.at_most(most) as u64;
        // Only a hint.
        _ = rustix::fs::fadvise(&*self.file, self.offset, None, Advice::Sequential);
        let mut buffer = buffers::take(buffers::SIZE);
        let mut offset = self.offset;
        while offset < end {
            let want = usize::try_from(end - offset).unwrap_or(usize::MAX);
            match self.file.read_at(buffer.first(want), offset)? {
                0 => return Ok(()),
                read => offset += read as u64,
            }
        }
        Ok(())
    }

    fn read_now(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut buffers = [IoSliceMut::new(buffer)];
        match rustix::io::preadv2(&*self.file, &mut buffers, offset, ReadWriteFlags::NOWAIT) {
            // Some file systems, and old systems, cannot tell.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => Err(io::ErrorKind::WouldBlock.into()),
            done => Ok(done?),
        }
    }

    fn at_most(&self, most: usize) -> usize {
        most.min(usize::try_from(self.len).unwrap_or(usize::MAX))
    }

    fn advance(&mut self, bytes: usize) {
        self.offset += bytes as u64;
        self.len -= bytes as u64;
    }
}
