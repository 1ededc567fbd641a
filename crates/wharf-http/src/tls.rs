//! TLS, by rustls: certificates that change while the server runs, clients that have their
//! own, and the choices that distribution's `http.tls` offers.

mod acme;
mod clients;
mod config;
mod handshake;
mod material;
mod settings;
mod suites;

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::ClientHello;
use tokio::time::MissedTickBehavior;
use wharf_spec::Digest;

pub use acme::AcmeSettings;
pub use settings::{
    ClientAuth, ClientAuthError, ClientCertificates, Http2, Identity, TlsSettings, TlsVersion,
    TlsVersionError,
};
pub use suites::{CipherSuites, CipherSuitesError};

pub(crate) use handshake::{Greeting, greet};

use acme::Acme;
use config::Files;

/// TLS with the certificates of this moment. Cloning it gives the same TLS.
#[derive(Clone)]
pub struct Tls {
    inner: Arc<Inner>,
}

struct Inner {
    settings: TlsSettings,
    provider: Arc<CryptoProvider>,
    acme: Option<Acme>,
    // Guards the configuration of the next handshake.
    current: RwLock<Arc<ServerConfig>>,
    // Guards what was tried last, and lets one reload happen at a time.
    tried: Mutex<Tried>,
}

/// The last attempt to use what is in the files.
#[derive(Default)]
struct Tried {
    files: Option<Vec<Digest>>,
    error: Option<String>,
}

/// Something in a choice of an operator's that is taken as something else.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TlsWarning {
    /// Versions that are not spoken any more.
    #[error("{0} is not spoken any more: the minimum is tls1.2")]
    OldVersion(String),
    /// A cipher suite that Go has and rustls, which has only those with forward secrecy and
    /// authenticated encryption, has not.
    #[error("the cipher suite {0} is not offered: it is known to be weak")]
    WeakSuite(String),
    /// The suites of TLS 1.3 cannot be chosen; Go has the same rule.
    #[error("the choice of cipher suites has no effect: those of tls1.3 are always offered")]
    SuitesIgnored,
}

/// Why there can be no TLS with these settings and files.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path} cannot be read", path = path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path}: {reason}", path = path.display())]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key is not the one of the certificate.
    #[error("{key} is not the key of the certificate in {certificate}",
        key = key.display(), certificate = certificate.display())]
    Mismatch {
        /// The file with the certificate.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
    },
    /// A name that no authority gives certificates for.
    #[error("{0:?} is no name that a certificate can be obtained for")]
    NoName(String),
    /// Certificates of clients are to be verified, and no authority is named.
    #[error("certificates of clients cannot be verified without client CAs")]
    NoAuthorities,
    /// The settings contradict each other.
    #[error("TLS cannot be set up")]
    Settings(#[source] rustls::Error),
}

// === impl Tls ===

impl Tls {
    /// Reads the files and gets ready for handshakes.
    ///
    /// # Errors
    /// When a file is missing or does not hold what it should, or the settings are at odds.
    pub async fn load(settings: TlsSettings) -> Result<Self, TlsError> {
        blocking(move || Self::load_now(settings)).await
    }

    /// Reads the files again, whether they seem to have changed or not. Connections that
    /// exist go on as they are.
    ///
    /// # Errors
    /// As [`Tls::load`]; then everything stays as it was.
    pub async fn reload(&self) -> Result<(), TlsError> {
        let tls = self.clone();
        blocking(move || tls.inner.reload()).await
    }

    fn load_now(settings: TlsSettings) -> Result<Self, TlsError> {
        let provider = config::provider(&settings);
        let acme = match &settings.identity {
            Identity::Files { .. } => None,
            Identity::Acme(acme) => Some(Acme::open(acme.clone(), Arc::clone(&provider))?),
        };
        let files = Files::read(&settings)?;
        let config = files.configure(&settings, &provider, acme.as_ref())?;
        let tried = Tried {
            files: Some(files.digests()),
            error: None,
        };
        let inner = Inner {
            settings,
            provider,
            acme,
            current: RwLock::new(Arc::new(config)),
            tried: Mutex::new(tried),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Keeps the certificates fresh, for as long as it is polled.
    pub(crate) async fn keep_fresh(self) -> Infallible {
        let renewals = async {
            match &self.inner.acme {
                Some(acme) => acme.clone().keep_fresh().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            never = self.watch_files() => never,
            never = renewals => never,
        }
    }

    /// Looks at the files every now and then.
    async fn watch_files(&self) -> Infallible {
        let mut ticks = tokio::time::interval(self.inner.settings.look_again);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let tls = self.clone();
            blocking(move || tls.inner.refresh()).await;
        }
    }

    /// What a handshake uses that begins like that.
    fn config(&self, hello: &ClientHello<'_>) -> Arc<ServerConfig> {
        let acme = self.inner.acme.as_ref();
        if let Some(answer) = acme.and_then(|acme| acme.challenges().config(hello)) {
            return answer;
        }
        let current = self.inner.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }
}

// === impl Inner ===

impl Inner {
    fn reload(&self) -> Result<(), TlsError> {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let reloaded =
            Files::read(&self.settings).and_then(|files| self.install(&files, &mut tried));
        tried.error = reloaded.as_ref().err().map(|error| explain(error));
        if reloaded.is_ok() {
            tracing::info!("TLS certificates were loaded again");
        }
        reloaded
    }

    /// Uses what is in the files if it is something new.
    fn refresh(&self) {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let read = Files::read(&self.settings);
        if let Ok(files) = &read
            && tried.files.as_ref() == Some(&files.digests())
        {
            tried.error = None;
            return;
        }
        let error = match read.and_then(|files| self.install(&files, &mut tried)) {
            Ok(()) => {
                tracing::info!("TLS certificates have changed and are in use");
                None
            }
            Err(error) => Some(explain(&error)),
        };
        // A file that stays away is worth one line.
        if let Some(error) = &error
            && tried.error.as_ref() != Some(error)
        {
            tracing::error!(
                error,
                "TLS certificates have changed and cannot be used: the old ones stay"
            );
        }
        tried.error = error;
    }

    fn install(&self, files: &Files, tried: &mut Tried) -> Result<(), TlsError> {
        tried.files = Some(files.digests());
        let config = files.configure(&self.settings, &self.provider, self.acme.as_ref())?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        Ok(())
    }
}

fn explain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime ends, and whoever waits for this with it.
            Err(_) => std::future::pending().await,
        },
    }
}
