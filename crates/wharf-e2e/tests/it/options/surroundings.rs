//! What servers are pointed to: files, an authority, others on this machine.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use wharf_e2e::certificate::Certificate;
use wharf_e2e::pebble::Pebble;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::free_address;

use super::auth;
use super::neighbours::{Answers, Full};
use crate::rules::HTPASSWD;

/// All of it; it goes when it is dropped.
pub(super) struct Surroundings {
    certificate: Certificate,
    /// The certificates of clients, and the keys of their tokens.
    clients: Scratch,
    pebble: Pebble,
    answers: Answers,
    full: Full,
}

// === impl Surroundings ===

impl Surroundings {
    pub(super) fn new() -> Self {
        Self {
            certificate: Certificate::new(),
            clients: clients(),
            // Where it looks for the answers to its questions, there is nobody.
            pebble: Pebble::start(1, 3600),
            answers: Answers::start(),
            full: Full::start(),
        }
    }

    /// Words for curl to have a certificate of `{clients}`.
    pub(super) fn as_client(&self) -> String {
        let path = |name: &str| self.clients.join(name).display().to_string();
        format!("--cert {} --key {}", path("client.pem"), path("client.key"))
    }

    /// A value of a case with its places named.
    pub(super) fn fill(&self, value: &Value) -> Value {
        let own = [
            (
                "{certificate}",
                self.certificate.file().display().to_string(),
            ),
            ("{key}", self.certificate.key().display().to_string()),
            (
                "{clients}",
                self.clients.join("ca.pem").display().to_string(),
            ),
            (
                "{jwks}",
                self.clients.join("jwks.json").display().to_string(),
            ),
            (
                "{htpasswd}",
                self.clients.join("htpasswd").display().to_string(),
            ),
            ("{directory}", self.pebble.directory()),
            ("{authority}", self.pebble.trusted().display().to_string()),
            ("{answers}", self.answers.address.to_string()),
            ("{full}", self.full.address.to_string()),
            ("{closed}", free_address()),
        ];
        let fill = |text: String, (name, value): &(&str, String)| text.replace(name, value);
        let filled = own.iter().fold(value.to_string(), fill);
        serde_json::from_str(&filled).unwrap()
    }
}

/// An authority and a client that it knows.
fn clients() -> Scratch {
    let scratch = Scratch::new();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let client = CertificateParams::new(["client.test".to_owned()]).unwrap();
    let client = client.signed_by(&key, &ca).unwrap();
    std::fs::write(scratch.join("ca.pem"), ca.pem()).unwrap();
    std::fs::write(scratch.join("client.pem"), client.pem()).unwrap();
    std::fs::write(scratch.join("client.key"), key.serialize_pem()).unwrap();
    std::fs::write(scratch.join("jwks.json"), auth::JWKS).unwrap();
    std::fs::write(scratch.join("htpasswd"), HTPASSWD).unwrap();
    scratch
}
