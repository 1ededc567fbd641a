//! `redis`, and what `storage.cache` keeps there.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use wharf_config::options::Redis as Written;
use wharf_config::{Loaded, Remark};
use wharf_http::Metrics;
use wharf_redis::{Address, Options, Protocol, Redis, RedisDescriptors, Servers, Tls};
use wharf_registry::Descriptors;

/// Whether its options can be used, where anything asks for them.
///
/// # Errors
/// The first that cannot.
pub(crate) fn check(loaded: &Loaded, warnings: &mut Vec<Remark>) -> Result<(), Remark> {
    match kind(loaded) {
        Some("redis") => _ = options(loaded, CACHE)?,
        None | Some("inmemory") => {}
        Some(other) => {
            let text = format!("`{other}` is neither `redis` nor `inmemory`: nothing comes of it");
            warnings.push(loaded.remark(CACHE, text));
        }
    }
    Ok(())
}

/// Who remembers layers for several servers, if that is wanted.
///
/// # Errors
/// The first option that cannot be used.
pub(crate) fn descriptors(
    loaded: &Loaded,
    metrics: Option<&Metrics>,
) -> Result<Option<Arc<dyn Descriptors>>, Remark> {
    if kind(loaded) != Some("redis") {
        return Ok(None);
    }
    let descriptors = RedisDescriptors::new(Redis::new(options(loaded, CACHE)?));
    Ok(Some(match metrics {
        Some(metrics) => Arc::new(metrics.descriptors(descriptors)),
        None => Arc::new(descriptors),
    }))
}

fn kind(loaded: &Loaded) -> Option<&str> {
    loaded.config.storage.cache.blobdescriptor.as_deref()
}

/// The servers, which `option` needs.
pub(crate) fn options(loaded: &Loaded, option: &str) -> Result<Options, Remark> {
    let written = &loaded.config.redis;
    let wrong = |option: &str, text: String| loaded.remark(&format!("redis.{option}"), text);
    if written.addrs.is_empty() {
        // distribution: registry/handlers/app.go
        let text = "redis configuration required to use for layerinfo cache: set redis.addrs";
        return Err(loaded.remark(option, text));
    }
    let addresses = written.addrs.iter().map(|address| address.parse());
    let addresses: Result<Vec<Address>, _> = addresses.collect();
    let addresses = addresses.map_err(|error| wrong("addrs", error.to_string()))?;
    let text = |secret: &Option<wharf_config::Secret>| {
        let secret = secret.as_ref().map(|secret| secret.reveal().to_owned());
        secret.filter(|secret| !secret.is_empty())
    };
    let servers = match (&written.mastername, addresses) {
        (Some(master), sentinels) => Servers::Watched {
            sentinels,
            master: master.clone(),
            username: written.sentinelusername.clone(),
            password: text(&written.sentinelpassword),
        },
        (None, mut addresses) if addresses.len() == 1 => Servers::One(addresses.remove(0)),
        (None, addresses) => Servers::Cluster(addresses),
    };
    let protocol = match written.protocol {
        // As Go has it, 0 is for the default.
        0 | 2 => Protocol::Two,
        3 => Protocol::Three,
        other => return Err(wrong("protocol", format!("{other} is neither 2 nor 3"))),
    };
    let identity = (!written.disableidentity).then(|| match &written.identitysuffix {
        Some(suffix) => format!("wharfinger({suffix})"),
        None => "wharfinger".to_owned(),
    });
    Ok(Options {
        servers,
        db: written.db,
        protocol,
        username: written.username.clone(),
        password: text(&written.password),
        name: written.clientname.clone(),
        identity,
        connecting: or(written.dialtimeout, Duration::from_secs(1)),
        answering: or(written.readtimeout, Duration::from_millis(300))
            + or(written.writetimeout, Duration::from_millis(200)),
        tls: tls(written).map_err(|(option, text)| wrong(option, text))?,
    })
}

/// As Go has it, 0 is for the default; and no time at all is not to be had here.
fn or(said: Duration, default: Duration) -> Duration {
    if said.is_zero() { default } else { said }
}

fn tls(written: &Written) -> Result<Option<Tls>, (&'static str, String)> {
    let written = &written.tls;
    let certificate = match (&written.certificate, &written.key) {
        (Some(certificate), Some(key)) => {
            let certificate = read(certificate).map_err(|error| ("tls.certificate", error))?;
            let key = read(key).map_err(|error| ("tls.key", error))?;
            Some((certificate, key))
        }
        (None, None) => None,
        (Some(_), None) => {
            let text = "a certificate needs its key: set redis.tls.key";
            return Err(("tls.certificate", text.to_owned()));
        }
        (None, Some(_)) => {
            let text = "a key needs its certificate: set redis.tls.certificate";
            return Err(("tls.key", text.to_owned()));
        }
    };
    let mut authorities = None;
    for file in &written.rootcas {
        let pem = read(file).map_err(|error| ("tls.rootcas", error))?;
        authorities.get_or_insert_with(Vec::new).extend(pem);
    }
    let is_wanted = certificate.is_some() || authorities.is_some();
    Ok(is_wanted.then_some(Tls {
        authorities,
        certificate,
    }))
}

/// PEM of something.
pub(crate) fn read(file: &str) -> Result<Vec<u8>, String> {
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    let text = std::fs::read(Path::new(file));
    let text = text.map_err(|error| format!("cannot read {file}: {error}"))?;
    if text.windows(11).any(|it| it == b"-----BEGIN ") {
        Ok(text)
    } else {
        Err(format!("{file} is not PEM"))
    }
}

const CACHE: &str = "storage.cache.blobdescriptor";
