//! An authority, and a certificate of it that servers on this machine and their clients show.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::scratch::Scratch;

/// Files that disappear with it.
#[derive(Debug)]
pub struct Authority {
    scratch: Scratch,
}

// === impl Authority ===

impl Authority {
    /// A new one.
    ///
    /// # Panics
    /// When the disk is full.
    #[must_use]
    pub fn new() -> Self {
        let scratch = Scratch::new();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Who has the name of its authority is taken for one itself.
        params
            .distinguished_name
            .push(DnType::CommonName, "an authority");
        let ca = KeyPair::generate().expect("a key");
        let ca = CertifiedIssuer::self_signed(params, ca).expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).expect("names");
        let certificate = certificate.signed_by(&key, &ca).expect("a certificate");
        let write = |name: &str, text: String| {
            std::fs::write(scratch.join(name), text).expect("write PEM");
        };
        write("ca.pem", ca.pem());
        write("certificate.pem", certificate.pem());
        write("key.pem", key.serialize_pem());
        Self { scratch }
    }

    /// The authority's certificate, the one that it has signed, and the key of that.
    #[must_use]
    pub fn files(&self) -> [String; 3] {
        let names = ["ca.pem", "certificate.pem", "key.pem"];
        names.map(|name| self.path(name).display().to_string())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.join(name)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
