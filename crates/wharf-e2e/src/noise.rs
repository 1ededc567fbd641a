//! Bytes that do not compress, the same for the same seed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// `length` bytes.
#[must_use]
pub fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = words(seed)
        .take(length.div_ceil(8))
        .flat_map(u64::to_le_bytes)
        .collect();
    bytes.truncate(length);
    bytes
}

/// A file of `mebibytes` MiB.
///
/// # Panics
/// When the disk is full.
pub fn file(path: &Path, seed: u64, mebibytes: usize) {
    let file = File::create(path).expect("create a file of noise");
    let mut writer = BufWriter::with_capacity(1 << 20, file);
    for word in words(seed).take(mebibytes << 17) {
        writer.write_all(&word.to_le_bytes()).expect("write noise");
    }
    writer.flush().expect("write noise");
}

/// `SplitMix64`.
fn words(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    })
}
