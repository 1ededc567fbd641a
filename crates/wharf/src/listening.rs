//! Where and how clients reach the server: the socket, and what is spoken on it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wharf_config::options::{self, MinimumTls, Network};
use wharf_config::{Config, Loaded, Remark};
use wharf_http::{
    AcmeSettings, CipherSuites, ClientAuth, ClientCertificates, Http2, Identity, Inherited,
    Listener, PortUse, Protocol, TcpAddress, Tls, TlsSettings, TlsVersion,
};

/// Where to listen.
pub(crate) enum Place {
    Tcp {
        address: TcpAddress,
        /// As it was written.
        text: String,
        port: PortUse,
    },
    Unix(PathBuf),
}

/// What to speak, before its files have been read.
pub(crate) enum Speech {
    Http1,
    Http1OrH2c,
    Tls(Box<TlsSettings>),
}

/// What `http.addr` and `http.net` say.
///
/// # Errors
/// When it is no address.
pub(crate) fn place(loaded: &Loaded) -> Result<Place, Remark> {
    let http = &loaded.config.http;
    match http.net {
        Network::Unix => Ok(Place::Unix(PathBuf::from(&http.addr))),
        Network::Tcp => {
            let address = http.addr.parse();
            let address = address.map_err(|error: <TcpAddress as std::str::FromStr>::Err| {
                loaded.remark("http.addr", error.to_string())
            })?;
            let port = if loaded.config.wharfinger.shareport {
                PortUse::Shared
            } else {
                PortUse::Alone
            };
            Ok(Place::Tcp {
                address,
                text: http.addr.clone(),
                port,
            })
        }
    }
}

/// Opens it, unless somebody has passed on an open one.
///
/// # Errors
/// When it cannot be had.
pub(crate) async fn open(place: &Place, inherited: Option<Inherited>) -> Result<Listener> {
    if let Some(inherited) = inherited {
        return Listener::inherited(inherited)
            .context("the socket that was passed on is of no use");
    }
    match place {
        Place::Tcp {
            address,
            text,
            port,
        } => {
            let listener = Listener::tcp(address, *port).await;
            listener.with_context(|| {
                format!("cannot listen on {text}: choose another address with --addr or http.addr")
            })
        }
        Place::Unix(path) => Listener::unix(path)
            .await
            .with_context(|| format!("cannot listen on {}: see http.addr", path.display())),
    }
}

/// What `http.tls`, `http.http2` and `http.h2c` say.
///
/// # Errors
/// The first option that cannot be used.
pub(crate) fn speech(loaded: &Loaded, warnings: &mut Vec<Remark>) -> Result<Speech, Remark> {
    let http = &loaded.config.http;
    let Some(identity) = identity(&loaded.config) else {
        return Ok(if http.h2c.enabled {
            Speech::Http1OrH2c
        } else {
            Speech::Http1
        });
    };
    if let Identity::Acme(acme) = &identity
        && acme.hosts.is_empty()
    {
        let text = "no certificate will be asked for, since no host is named";
        warnings.push(loaded.remark("http.tls.letsencrypt.hosts", text));
    }
    let minimum = minimum(loaded, warnings)?;
    let mut settings = TlsSettings::new(identity);
    settings.minimum = minimum;
    let names = &http.tls.ciphersuites;
    if !names.is_empty() {
        let refuse = |error: wharf_http::CipherSuitesError| {
            loaded.remark("http.tls.ciphersuites", error.to_string())
        };
        let (suites, told) =
            CipherSuites::named(names.iter().map(String::as_str), minimum).map_err(refuse)?;
        settings.suites = suites;
        let told = told.iter();
        warnings.extend(told.map(|it| loaded.remark("http.tls.ciphersuites", it.to_string())));
    }
    settings.clients = clients(&http.tls);
    settings.http2 = if http.http2.disabled {
        Http2::Disabled
    } else {
        Http2::Enabled
    };
    Ok(Speech::Tls(Box::new(settings)))
}

/// Reads the files it needs.
///
/// # Errors
/// When they are not there or not what they should be.
pub(crate) async fn learn(speech: Speech) -> Result<(Protocol, Option<Tls>)> {
    match speech {
        Speech::Http1 => Ok((Protocol::Http1, None)),
        Speech::Http1OrH2c => Ok((Protocol::Http1OrH2c, None)),
        Speech::Tls(settings) => {
            let tls = Tls::load(*settings).await.context("http.tls")?;
            Ok((Protocol::Tls(tls.clone()), Some(tls)))
        }
    }
}

fn identity(config: &Config) -> Option<Identity> {
    let tls = &config.http.tls;
    if let (Some(certificate), Some(key)) = (&tls.certificate, &tls.key) {
        return Some(Identity::Files {
            certificate: PathBuf::from(certificate),
            key: PathBuf::from(key),
        });
    }
    let acme = &tls.letsencrypt;
    let cache = Path::new(acme.cachefile.as_ref()?).to_path_buf();
    let mut settings = AcmeSettings::new(cache, acme.hosts.clone());
    settings.email.clone_from(&acme.email);
    if let Some(directory) = &acme.directoryurl {
        settings.directory.clone_from(directory);
    }
    settings.trusted = config.wharfinger.acme.trusted.as_ref().map(PathBuf::from);
    Some(Identity::Acme(settings))
}

fn minimum(loaded: &Loaded, warnings: &mut Vec<Remark>) -> Result<TlsVersion, Remark> {
    let name = match loaded.config.http.tls.minimumtls {
        None | Some(MinimumTls::Tls12) => "tls1.2",
        Some(MinimumTls::Tls10) => "tls1.0",
        Some(MinimumTls::Tls11) => "tls1.1",
        Some(MinimumTls::Tls13) => "tls1.3",
    };
    let remark = |text: String| loaded.remark("http.tls.minimumtls", text);
    let (version, told) = TlsVersion::named(name).map_err(|error| remark(error.to_string()))?;
    warnings.extend(told.map(|told| remark(told.to_string())));
    Ok(version)
}

/// Without authorities nothing is asked of clients, whatever else is said: as distribution.
fn clients(tls: &options::Tls) -> ClientCertificates {
    if tls.clientcas.is_empty() {
        return ClientCertificates::NotAsked;
    }
    let auth = tls
        .clientauth
        .unwrap_or(options::ClientAuth::RequireAndVerify);
    ClientCertificates::Asked {
        auth: match auth {
            options::ClientAuth::Request => ClientAuth::Request,
            options::ClientAuth::RequireAny => ClientAuth::RequireAny,
            options::ClientAuth::VerifyIfGiven => ClientAuth::VerifyIfGiven,
            options::ClientAuth::RequireAndVerify => ClientAuth::RequireAndVerify,
        },
        authorities: tls.clientcas.iter().map(PathBuf::from).collect(),
    }
}
