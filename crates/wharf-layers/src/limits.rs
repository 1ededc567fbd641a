//! How much the layers of an image may be.

use crate::error::{Excess, Reason};

/// Bounds for all layers of an image together. A legal image beyond them is refused until the
/// caller raises them; the error says which one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Bytes when uncompressed, holes of sparse files counted.
    pub uncompressed: u64,
    /// How many times its compressed size a layer may have, once it has more than a GiB. gzip
    /// cannot exceed 1032; zstd can, for files of zeroes.
    pub ratio: u64,
    /// Entries of archives. Each needs some 40 bytes of memory while its layer is applied, and
    /// each directory some 200 until the end.
    pub entries: u64,
}

/// What of the limits is used up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    entries: u64,
    /// Of layers that have ended.
    uncompressed: u64,
    /// What holes add to the bytes of archives.
    holes: u64,
}

/// Bytes of names that are remembered until the end: those of directories, or of all files where
/// images are compared. The largest images have a tenth of that.
pub(crate) const MOST_NAMES: u64 = 256 << 20;
const RATIO_COUNTS_FROM: u64 = 1 << 30;

/// Whether so many bytes of names can be remembered.
pub(crate) fn check_names(bytes: u64) -> Result<(), Reason> {
    if bytes > MOST_NAMES {
        return Err(Excess::Names(MOST_NAMES).into());
    }
    Ok(())
}

// === impl Limits ===

impl Default for Limits {
    fn default() -> Self {
        Self {
            uncompressed: 1 << 40,
            ratio: 5000,
            entries: 4_000_000,
        }
    }
}

// === impl Usage ===

impl Usage {
    /// Another entry, which has `holes` bytes more than are in the archive.
    pub(crate) fn count(&mut self, limits: &Limits, holes: u64) -> Result<(), Reason> {
        self.entries = self.entries.saturating_add(1);
        self.holes = self.holes.saturating_add(holes);
        if self.entries > limits.entries {
            return Err(Excess::Entries(limits.entries).into());
        }
        self.within(limits, 0)
    }

    /// How far the layer that is being read has come.
    pub(crate) fn progress(
        &self,
        limits: &Limits,
        compressed: u64,
        uncompressed: u64,
    ) -> Result<(), Reason> {
        let most = compressed
            .saturating_mul(limits.ratio)
            .max(RATIO_COUNTS_FROM);
        if uncompressed > most {
            return Err(Excess::Ratio(limits.ratio).into());
        }
        self.within(limits, uncompressed)
    }

    pub(crate) fn end_layer(&mut self, uncompressed: u64) {
        self.uncompressed = self.uncompressed.saturating_add(uncompressed);
    }

    fn within(&self, limits: &Limits, current: u64) -> Result<(), Reason> {
        let sum = self.uncompressed.saturating_add(self.holes);
        if sum.saturating_add(current) > limits.uncompressed {
            return Err(Excess::Uncompressed(limits.uncompressed).into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_counts_from_a_gibibyte() {
        let limits = Limits {
            ratio: 10,
            ..Limits::default()
        };
        let usage = Usage::default();
        assert!(usage.progress(&limits, 1, 1 << 30).is_ok());
        assert!(usage.progress(&limits, 1, (1 << 30) + 1).is_err());
        assert!(usage.progress(&limits, 1 << 28, (1 << 30) + 1).is_ok());
    }

    #[test]
    fn layers_and_holes_add_up() {
        let limits = Limits {
            uncompressed: 100,
            ..Limits::default()
        };
        let mut usage = Usage::default();
        usage.end_layer(50);
        usage.count(&limits, 40).unwrap();
        assert!(usage.progress(&limits, 1, 10).is_ok());
        assert!(usage.progress(&limits, 1, 11).is_err());
        assert!(usage.count(&limits, u64::MAX).is_err());
    }
}
