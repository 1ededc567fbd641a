//! What headers before an entry's own say of it.

use std::collections::BTreeMap;

use crate::error::{Damage, Reason};

use super::entry::Xattr;
use super::sparse::PaxSparse;
use super::{Time, pax};

/// Long names and PAX records. A record overrides a long name, which overrides the header.
#[derive(Default)]
pub(super) struct Extensions {
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    path: Option<Vec<u8>>,
    link_path: Option<Vec<u8>>,
    size: Option<u64>,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    pub(super) modified: Option<Time>,
    xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(super) sparse: PaxSparse,
}

// === impl Extensions ===

impl Extensions {
    pub(super) fn read_long_name(&mut self, bytes: Vec<u8>) {
        self.long_name = Some(until_nul(bytes));
    }

    pub(super) fn read_long_link(&mut self, bytes: Vec<u8>) {
        self.long_link = Some(until_nul(bytes));
    }

    /// Go: the last header of records counts, and those before it are forgotten, so that one
    /// entry needs no more memory than one header.
    pub(super) fn read_pax(&mut self, bytes: &[u8]) -> Result<(), Reason> {
        *self = Self {
            long_name: self.long_name.take(),
            long_link: self.long_link.take(),
            ..Self::default()
        };
        for record in pax::records(bytes) {
            let (key, value) = record?;
            self.read_record(key, value)?;
        }
        Ok(())
    }

    /// The name, if it is not the one in the header.
    pub(super) fn name(&self) -> Option<&[u8]> {
        let path = self.sparse.name().or(self.path.as_deref());
        path.or(self.long_name.as_deref())
    }

    /// The target of a link, if it is not the one in the header.
    pub(super) fn link(&self) -> Option<&[u8]> {
        self.link_path.as_deref().or(self.long_link.as_deref())
    }

    /// How many bytes the archive has for the entry, if the header does not tell.
    pub(super) const fn size(&self) -> Option<u64> {
        self.size
    }

    /// The extended attributes, by name.
    pub(super) fn xattrs(&self) -> Vec<Xattr> {
        let xattr = |(name, value): (&Vec<u8>, &Vec<u8>)| Xattr {
            name: name.clone(),
            value: value.clone(),
        };
        self.xattrs.iter().map(xattr).collect()
    }

    fn read_record(&mut self, key: &[u8], value: &[u8]) -> Result<(), Damage> {
        if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
            self.xattrs.insert(name.to_owned(), value.to_owned());
            return Ok(());
        }
        if let Some(sparse) = key.strip_prefix(b"GNU.sparse.") {
            return self.sparse.read(sparse, value);
        }
        // Go: an empty value leaves what the header says.
        if value.is_empty() {
            return Ok(());
        }
        match key {
            b"path" => self.path = Some(value.to_owned()),
            b"linkpath" => self.link_path = Some(value.to_owned()),
            b"size" => self.size = Some(pax::number(value, "size")?),
            b"uid" => self.uid = Some(pax::number(value, "owner")?),
            b"gid" => self.gid = Some(pax::number(value, "group")?),
            b"mtime" => self.modified = Some(pax::time(value)?),
            _ => {}
        }
        Ok(())
    }
}

fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().position(|byte| *byte == 0);
    bytes.truncate(end.unwrap_or(bytes.len()));
    bytes
}
