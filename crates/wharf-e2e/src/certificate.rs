//! A certificate of its own for `localhost`, where each program expects to find one.

use std::path::PathBuf;

use crate::command::Run;
use crate::scratch::Scratch;

/// Files that disappear with it.
#[derive(Debug)]
pub struct Certificate {
    scratch: Scratch,
}

// === impl Certificate ===

impl Certificate {
    /// A new one, by openssl.
    ///
    /// # Panics
    /// When the disk is full.
    #[must_use]
    pub fn new() -> Self {
        let certificate = Self {
            scratch: Scratch::new(),
        };
        std::fs::create_dir(certificate.directory()).expect("a directory");
        Run::tool("openssl")
            .words("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2")
            .words("-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1")
            .arg("-keyout")
            .arg(certificate.key())
            .arg("-out")
            .arg(certificate.file())
            .ok();
        let mut bundle = std::fs::read(certificate.file()).expect("a certificate");
        bundle.extend(std::fs::read(certificate.key()).expect("a key"));
        std::fs::write(certificate.bundle(), bundle).expect("write a bundle");
        certificate
    }

    /// The certificate, for clients to trust.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.scratch.join("certs/ca.crt")
    }

    /// A directory with the certificate, as Docker and skopeo want it.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        self.scratch.join("certs")
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.scratch.join("key")
    }

    /// Certificate and key in one file, as HAProxy wants it.
    #[must_use]
    pub fn bundle(&self) -> PathBuf {
        self.scratch.join("bundle")
    }
}

impl Default for Certificate {
    fn default() -> Self {
        Self::new()
    }
}
