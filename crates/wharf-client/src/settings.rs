//! How a registry is reached.

use std::path::PathBuf;
use std::time::Duration;

use crate::{Credential, Observer, RegistryHost, Secret};

/// All that a client of a registry can be told. The default is what is right for a registry
/// on the web.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// What is spoken.
    pub protocol: Protocol,
    /// Who is believed to be the registry; mirrors have their own word for that.
    pub verification: Verification,
    /// Certificates of authorities in PEM that are believed beside those of the system.
    pub authorities: Vec<Pem>,
    /// What this client shows of itself to the registry, and to nobody else.
    pub identity: Option<ClientIdentity>,
    /// Directories in which each `HOST[:PORT]` may have a directory with `*.crt` of
    /// authorities and pairs of `*.cert` and `*.key` of clients; the first that has one
    /// counts. Docker's is `/etc/docker/certs.d`. moby: registry/registry.go,
    /// `ReadCertsDirectory`
    pub certificate_directories: Vec<PathBuf>,
    /// Who is between.
    pub proxy: ProxyChoice,
    /// Who is asked first when a manifest or a blob is read. One that sends something else
    /// than that is not asked again by this client.
    pub mirrors: Vec<Mirror>,
    /// Those of the mirrors that need not show that they are who they should be, as with
    /// [`Verification::None`].
    pub unverified_mirrors: Vec<RegistryHost>,
    /// How long is waited, and how often is tried.
    pub patience: Patience,
    /// What this client calls itself.
    pub user_agent: String,
    /// Who is told of every exchange with any server.
    pub observer: Option<Observer>,
    /// How large blobs are read.
    pub pieces: PieceSettings,
    /// Bytes of one request of an upload; more than [`ClientSettings::MOST_CHUNK`] or zero is
    /// as good as no limit: the whole blob goes in one request.
    pub chunk: u64,
}

/// What is spoken with a registry.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Protocol {
    /// HTTPS; but HTTP with a process of this machine, as long as it is not said otherwise.
    #[default]
    Automatic,
    /// HTTPS.
    Https,
    /// HTTP, which everybody on the way can read and change.
    PlainHttp,
}

/// Whether servers have to show that they are who they should be.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Verification {
    /// By a certificate of an authority that is believed.
    #[default]
    Full,
    /// Not at all: anybody can answer for the registry, and learn passwords.
    None,
}

/// Certificates or keys, and where they came from.
#[derive(Clone)]
pub struct Pem {
    /// The file, for errors.
    pub path: PathBuf,
    /// Its content.
    pub text: Secret,
}

/// A certificate of this client, with those between it and the authority, and its key.
#[derive(Clone, Debug)]
pub struct ClientIdentity {
    /// The certificates, its own first.
    pub certificate: Pem,
    /// The key.
    pub key: Pem,
}

/// Who passes on what is sent.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum ProxyChoice {
    /// Whom `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` name, in upper or lower
    /// case; nobody for a registry on this machine.
    #[default]
    Environment,
    /// Nobody.
    Direct,
    /// The proxy at this address, `http://[NAME:PASSWORD@]HOST:PORT`.
    At(String),
}

/// A registry that may have the same images.
#[derive(Clone, Debug)]
pub struct Mirror {
    /// Where it is.
    pub registry: RegistryHost,
    /// What stands before `/v2/` in its paths: empty, or a path without a slash at its end.
    pub path: String,
    /// What is spoken with it.
    pub protocol: Protocol,
    /// Who asks there; never the credential of the registry itself.
    pub credential: Option<Credential>,
}

/// How large blobs are read: in pieces, several at once, each with a request of its own, since
/// many servers give each connection only so many bytes per second. The first piece comes alone:
/// where it comes fast, or the server does not give pieces, all comes by one request.
///
/// A blob that is read needs memory for `bytes` times `at_once`, and as much again for what its
/// connections are about to give: with the default, three blobs at a time stay below 40 MiB.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PieceSettings {
    /// Blobs of fewer bytes come by one request.
    pub least: u64,
    /// Bytes of a piece.
    pub bytes: u64,
    /// Pieces that are on their way at once; with less than two, there are no pieces.
    pub at_once: usize,
    /// Bytes per second at which one connection is enough.
    pub enough: u64,
}

/// How long is waited, and how often is tried.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often a request is sent at most.
    pub attempts: u32,
    /// The longest wait before the second time, doubled for each one after that; the waits
    /// themselves are random.
    pub first_wait: Duration,
    /// The longest of all waits that this client chooses itself.
    pub longest_wait: Duration,
    /// So long after it was sent first, a request is not sent again; a registry that asks for
    /// a longer wait is told to the caller.
    pub deadline: Duration,
    /// For a connection.
    pub connect: Duration,
    /// From one byte to the next, and from a request to the head of its answer.
    pub stall: Duration,
}

// === impl ClientSettings ===

impl ClientSettings {
    /// Bytes of a request that is not split.
    pub const MOST_CHUNK: u64 = 1 << 40;

    /// What of these is for a mirror, too: not the certificate of this client, which is for the
    /// registry, nor whether any certificate of the registry is believed.
    pub(crate) fn for_mirror(&self, mirror: &Mirror) -> Self {
        let verification = if self.unverified_mirrors.contains(&mirror.registry) {
            Verification::None
        } else {
            Verification::Full
        };
        Self {
            protocol: mirror.protocol,
            verification,
            identity: None,
            ..self.clone()
        }
    }
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            protocol: Protocol::default(),
            verification: Verification::default(),
            authorities: Vec::new(),
            identity: None,
            certificate_directories: Vec::new(),
            proxy: ProxyChoice::default(),
            mirrors: Vec::new(),
            unverified_mirrors: Vec::new(),
            patience: Patience::default(),
            user_agent: concat!("wharf/", env!("CARGO_PKG_VERSION")).to_owned(),
            observer: None,
            pieces: PieceSettings::default(),
            chunk: 0,
        }
    }
}

// === impl Protocol ===

impl Protocol {
    pub(crate) fn scheme(self, registry: &RegistryHost) -> &'static str {
        match self {
            Self::Automatic if registry.is_loopback() => "http",
            Self::Automatic | Self::Https => "https",
            Self::PlainHttp => "http",
        }
    }
}

// === impl Pem ===

impl std::fmt::Debug for Pem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pem").field(&self.path).finish()
    }
}

// === impl PieceSettings ===

impl Default for PieceSettings {
    fn default() -> Self {
        Self {
            least: 8 << 20,
            bytes: 2 << 20,
            at_once: 3,
            enough: 64 << 20,
        }
    }
}

// === impl Patience ===

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 6,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
            deadline: Duration::from_secs(120),
            connect: Duration::from_secs(20),
            stall: Duration::from_secs(60),
        }
    }
}
