//! Archives written byte by byte: no library would write what some of these have to have.

use tar::Header;

/// An archive, without the blocks of zeroes at its end.
#[derive(Clone, Default)]
pub(crate) struct Archive(pub(crate) Vec<u8>);

/// An entry as a test writes it.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) header: Header,
    name: Vec<u8>,
    link: Vec<u8>,
    content: Vec<u8>,
    records: Vec<(String, Vec<u8>)>,
}

pub(crate) const MTIME: u64 = 1_600_000_000;

// === impl Item ===

impl Item {
    pub(crate) fn new(kind: u8, name: impl AsRef<[u8]>) -> Self {
        let mut header = Header::new_gnu();
        header.as_old_mut().linkflag = [kind];
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(MTIME);
        header.set_size(0);
        let name = name.as_ref().to_owned();
        Self {
            header,
            name,
            link: Vec::new(),
            content: Vec::new(),
            records: Vec::new(),
        }
    }

    pub(crate) fn link(mut self, target: impl AsRef<[u8]>) -> Self {
        self.link = target.as_ref().to_owned();
        self
    }

    pub(crate) fn content(mut self, content: impl AsRef<[u8]>) -> Self {
        self.content = content.as_ref().to_owned();
        self.header.set_size(self.content.len() as u64);
        self
    }

    pub(crate) fn mode(mut self, mode: u32) -> Self {
        self.header.set_mode(mode);
        self
    }

    pub(crate) fn owner(mut self, uid: u64, gid: u64) -> Self {
        self.header.set_uid(uid);
        self.header.set_gid(gid);
        self
    }

    pub(crate) fn mtime(mut self, mtime: u64) -> Self {
        self.header.set_mtime(mtime);
        self
    }

    pub(crate) fn device(mut self, major: u32, minor: u32) -> Self {
        self.header.set_device_major(major).unwrap();
        self.header.set_device_minor(minor).unwrap();
        self
    }

    pub(crate) fn record(mut self, key: &str, value: impl AsRef<[u8]>) -> Self {
        self.records
            .push((key.to_owned(), value.as_ref().to_owned()));
        self
    }
}

// === impl Archive ===

impl Archive {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn file(self, name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        self.item(Item::new(b'0', name).content(content))
    }

    pub(crate) fn dir(self, name: impl AsRef<[u8]>) -> Self {
        self.item(Item::new(b'5', name).mode(0o755))
    }

    pub(crate) fn symlink(self, name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        self.item(Item::new(b'2', name).link(target))
    }

    pub(crate) fn hard_link(self, name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        self.item(Item::new(b'1', name).link(target))
    }

    pub(crate) fn fifo(self, name: impl AsRef<[u8]>) -> Self {
        self.item(Item::new(b'6', name))
    }

    /// An empty file: whiteouts.
    pub(crate) fn empty(self, name: impl AsRef<[u8]>) -> Self {
        self.file(name, "")
    }

    /// Names beyond 100 bytes become PAX records.
    pub(crate) fn item(mut self, item: Item) -> Self {
        let Item {
            mut header,
            name,
            link,
            content,
            mut records,
        } = item;
        let old = header.as_old_mut();
        for (key, field, value) in [
            ("path", &mut old.name, &name),
            ("linkpath", &mut old.linkname, &link),
        ] {
            field
                .iter_mut()
                .zip(value)
                .for_each(|(to, from)| *to = *from);
            if value.len() > field.len() {
                records.push((key.to_owned(), value.clone()));
            }
        }
        if !records.is_empty() {
            self = self.pax(&records);
        }
        header.set_cksum();
        self.raw(&header, &content)
    }

    pub(crate) fn pax(self, records: &[(String, Vec<u8>)]) -> Self {
        let mut bytes = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let mut len = rest + 1;
            while len != rest + len.to_string().len() {
                len = rest + len.to_string().len();
            }
            bytes.extend(format!("{len} {key}=").as_bytes());
            bytes.extend(value);
            bytes.push(b'\n');
        }
        self.extension(b'x', &bytes)
    }

    /// An entry that says something of the next one.
    pub(crate) fn extension(self, kind: u8, content: &[u8]) -> Self {
        let mut header = Item::new(kind, "").header;
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.raw(&header, content)
    }

    pub(crate) fn raw(mut self, header: &Header, content: &[u8]) -> Self {
        self.0.extend(header.as_bytes());
        self.0.extend(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }
}
