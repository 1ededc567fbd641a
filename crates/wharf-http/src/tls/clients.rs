//! Certificates of clients.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};

use super::{ClientAuth, TlsError};

/// Verifies the certificates of clients as `auth` says.
pub(super) fn verifier(
    auth: ClientAuth,
    authorities: RootCertStore,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let any = |presence| -> Arc<dyn ClientCertVerifier> {
        Arc::new(AnyCertificate {
            presence,
            subjects: authorities.subjects(),
            algorithms: provider.signature_verification_algorithms,
        })
    };
    let optional = match auth {
        ClientAuth::Request => return Ok(any(Presence::Optional)),
        ClientAuth::RequireAny => return Ok(any(Presence::Required)),
        ClientAuth::VerifyIfGiven => Presence::Optional,
        ClientAuth::RequireAndVerify => Presence::Required,
    };
    if authorities.is_empty() {
        return Err(TlsError::NoAuthorities);
    }
    let provider = Arc::clone(provider);
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider);
    let builder = match optional {
        Presence::Optional => builder.allow_unauthenticated(),
        Presence::Required => builder,
    };
    builder
        .build()
        .map_err(|error| TlsError::Settings(Error::General(error.to_string())))
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Presence {
    Optional,
    Required,
}

/// Takes any certificate of a client that has its key.
#[derive(Debug)]
struct AnyCertificate {
    presence: Presence,
    subjects: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

// === impl AnyCertificate ===

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        self.presence == Presence::Required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.subjects
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
