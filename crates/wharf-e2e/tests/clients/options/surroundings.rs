//! What servers are pointed to: files, an authority, others on this machine.

use std::path::PathBuf;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use wharf_e2e::authority::Authority;
use wharf_e2e::azurite::Azurite;
use wharf_e2e::between::{Between, Fate};
use wharf_e2e::bucket::Bucket;
use wharf_e2e::certificate::Certificate;
use wharf_e2e::command::Run;
use wharf_e2e::google::Google;
use wharf_e2e::pebble::Pebble;
use wharf_e2e::postgres::Postgres;
use wharf_e2e::proxy::{Proxy, Site};
use wharf_e2e::redis::Redis;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::free_address;
use wharf_e2e::wire::Wire;

use super::auth;
use super::neighbours::{Answers, Full};
use crate::rules::HTPASSWD;

/// All of it; it goes when it is dropped.
pub(super) struct Surroundings {
    certificate: Certificate,
    /// The certificates of clients, and the keys of their tokens.
    clients: Scratch,
    /// A pair of keys of RSA, as Amazon hands them out.
    rsa: Scratch,
    pebble: Pebble,
    answers: Answers,
    full: Full,
    s3: Between,
    s3_behind_tls: Proxy,
    _bucket: Bucket,
    azure: Between,
    azure_behind_tls: Proxy,
    /// Where applications of Azure get tokens, or do not.
    authority: Between,
    _azurite: Azurite,
    google: Between,
    google_itself: Google,
    redis: Wire,
    _redis: Redis,
    redis_behind_tls: Redis,
    authority_of_databases: Authority,
    postgres: Postgres,
}

// === impl Surroundings ===

impl Surroundings {
    pub(super) fn new() -> Self {
        let bucket = Bucket::start();
        let s3 = Between::start(bucket.address());
        // So that copies that are made at once are seen to be, however busy the machine is.
        s3.decide(|head, _| match head.contains("x-amz-copy-source-range") {
            true => Fate::Delayed(Duration::from_millis(500)),
            false => Fate::Answered,
        });
        let azurite = Azurite::start();
        let azure = Between::start(azurite.address());
        azure.decide(|head, _| match head.contains("/refused/") {
            true => Fate::Refused,
            false => Fate::Answered,
        });
        let google_itself = Google::start();
        let google = Between::start(google_itself.address());
        // So that what is asked at once is seen to be, likewise.
        google.decide(|head, _| match head.contains("slow") {
            true => Fate::Delayed(Duration::from_secs(3)),
            false => Fate::Answered,
        });
        let answers = Answers::start();
        let redis = Redis::start();
        let authority_of_databases = Authority::new();
        Self {
            redis: Wire::start(redis.address()),
            _redis: redis,
            redis_behind_tls: Redis::behind_tls(&authority_of_databases),
            postgres: Postgres::start(&authority_of_databases),
            authority_of_databases,
            certificate: Certificate::new(),
            clients: clients(),
            rsa: rsa(),
            // Where it looks for the answers to its questions, there is nobody.
            pebble: Pebble::start(1, 3600),
            authority: Between::start(&answers.address.to_string()),
            answers,
            full: Full::start(),
            s3_behind_tls: Proxy::nginx_before(bucket.address(), Site::Forwarding),
            s3,
            _bucket: bucket,
            azure_behind_tls: Proxy::nginx_before(azurite.address(), Site::Forwarding),
            azure,
            _azurite: azurite,
            google,
            google_itself,
        }
    }

    /// What stands between `{s3}` and the bucket.
    pub(super) const fn s3(&self) -> &Between {
        &self.s3
    }

    /// What stands between `{azure}` and the container.
    pub(super) const fn azure(&self) -> &Between {
        &self.azure
    }

    /// What stands between `{applications}` and nobody who gives tokens.
    pub(super) const fn authority(&self) -> &Between {
        &self.authority
    }

    /// What stands between `{google}` and the bucket.
    pub(super) const fn google(&self) -> &Between {
        &self.google
    }

    /// What is said to `{redis}`.
    pub(super) const fn redis(&self) -> &Wire {
        &self.redis
    }

    /// `{redistls}`
    pub(super) const fn redis_behind_tls(&self) -> &Redis {
        &self.redis_behind_tls
    }

    /// `{postgres}`
    pub(super) const fn postgres(&self) -> &Postgres {
        &self.postgres
    }

    /// Words for curl to have a certificate of `{clients}`.
    pub(super) fn as_client(&self) -> String {
        let path = |name: &str| self.clients.join(name).display().to_string();
        format!("--cert {} --key {}", path("client.pem"), path("client.key"))
    }

    /// The other half of `{rsa}`.
    pub(super) fn public_key(&self) -> PathBuf {
        self.rsa.join("public.pem")
    }

    /// A value of a case with its places named.
    pub(super) fn fill(&self, value: &Value) -> Value {
        let [ca, certificate, key] = self.authority_of_databases.files();
        let own = [
            ("{redis}", self.redis.address().to_owned()),
            (
                "{redistls}",
                self.redis_behind_tls
                    .address()
                    .replace("127.0.0.1", "localhost"),
            ),
            ("{postgres}", self.postgres.url()),
            ("{postgrestls}", self.postgres.url_speaking("require")),
            ("{redisca}", ca),
            ("{rediscertificate}", certificate),
            ("{rediskey}", key),
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
            ("{rsa}", self.rsa.join("private.pem").display().to_string()),
            ("{directory}", self.pebble.directory()),
            ("{authority}", self.pebble.trusted().display().to_string()),
            ("{answers}", self.answers.address.to_string()),
            ("{full}", self.full.address.to_string()),
            ("{s3}", self.s3.address().to_owned()),
            ("{s3tls}", self.s3_behind_tls.host()),
            ("{azure}", self.azure.address().to_owned()),
            ("{azuretls}", self.azure_behind_tls.host()),
            ("{applications}", self.authority.address().to_owned()),
            ("{google}", self.google.address().to_owned()),
            ("{googlekeyfile}", self.google_itself.key_file()),
            ("{googlekey}", self.google_key()),
            ("{closed}", free_address()),
        ];
        let fill = |text: String, (name, value): &(&str, String)| text.replace(name, value);
        let filled = own.iter().fold(value.to_string(), fill);
        serde_json::from_str(&filled).unwrap()
    }
}

impl Surroundings {
    /// As it stands between quotes.
    fn google_key(&self) -> String {
        let text = Value::from(self.google_itself.key()).to_string();
        text.trim_matches('"').to_owned()
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

fn rsa() -> Scratch {
    let scratch = Scratch::new();
    let (private, public) = (scratch.join("private.pem"), scratch.join("public.pem"));
    let openssl = |words: &str| Run::tool("openssl").words(words);
    openssl("genrsa -traditional -out")
        .arg(&private)
        .arg("2048")
        .ok();
    openssl("rsa -pubout -in")
        .arg(&private)
        .arg("-out")
        .arg(&public)
        .ok();
    scratch
}
