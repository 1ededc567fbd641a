//! What is where in an archive, read once from its headers.

use std::collections::HashMap;

use super::header::{BLOCK, Header, text};
use super::pax::Records;
use crate::ImageError;
use crate::file::FileSpan;

/// The files of an archive by their names. Nothing is unpacked: a name leads to a part of the
/// archive and nowhere else, whatever it looks like.
#[derive(Debug)]
pub(crate) struct Contents {
    archive: FileSpan,
    entries: HashMap<String, Entry>,
}

#[derive(Debug)]
enum Entry {
    File(FileSpan),
    /// Another name that leads to the same file.
    Link(String),
}

/// What stands before a header and is about it.
#[derive(Default)]
struct Before {
    name: Option<String>,
    link: Option<String>,
    records: Records,
}

// === impl Contents ===

impl Contents {
    /// Reads the headers. It waits for the disk.
    pub(crate) fn read(archive: FileSpan) -> Result<Self, ImageError> {
        let mut contents = Self {
            archive,
            entries: HashMap::new(),
        };
        let mut names = 0;
        let mut before = Before::default();
        let mut position = 0;
        while position != contents.archive.length() {
            let Some(mut header) = contents.header(position)? else {
                break;
            };
            position += BLOCK as u64;
            if let Some(size) = before.records.size {
                header.size = size;
            }
            // Links, devices and directories are headers alone.
            let size = match header.kind {
                b'1'..=b'6' => 0,
                _ => header.size,
            };
            let span = contents.archive.part(position, size);
            let span = span.ok_or_else(|| contents.damaged("it ends within a file"))?;
            position = size
                .checked_next_multiple_of(BLOCK as u64)
                .and_then(|padded| position.checked_add(padded))
                .ok_or_else(|| contents.damaged("a file in it has no end"))?;
            match header.kind {
                b'x' => before.records = contents.records(&span)?,
                b'L' => before.name = Some(long_text(&span)?),
                b'K' => before.link = Some(long_text(&span)?),
                // What holds for all files is about their times and owners.
                b'g' => {}
                _ => {
                    let before = std::mem::take(&mut before);
                    names += contents.insert(header, before, span);
                    if contents.entries.len() > MOST_ENTRIES || names > MOST_NAMES {
                        return Err(contents.damaged("it has too many files"));
                    }
                }
            }
        }
        Ok(contents)
    }

    pub(crate) fn archive(&self) -> &FileSpan {
        &self.archive
    }

    /// A file by its name. Links are followed within the archive.
    pub(crate) fn file(&self, name: &str) -> Option<FileSpan> {
        let mut name = normal(name)?;
        for _ in 0..MOST_LINKS {
            match self.entries.get(&name)? {
                Entry::File(span) => return Some(span.clone()),
                Entry::Link(target) => name.clone_from(target),
            }
        }
        None
    }

    /// Keeps an entry; how many bytes its names have.
    fn insert(&mut self, header: Header, before: Before, span: FileSpan) -> usize {
        let name = before.records.path.or(before.name).unwrap_or(header.name);
        let link = before.records.link.or(before.link).unwrap_or(header.link);
        let Some(name) = normal(&name) else {
            return 0;
        };
        let entry = match header.kind {
            b'0' | 0 | b'7' if !before.records.is_sparse => Some(Entry::File(span)),
            b'1' => normal(&link).map(Entry::Link),
            b'2' if link.starts_with('/') => None,
            b'2' => {
                let parent = name.rsplit_once('/').map_or("", |(parent, _)| parent);
                normal(&format!("{parent}/{link}")).map(Entry::Link)
            }
            _ => None,
        };
        let Some(entry) = entry else {
            return 0;
        };
        let length = name.len() + link.len();
        // The last one counts, as for who unpacks it.
        self.entries.insert(name, entry);
        length
    }

    fn header(&self, position: u64) -> Result<Option<Header>, ImageError> {
        let mut block = [0; BLOCK];
        let whole = self.archive.part(position, BLOCK as u64);
        let span = whole.ok_or_else(|| self.damaged("it ends within a header"))?;
        span.read_at(0, &mut block)
            .map_err(ImageError::file("read", span.path()))?;
        let header = Header::read(&block);
        header.map_err(|problem| match position {
            0 => self.damaged("it is no tar archive"),
            _ => self.damaged(problem),
        })
    }

    fn records(&self, span: &FileSpan) -> Result<Records, ImageError> {
        let bytes = span.read(MOST_RECORDS, "a header of an archive")?;
        Records::read(&bytes).ok_or_else(|| self.damaged("a pax header in it is none"))
    }

    fn damaged(&self, problem: &str) -> ImageError {
        ImageError::damaged(self.archive.path().display().to_string(), problem)
    }
}

// === private ===

fn long_text(span: &FileSpan) -> Result<String, ImageError> {
    Ok(text(&span.read(MOST_RECORDS, "a name in an archive")?))
}

/// A name without `.` and with `..` resolved; `None` if it leads out of the archive.
fn normal(name: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Bytes of what stands before a header.
const MOST_RECORDS: u64 = 1 << 20;
/// Files of an archive.
const MOST_ENTRIES: usize = 200_000;
/// Bytes of all their names.
const MOST_NAMES: usize = 32 << 20;
/// Links that are followed, one after another.
const MOST_LINKS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Output;
    use crate::tar::{Sink, TarWriter};

    #[tokio::test]
    async fn long_names_and_large_files_are_found_again() {
        let file = tempfile::tempfile().unwrap();
        let name = "n".repeat(300);
        let size = (9 << 30) + 5;
        let output = Output::new(file.try_clone().unwrap());
        let mut writer = TarWriter::new(Sink::File(output));
        writer.file("a/b", "small".into()).await.unwrap();
        writer.begin(&name, size).await.unwrap();
        writer.flush().await.unwrap();
        // The file has a hole in place of its content.
        let written = file.metadata().unwrap().len();
        file.set_len(written + size.next_multiple_of(512) + 1024)
            .unwrap();
        let span = FileSpan::new(file, "archive".as_ref()).unwrap();
        let contents = Contents::read(span).unwrap();
        assert_eq!(contents.file(&name).unwrap().length(), size);
        let small = contents.file("./a/../a/b").unwrap();
        assert_eq!(small.read(10, "b").unwrap(), "small");
        assert!(contents.file("b").is_none());
    }

    #[test]
    fn names_stay_within() {
        for (name, expected) in [
            ("a", Some("a")),
            ("./a//b/", Some("a/b")),
            ("/a", Some("a")),
            ("a/../b", Some("b")),
            ("../a", None),
            ("a/../../b", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(normal(name).as_deref(), expected, "{name:?}");
        }
    }
}
