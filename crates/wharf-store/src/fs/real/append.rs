//! Appending all of the frames, and leaving nothing of long files in the system's memory.

use std::fs::File;
use std::io::{self, IoSlice};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use rustix::fs::Advice;
use rustix::io::{Errno, ReadWriteFlags};

use super::RealDisk;
use crate::fs::disk::Disk as _;

/// Writes all of the frames by as many calls as it takes.
pub(super) fn all(
    frames: &[Bytes],
    mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
) -> io::Result<()> {
    let mut slices: Vec<_> = frames
        .iter()
        .filter(|frame| !frame.is_empty())
        .map(|frame| IoSlice::new(frame))
        .collect();
    let mut rest = slices.as_mut_slice();
    while !rest.is_empty() {
        let some = rest.get(..rest.len().min(MOST_SLICES)).unwrap_or_default();
        match write(some) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Appends to a file of `len` bytes by pages that go to the disk at once and leave the cache
/// (`RWF_DONTCACHE`); where the system cannot do that, the write-out is begun at least. The
/// last page stays if it is not full: the next append would have to read it back.
pub(super) fn past_the_cache(
    disk: &RealDisk,
    file: &File,
    frames: &[Bytes],
    len: u64,
) -> io::Result<()> {
    static UNKNOWN: AtomicBool = AtomicBool::new(false);
    let more: usize = frames.iter().map(Bytes::len).sum();
    let end = len + more as u64;
    if !UNKNOWN.load(Ordering::Relaxed) {
        let unfinished = usize::try_from(end % PAGE).unwrap_or(0);
        let (pages, rest) = split(frames, more.saturating_sub(unfinished));
        let flags = ReadWriteFlags::from_bits_retain(DONTCACHE);
        // The file is open for appending: the offset does not count.
        let mut written = 0;
        let done = all(&pages, |slices| {
            let now = rustix::io::pwritev2(file, slices, 0, flags)?;
            written += now;
            Ok(now)
        });
        match done.map_err(|error| (Errno::from_io_error(&error), error)) {
            Ok(()) => return disk.append(file, &rest),
            Err((Some(Errno::OPNOTSUPP | Errno::INVAL | Errno::NOSYS), _)) if written == 0 => {
                UNKNOWN.store(true, Ordering::Relaxed);
            }
            Err((_, error)) => return Err(error),
        }
    }
    disk.append(file, frames)?;
    // posix_fadvise(2): pages that are not written yet are not dropped, but on their way.
    let begin = NonZeroU64::new(more as u64);
    _ = rustix::fs::fadvise(file, len, begin, Advice::DontNeed);
    Ok(())
}

/// The first `at` bytes of the frames, and the others.
fn split(frames: &[Bytes], at: usize) -> (Vec<Bytes>, Vec<Bytes>) {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut left = at;
    for frame in frames {
        let mut first = frame.clone();
        let second = first.split_off(left.min(first.len()));
        left -= first.len();
        before.push(first);
        after.push(second);
    }
    (before, after)
}

/// `RWF_DONTCACHE` (linux/fs.h, Linux 6.14).
const DONTCACHE: u32 = 0x80;
/// Bytes in a page: where there are larger ones, a page may be read back now and then.
const PAGE: u64 = 4096;
/// `UIO_MAXIOV`, the most that the system takes at once.
const MOST_SLICES: usize = 1024;

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn long_files_have_every_byte_in_order() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let disk = RealDisk;
        let append = disk.open_to_append(file.path()).unwrap();
        let mut expected = Vec::new();
        for round in 0..60_usize {
            let sizes = [round * 37, 0, 4096, 100_000 + round, 1];
            let frames = sizes.map(|size| Bytes::from(vec![round as u8; size]));
            let len = expected.len() as u64;
            disk.append_to_long(&append, &frames, len).unwrap();
            frames.iter().for_each(|frame| expected.extend(frame));
        }
        let mut found = Vec::new();
        file.read_to_end(&mut found).unwrap();
        assert!(found == expected);
    }

    #[test]
    fn more_frames_than_the_system_takes_are_written() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let append = RealDisk.open_to_append(file.path()).unwrap();
        let frames: Vec<_> = (0..5000_u32)
            .map(|number| Bytes::copy_from_slice(&number.to_be_bytes()))
            .collect();
        RealDisk.append(&append, &frames).unwrap();
        RealDisk.append_to_long(&append, &frames, 20_000).unwrap();
        let mut found = Vec::new();
        file.read_to_end(&mut found).unwrap();
        let once = frames.concat();
        assert!(found == [once.clone(), once].concat());
    }

    #[test]
    fn frames_are_split_anywhere() {
        let frames = ["abc", "", "defg"].map(Bytes::from);
        for at in 0..=7 {
            let (before, after) = split(&frames, at);
            assert_eq!(before.concat(), b"abcdefg"[..at]);
            assert_eq!(after.concat(), b"abcdefg"[at..]);
        }
    }
}
