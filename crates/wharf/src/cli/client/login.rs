//! `wharf login` and `wharf logout`, as they are written.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};
use wharf_client::CredentialScope;

use super::Reach;

#[derive(Debug, Subcommand)]
pub(crate) enum Login {
    #[command(name = "login")]
    In(Box<LogIn>),
    #[command(name = "logout")]
    Out(LogOut),
}

/// Log in to a registry
///
/// Name and password are shown to the registry, and kept if it takes them: by the credential
/// helper that the file of credentials names (credsStore, credHelpers), or else in the file
/// itself, where docker, podman and others find them, too. Where the registry's token server
/// gives an identity token, that is kept in place of the password.
///
/// What is not said is asked for, unless what was kept earlier is still good.
#[derive(Args, Debug)]
#[command(after_help = LOGIN)]
pub(crate) struct LogIn {
    /// The registry, as HOST[:PORT], or the part of it that the password is for
    #[arg(value_name = "REGISTRY[/NAMESPACE]", default_value = "docker.io")]
    pub(crate) registry: Scope,

    /// The account's name
    #[arg(short, long, value_name = "USER", conflicts_with = "creds")]
    pub(crate) username: Option<String>,

    /// Its password or access token; other users of this machine can see it while the command
    /// runs, and the shell keeps it
    #[arg(short, long, requires = "username", conflicts_with = "password_stdin")]
    pub(crate) password: Option<String>,

    /// Read the password from standard input: its first line
    #[arg(long, requires = "username")]
    pub(crate) password_stdin: bool,

    /// Only say as whom one is logged in; exit with 1 if one is not
    #[arg(long, conflicts_with_all = ["username", "password", "creds", "explain"])]
    pub(crate) get_login: bool,

    /// Tell every request, as a `curl` command that does the same
    #[arg(long, conflicts_with = "json")]
    pub(crate) explain: bool,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) reach: Reach,
}

/// Forget what was kept by logging in to a registry
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  wharf logout quay.io
  wharf logout --all")]
pub(crate) struct LogOut {
    /// The registry, as HOST[:PORT], or the part of it that the password is for
    #[arg(
        value_name = "REGISTRY[/NAMESPACE]",
        default_value = "docker.io",
        conflicts_with = "all"
    )]
    pub(crate) registry: Scope,

    /// Of all registries
    #[arg(long)]
    pub(crate) all: bool,

    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// The file that `wharf login`, `podman login` or `docker login` has written
    /// [env: REGISTRY_AUTH_FILE, DOCKER_CONFIG]
    /// [default: ~/.docker/config.json and auth.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) authfile: Option<PathBuf>,
}

/// A registry, or a part of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Scope(pub(crate) CredentialScope);

// === impl Scope ===

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // As docker, which takes addresses for the names of registries.
        let address = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        let (registry, namespace) = match (address, text.split_once('/')) {
            (Some(address), _) => (address.split('/').next().unwrap_or_default(), None),
            (None, Some((registry, namespace))) => (registry, Some(namespace)),
            (None, None) => (text, None),
        };
        let namespace = namespace.map(str::parse).transpose();
        Ok(Self(CredentialScope {
            registry: registry.parse().map_err(|error| format!("{error}"))?,
            namespace: namespace.map_err(|error| format!("{error}"))?,
        }))
    }
}

const LOGIN: &str = "\
Examples:
  wharf login
      Docker Hub; name and password are asked for
  wharf login localhost:5000 -u ann --password-stdin < password.txt
  wharf login --get-login quay.io
  wharf login --explain registry.example -u ann
      And see what is said
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_are_written_in_several_ways() {
        for (text, registry, namespace) in [
            ("docker.io", "docker.io", None),
            ("localhost:5000", "localhost:5000", None),
            ("https://quay.io", "quay.io", None),
            ("https://quay.io/v2/", "quay.io", None),
            ("quay.io/team/app", "quay.io", Some("team/app")),
        ] {
            let Scope(scope) = text.parse().unwrap();
            assert_eq!(scope.registry, registry.parse().unwrap(), "{text}");
            let found = scope.namespace.as_ref().map(ToString::to_string);
            assert_eq!(found.as_deref(), namespace, "{text}");
        }
        for wrong in ["", "a b", "quay.io/", "quay.io/UPPER", "https://"] {
            assert!(wrong.parse::<Scope>().is_err(), "{wrong}");
        }
    }
}
