//! A block that says what follows. The `tar` crate knows where what stands in it; its archives are
//! read to their end and its records up to any size, which is not for archives of others.

/// Bytes of a block.
pub(super) const BLOCK: usize = 512;

/// What a block says.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) link: String,
    pub(super) kind: u8,
    pub(super) size: u64,
}

// === impl Header ===

impl Header {
    pub(super) fn new(name: &str, kind: u8, size: u64) -> Self {
        Self {
            name: name.to_owned(),
            link: String::new(),
            kind,
            size,
        }
    }

    /// Reads a block; `None` for one that is all zero, which marks the end.
    pub(super) fn read(block: &[u8; BLOCK]) -> Result<Option<Self>, &'static str> {
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let header = tar::Header::from_byte_slice(block);
        let said = header.cksum().map_err(|_| "a header has no checksum")?;
        if u64::from(said) != checksum(block) {
            return Err("the checksum of a header is wrong");
        }
        let link = header.link_name_bytes().unwrap_or_default();
        Ok(Some(Self {
            name: text(&header.path_bytes()),
            link: text(&link),
            kind: header.entry_type().as_byte(),
            size: header
                .entry_size()
                .map_err(|_| "the size of a file is no number")?,
        }))
    }

    /// Whether the block has room for it; a name that is longer goes before it in pax.
    pub(super) fn fits(&self) -> bool {
        self.name.len() <= 100 && self.size < 1 << 33
    }

    /// The block, of a file that everybody may read, from the beginning of time: the same
    /// content gives the same archive.
    pub(super) fn block(&self) -> [u8; BLOCK] {
        let mut header = tar::Header::new_ustar();
        let name = self.name.as_bytes();
        let name = name.get(..100).unwrap_or(name);
        if let Some(place) = header.as_old_mut().name.get_mut(..name.len()) {
            place.copy_from_slice(name);
        }
        header.set_entry_type(tar::EntryType::new(self.kind));
        header.set_size(self.size & ((1 << 33) - 1));
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_cksum();
        *header.as_bytes()
    }
}

// === private ===

/// Up to the first zero. What is no UTF-8 is the name of nothing that is looked for.
pub(super) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0);
    let bytes = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// The sum of all bytes, with spaces in place of the sum.
fn checksum(block: &[u8; BLOCK]) -> u64 {
    let bytes = block.iter().enumerate();
    bytes
        .map(|(index, byte)| match index {
            148..156 => u64::from(b' '),
            _ => u64::from(*byte),
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (name, size) in [
            ("a", 0),
            ("blobs/sha256/x", 1),
            (&*"n".repeat(100), 8_589_934_591),
        ] {
            let header = Header::new(name, b'0', size);
            assert!(header.fits());
            assert_eq!(Header::read(&header.block()), Ok(Some(header)));
        }
        assert!(!Header::new(&"n".repeat(101), b'0', 0).fits());
        assert!(!Header::new("a", b'0', 1 << 33).fits());
        assert_eq!(Header::read(&[0; BLOCK]), Ok(None));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let block = Header::new("name", b'0', 512).block();
        for index in 0..BLOCK {
            let mut changed = block;
            changed[index] ^= 1;
            assert!(Header::read(&changed).is_err(), "{index}");
        }
    }

    #[test]
    fn sizes_are_read_in_both_forms() {
        let size = |field: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().size[..field.len()].copy_from_slice(field);
            header.set_cksum();
            let header = Header::read(header.as_bytes());
            header.map(|header| header.unwrap().size)
        };
        assert_eq!(size(b"00000000644\0"), Ok(0o644));
        assert_eq!(size(b"       644 \0"), Ok(0o644));
        assert_eq!(
            size(&[0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0]),
            Ok((2 << 32) + 256)
        );
        assert!(size(b"00000000008\0").is_err());
        assert!(size(b"         -1\0").is_err());
    }
}
