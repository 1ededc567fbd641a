//! How registries and engines are reached, as it is written.

use std::ffi::OsStr;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Args, Command};
use wharf_client::{Mirror, Protocol, RegistryHost, Secret};
use wharf_image::DaemonAddress;

/// How registries and engines are reached, and who asks there.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reaching registries")]
pub(crate) struct Reach {
    /// Speak HTTP without TLS, with HOST or with every registry; a registry on this machine is
    /// spoken to so anyhow
    #[arg(
        long,
        value_name = "HOST",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "*",
        action = ArgAction::Append
    )]
    pub(crate) plain_http: Vec<Whose>,

    /// Speak HTTPS with registries on this machine, too
    #[arg(long, conflicts_with = "plain_http")]
    pub(crate) https: bool,

    /// Believe any certificate, of HOST or of every registry: anybody on the way can read
    /// passwords and change images
    #[arg(
        long,
        value_name = "HOST",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "*",
        action = ArgAction::Append
    )]
    pub(crate) insecure: Vec<Whose>,

    /// Believe the authorities of this file, too (PEM); may be repeated
    ///
    /// Those of /etc/docker/certs.d/HOST[:PORT]/*.crt are believed anyhow.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Vec<PathBuf>,

    /// The certificate that this client shows (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,

    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,

    /// The HTTP proxy, as http://[NAME:PASSWORD@]HOST:PORT, or `none`
    /// [env: HTTPS_PROXY, HTTP_PROXY, NO_PROXY]
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,

    /// A registry that may have the same images, asked first when something is read; may be
    /// repeated
    ///
    /// Who asks there is whoever is kept for it, or `--creds HOST=USER:PASSWORD`.
    #[arg(long, value_name = "URL", value_parser = Unshown::<MirrorUrl>::of("--mirror"))]
    pub(crate) mirror: Vec<MirrorUrl>,

    /// Who asks, in place of what `wharf login` or `docker login` has kept; may be repeated for
    /// several registries
    ///
    /// Other users of this machine can see it while the command runs.
    #[arg(long, value_name = "[HOST=]USER:PASSWORD", value_parser = Unshown::<Creds>::of("--creds"))]
    pub(crate) creds: Vec<Creds>,

    /// Ask as nobody, whatever was kept
    #[arg(long, conflicts_with_all = ["creds", "authfile"])]
    pub(crate) anonymous: bool,

    /// The file that `wharf login`, `podman login` or `docker login` has written
    /// [env: DOCKER_AUTH_CONFIG, REGISTRY_AUTH_FILE, DOCKER_CONFIG]
    /// [default: ~/.docker/config.json and auth.json]
    #[arg(long, value_name = "FILE")]
    pub(crate) authfile: Option<PathBuf>,

    /// Docker's engine, as unix://PATH or tcp://HOST:PORT
    /// [env: DOCKER_HOST] [default: unix:///var/run/docker.sock]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) host: Option<DaemonAddress>,
}

/// One registry, or every one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Whose {
    Every,
    Of(RegistryHost),
}

/// A name and a password, for one registry or for every one.
#[derive(Clone, Debug)]
pub(crate) struct Creds {
    pub(crate) whose: Whose,
    pub(crate) user: String,
    pub(crate) password: Secret,
}

/// Reads what may have a password in it, without showing it again where it is wrong.
#[derive(Clone, Copy)]
struct Unshown<T> {
    flag: &'static str,
    read: PhantomData<T>,
}

/// A mirror as it is written: `[http://|https://]HOST[:PORT][/PATH]`.
#[derive(Clone, Debug)]
pub(crate) struct MirrorUrl(pub(crate) Mirror);

// === impl Whose ===

impl Whose {
    /// Whether this registry is meant.
    pub(crate) fn is(&self, registry: &RegistryHost) -> bool {
        match self {
            Self::Every => true,
            Self::Of(of) => of == registry,
        }
    }
}

impl FromStr for Whose {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Every);
        }
        let host = text.parse().map_err(|error| format!("{error}"))?;
        Ok(Self::Of(host))
    }
}

// === impl Creds ===

impl FromStr for Creds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let colon = text.find(':').ok_or(FORM)?;
        // A password may have an equals sign, a user of several registries may not; the port
        // of a registry comes before it.
        let (whose, rest) = match text.split_once('=') {
            Some((host, rest)) if rest.contains(':') && host.parse::<RegistryHost>().is_ok() => {
                (host.parse()?, rest)
            }
            Some((host, _)) if host.len() < colon => return Err(FORM.to_owned()),
            _ => (Whose::Every, text),
        };
        let (user, password) = rest.split_once(':').ok_or(FORM)?;
        if user.is_empty() {
            return Err(FORM.to_owned());
        }
        Ok(Self {
            whose,
            user: user.to_owned(),
            password: Secret::from(password.to_owned()),
        })
    }
}

// === impl Unshown ===

impl<T> Unshown<T> {
    const fn of(flag: &'static str) -> Self {
        Self {
            flag,
            read: PhantomData,
        }
    }
}

impl<T: FromStr<Err = String> + Clone + Send + Sync + 'static> TypedValueParser for Unshown<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let text = value.to_str().ok_or("it is no text".to_owned());
        text.and_then(str::parse).map_err(|reason| {
            let text = format!("{} cannot be understood: {reason}\n", self.flag);
            clap::Error::raw(ErrorKind::ValueValidation, text).with_cmd(command)
        })
    }
}

// === impl MirrorUrl ===

impl FromStr for MirrorUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (protocol, rest) = match text.split_once("://") {
            None => (Protocol::Automatic, text),
            Some(("http", rest)) => (Protocol::PlainHttp, rest),
            Some(("https", rest)) => (Protocol::Https, rest),
            Some(_) => return Err("use http:// or https://".to_owned()),
        };
        if rest.contains('@') {
            return Err("write name and password as --creds HOST=USER:PASSWORD".to_owned());
        }
        let rest = rest.trim_end_matches('/');
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let registry: RegistryHost = host.parse().map_err(|error| format!("{error}"))?;
        Ok(Self(Mirror {
            registry,
            path: path.to_owned(),
            protocol,
            credential: None,
        }))
    }
}

const FORM: &str = "write it as USER:PASSWORD, or HOST=USER:PASSWORD for one registry";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_of_one_registry_or_of_every_one() {
        let every = |text: &str| {
            let creds: Creds = text.parse().unwrap();
            (creds.whose, creds.user, creds.password.expose().to_owned())
        };
        let of = |host: &str| Whose::Of(host.parse().unwrap());
        for (text, whose, user, password) in [
            ("someone:secret", Whose::Every, "someone", "secret"),
            ("someone:a=b:c", Whose::Every, "someone", "a=b:c"),
            ("someone:", Whose::Every, "someone", ""),
            ("quay.io=someone:secret", of("quay.io"), "someone", "secret"),
            (
                "localhost:5000=someone:a=b",
                of("localhost:5000"),
                "someone",
                "a=b",
            ),
        ] {
            let expected = (whose, user.to_owned(), password.to_owned());
            assert_eq!(every(text), expected, "{text}");
        }
        for wrong in ["someone", ":secret", "a b=c:d", "quay.io=someone"] {
            assert!(wrong.parse::<Creds>().is_err(), "{wrong}");
        }
    }
}
