//! How far an unpacking is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wharf_image::Image;
use wharf_layers::Progress;

use crate::client::ask::printable;
use crate::collection::size;
use crate::progress_line::ProgressLine;
use crate::terminal::warn;

/// A line that is written over, and a line for each kind of thing that cannot be made.
pub(super) struct Shown {
    line: ProgressLine,
    /// Compressed bytes that were read.
    pub(super) count: Arc<AtomicU64>,
    /// All of them.
    total: u64,
    layers: usize,
    position: usize,
    name: Vec<u8>,
    at: Instant,
    is_quiet: bool,
}

const PAUSE: Duration = Duration::from_millis(100);
const NOW_AND_THEN: Duration = Duration::from_secs(10);

// === impl Shown ===

impl Shown {
    pub(super) fn new(image: &Image, is_quiet: bool) -> Self {
        let sizes = image.layers.iter().map(|(descriptor, _)| descriptor.size);
        Self {
            line: ProgressLine::new(NOW_AND_THEN),
            count: Arc::default(),
            total: sizes.fold(0, u64::saturating_add),
            layers: image.layers.len(),
            position: 0,
            name: Vec::new(),
            at: Instant::now(),
            is_quiet,
        }
    }

    pub(super) fn tell(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Notice(notice) if !self.is_quiet => {
                self.line.clear();
                warn(&format!("note: {notice}"));
            }
            Progress::Notice(_) | Progress::Content { .. } => {}
            Progress::Entry { position, name, .. } => {
                self.position = position;
                self.name.clear();
                self.name.extend_from_slice(name);
            }
        }
        if !self.is_quiet && self.at.elapsed() >= PAUSE {
            self.at = Instant::now();
            let line = self.text();
            self.line.show(&line);
        }
    }

    pub(super) fn clear(&mut self) {
        self.line.clear();
    }

    fn text(&self) -> String {
        let read = self.count.load(Ordering::Relaxed);
        let name = printable(&String::from_utf8_lossy(&self.name));
        format!(
            "layer {} of {}, {} of {}: {name}",
            self.position,
            self.layers,
            size(read),
            size(self.total)
        )
    }
}
