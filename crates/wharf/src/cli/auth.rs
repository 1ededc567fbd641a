//! `wharf auth` on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ConfigFile;
use crate::auth::can_i::CanI;

/// Tell who may do what; keys and refresh tokens of the authorization server
#[derive(Debug, Subcommand)]
pub(crate) enum Auth {
    CanI(CanI),
    /// List the keys that tokens are signed with; made if there are none
    #[command(after_help = "\
Examples:
  wharf auth keys config.yml
  wharf auth keys --certificate config.yml > bundle.pem
      For auth.token.rootcertbundle of another registry
  wharf auth keys --jwks config.yml > jwks.json
      For auth.token.jwks of another registry; also at /auth/keys")]
    Keys(ShownKeys),
    /// Make a new key: it signs in five minutes, and the old one verifies until its last token
    /// has ended
    #[command(after_help = "\
Examples:
  wharf auth rotate config.yml
  wharf auth rotate --revoke config.yml
      The old key is in wrong hands: nothing that it signed is taken any more")]
    Rotate(Rotate),
    /// List and revoke refresh tokens, which docker login keeps instead of a password
    #[command(subcommand)]
    Sessions(SessionCommand),
}

#[derive(Args, Debug)]
pub(crate) struct ShownKeys {
    #[command(flatten)]
    pub(crate) file: ConfigFile,

    /// Print the public parts as a JSON Web Key Set
    #[arg(long, conflicts_with = "certificate")]
    pub(crate) jwks: bool,

    /// Print a certificate in PEM for each key
    #[arg(long)]
    pub(crate) certificate: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Rotate {
    #[command(flatten)]
    pub(crate) file: ConfigFile,

    /// Sign with the new key at once; registries that fetch keys may refuse its tokens for a
    /// while
    #[arg(long)]
    pub(crate) now: bool,

    /// Trust the old keys no more, at once
    #[arg(long)]
    pub(crate) revoke: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List them: ID (to revoke them by), account, client, when made, when used last
    List(ShownSessions),
    /// Revoke some: a running server learns of it within about a second
    ///
    /// Whoever has one has to log in again. Tokens that were got with it are good until they
    /// end (wharfinger.auth.server.expiration).
    #[command(after_help = "\
Examples:
  wharf auth sessions revoke --config config.yml p2TrDBo3Zv0x
  wharf auth sessions revoke --config config.yml --account ann")]
    Revoke(RevokedSessions),
}

#[derive(Args, Debug)]
pub(crate) struct ShownSessions {
    #[command(flatten)]
    pub(crate) file: ConfigFile,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RevokedSessions {
    /// Those with these IDs
    #[arg(value_name = "ID", required_unless_present_any = ["account", "all"])]
    pub(crate) ids: Vec<String>,

    /// All of an account
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,

    /// All there are
    #[arg(long)]
    pub(crate) all: bool,

    /// The configuration file [env: REGISTRY_CONFIGURATION_PATH]
    #[arg(long, value_name = "CONFIG")]
    pub(crate) config: Option<PathBuf>,
}
