//! `http.tls`

use crate::section::{choice, section};

section! {
    /// TLS, without a proxy in front.
    Tls {
        /// A PEM file with the certificate and those that it was signed by. It is read again
        /// when it changes.
        certificate: Option<String> [since "2.0"];
        /// A PEM file with the certificate's key.
        key: Option<String> [since "2.0"];
        /// PEM files with the authorities that clients' certificates may be signed by.
        clientcas: Vec<String> [since "2.0"];
        /// What is asked of clients, where there are `clientcas`.
        clientauth: Option<ClientAuth> [since "3.0"];
        /// The oldest version that is spoken.
        minimumtls: Option<MinimumTls> [since "2.6"];
        /// What may be spoken in TLS 1.2, by Go's names.
        ciphersuites: Vec<String> [since "2.8"];
        /// Certificates by ACME, from Let's Encrypt or another authority.
        letsencrypt: LetsEncrypt [since "2.2"];
    }
}

choice! {
    /// What is asked of clients.
    ClientAuth {
        /// A certificate, if they have one, by whomever.
        Request = "request-client-cert",
        /// A certificate by whomever.
        RequireAny = "require-any-client-cert",
        /// A certificate by a known authority, if they have one.
        VerifyIfGiven = "verify-client-cert-if-given",
        /// A certificate by a known authority.
        RequireAndVerify = "require-and-verify-client-cert",
    }
}

choice! {
    /// Versions of TLS.
    MinimumTls {
        /// TLS 1.0; 1.2 is the oldest that is spoken.
        Tls10 = "tls1.0",
        /// TLS 1.1; 1.2 is the oldest that is spoken.
        Tls11 = "tls1.1",
        /// TLS 1.2.
        Tls12 = "tls1.2",
        /// TLS 1.3.
        Tls13 = "tls1.3",
    }
}

section! {
    /// Certificates by ACME.
    LetsEncrypt {
        /// The directory that keys and certificates are kept in.
        cachefile: Option<String> [since "2.2"];
        /// Whom the authority may write to.
        email: Option<String> [since "2.2"];
        /// The names to get certificates for; no others.
        hosts: Vec<String> [since "2.7"];
        /// Another authority than Let's Encrypt.
        directoryurl: Option<String> [since "3.0"];
    }
}
