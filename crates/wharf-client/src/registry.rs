//! One registry, as a client sees it.

use std::fmt;
use std::sync::Arc;

use reqwest::Method;

use crate::authentication::Access;
use crate::endpoint::{Answer, Endpoint, Request};
use crate::error::ClientError;
use crate::observer::Purpose;
use crate::settings::{ClientSettings, PieceSettings};
use crate::{Credential, RegistryHost};

/// A registry and its mirrors. Cloning it gives the same connections and tokens.
///
/// Requests are repeated where that can help and does no harm, and give up at a deadline;
/// what is waited for is the next byte, never the end of a transfer.
#[derive(Clone)]
pub struct RegistryClient {
    inner: Arc<Inner>,
}

struct Inner {
    registry: RegistryHost,
    home: Endpoint,
    mirrors: Vec<Endpoint>,
    chunk: u64,
    pieces: PieceSettings,
}

// === impl RegistryClient ===

impl RegistryClient {
    /// A client of this registry, which nothing is sent to yet.
    ///
    /// # Errors
    /// When the settings cannot be used: a file cannot be read, an address is none.
    pub fn new(
        registry: RegistryHost,
        settings: &ClientSettings,
        credential: Option<Credential>,
    ) -> Result<Self, ClientError> {
        let home = Endpoint::new(&registry, "", settings, credential)?;
        let mirror = |it: &crate::Mirror| {
            let (settings, credential) = (settings.for_mirror(it), it.credential.clone());
            let mirror = Endpoint::new(&it.registry, &it.path, &settings, credential);
            // There is somebody else to ask.
            mirror.map(|mirror| mirror.with_attempts(1))
        };
        let mirrors = settings.mirrors.iter().map(mirror);
        let inner = Inner {
            mirrors: mirrors.collect::<Result<_, _>>()?,
            registry,
            home,
            chunk: match settings.chunk {
                0 => ClientSettings::MOST_CHUNK,
                chunk => chunk,
            },
            pieces: settings.pieces,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The registry, as names of images have it.
    #[must_use]
    pub fn registry(&self) -> &RegistryHost {
        &self.inner.registry
    }

    /// Whether the registry is there, and takes the credential (distribution-spec: end-1).
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), ClientError> {
        let what = self.inner.registry.to_string();
        let url = self.home().url("/v2/");
        let request = Request::new(Purpose::Ping, Method::GET, url, Access::default(), what);
        self.home().expect(&request).await.map(drop)
    }

    /// Whether the registry takes the credential, as [`RegistryClient::ping`] says; and what
    /// to keep in the place of the password, if its token server gives an identity token
    /// (distribution: spec/auth/token.md, `offline_token`).
    ///
    /// # Errors
    /// When the registry does not take it.
    pub async fn log_in(&self) -> Result<Option<Credential>, ClientError> {
        self.ping().await?;
        self.home().identity().await
    }

    /// The registry itself, for what mirrors cannot do.
    pub(crate) fn home(&self) -> &Endpoint {
        &self.inner.home
    }

    /// Bytes of one request of an upload.
    pub(crate) fn chunk(&self) -> u64 {
        self.inner.chunk
    }

    /// How large blobs are read.
    pub(crate) fn pieces(&self) -> PieceSettings {
        self.inner.pieces
    }

    /// Who is asked first for what can be had from anybody, in this order.
    pub(crate) fn mirrors(&self) -> &[Endpoint] {
        &self.inner.mirrors
    }

    pub(crate) fn trusted_mirrors(&self) -> impl Iterator<Item = &Endpoint> {
        let mirrors = self.mirrors().iter();
        mirrors.filter(|mirror| mirror.is_trusted())
    }

    /// The mirror of this number, or after the last the registry itself.
    pub(crate) fn server(&self, number: usize) -> &Endpoint {
        self.mirrors().get(number).unwrap_or(self.home())
    }

    /// The first server from this number on that may be asked.
    pub(crate) fn trusted_server(&self, mut number: usize) -> usize {
        while self
            .mirrors()
            .get(number)
            .is_some_and(|it| !it.is_trusted())
        {
            number += 1;
        }
        number
    }

    /// Asks the server of this number nothing more; what it is called.
    pub(crate) fn distrust(&self, number: usize) -> String {
        let server = self.server(number);
        server.distrust();
        server.url("").authority().to_owned()
    }

    /// Reads something that mirrors may have: the first good answer counts. Whatever is wrong
    /// with a mirror, the registry is asked itself, and its refusal is the one that is told.
    pub(crate) async fn read(
        &self,
        request: impl Fn(&Endpoint) -> Request,
    ) -> Result<Answer, ClientError> {
        for mirror in self.trusted_mirrors() {
            match mirror.expect(&request(mirror)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => mirror.was_of_no_use(&error),
            }
        }
        self.home().expect(&request(self.home())).await
    }
}

impl fmt::Debug for RegistryClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RegistryClient")
            .field(&self.inner.registry)
            .finish()
    }
}
