//! What every log of this process has in common: lines are handed to a thread that writes
//! them, and values look as Go's programs write them, since that is what the readers of
//! distribution's logs have learnt to parse.

mod duration;
mod escape;
mod lines;
mod structured;

pub use duration::GoDuration;
pub use escape::{escape, is_printable};
pub use lines::{Dropped, Lines};
pub use structured::Structured;
