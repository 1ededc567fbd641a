//! `auth`

use crate::section::section;
use crate::value::Ignored;

section! {
    /// Who may do what. At most one way can be chosen; without one, everybody may do
    /// everything.
    Auth (bare) {
        /// Everybody may do everything.
        none: Option<Ignored> [since "3.0"];
        /// Anybody who says anything; for tests of clients.
        silly: Option<Silly> [since "2.0"];
        /// Names and passwords in a file.
        htpasswd: Option<Htpasswd> [since "2.1"];
        /// Tokens that another server signs.
        token: Option<Token> [since "2.0"];
    }
}

section! {
    /// Anybody who says anything.
    Silly {
        /// What a client is told to log in to.
        realm: String [since "2.0"];
        /// For which service.
        service: String [since "2.0"];
    }
}

section! {
    /// Names and passwords in a file.
    Htpasswd {
        /// What a client is told to log in to.
        realm: String [since "2.1"];
        /// The file, with bcrypt's hashes.
        path: String [since "2.1"];
    }
}

section! {
    /// Tokens that another server signs.
    Token {
        /// Where clients get one.
        realm: String [since "2.0"];
        /// For which service.
        service: String [since "2.0"];
        /// Who must have signed.
        issuer: String [since "2.0"];
        /// A PEM file with the signer's certificates.
        rootcertbundle: Option<String> [since "2.0"];
        /// A JSON file with the signer's keys, or the `https://` URL of one.
        jwks: Option<String> [since "3.0"];
        /// Send clients to this host, whatever `realm` says.
        autoredirect: bool = "false" [since "2.6"];
        /// To this path of it.
        autoredirectpath: String = "/auth/token" [since "3.0"];
        /// Algorithms that a token may be signed by.
        signingalgorithms: Vec<String> [since "3.0"];
    }
}
