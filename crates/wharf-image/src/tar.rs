//! Archives as images travel in them: the little of tar (POSIX.1-2001, pax, and GNU's long
//! names) that is needed for files with names, neither unpacked nor held in memory.

mod contents;
mod header;
mod pax;
mod writer;

pub(crate) use self::contents::Contents;
pub(crate) use self::writer::{Sink, TarWriter};
