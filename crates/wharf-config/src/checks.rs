//! What only several options together can have wrong.

use crate::load::Loaded;
use crate::options::{Auth, Config, Storage};
use crate::reader::Remark;

/// Everything that is wrong between options.
pub(crate) fn check(loaded: &Loaded) -> Vec<Remark> {
    let config = &loaded.config;
    let mut errors = Vec::new();
    let mut wrong = |option: &str, text: String| errors.push(loaded.remark(option, text));
    if config.version != "0.1" {
        wrong(
            "version",
            format!("unsupported version: \"{}\": write 0.1", config.version),
        );
    }
    let drivers = drivers(&config.storage);
    if drivers.len() != 1 {
        let provided = drivers.join(", ");
        let text = format!("must provide exactly one storage type. Provided: [{provided}]");
        // The last one may be a variable or a flag, which is what to look at.
        let last = drivers.last().map(|driver| format!("storage.{driver}"));
        wrong(last.as_deref().unwrap_or("storage"), text);
    }
    let ways = ways(&config.auth);
    if ways.len() > 1 {
        let provided = ways.join(", ");
        let text = format!("must provide exactly one type. Provided: [{provided}]");
        let last = ways.last().map(|way| format!("auth.{way}"));
        wrong(last.as_deref().unwrap_or("auth"), text);
    }
    if let Some((option, text)) = rules(config) {
        wrong(option, text.to_owned());
    }
    if let Some(way) = ways.iter().find(|way| **way != "htpasswd")
        && config.wharfinger.auth.directory.is_some()
    {
        let text = format!("nobody asks for these accounts with auth.{way}: remove one of them");
        wrong("wharfinger.auth.directory", text);
    }
    let tls = &config.http.tls;
    match (&tls.certificate, &tls.key) {
        (Some(_), None) => wrong(
            "http.tls.certificate",
            "a certificate needs its key: set http.tls.key".to_owned(),
        ),
        (None, Some(_)) => wrong(
            "http.tls.key",
            "a key needs its certificate: set http.tls.certificate".to_owned(),
        ),
        (Some(_), Some(_)) | (None, None) => {}
    }
    let acme = &tls.letsencrypt;
    let has_certificate = tls.certificate.is_some() || acme.cachefile.is_some();
    if tls.certificate.is_some() && acme.cachefile.is_some() {
        wrong(
            "http.tls.letsencrypt",
            "cannot be used together with http.tls.certificate".to_owned(),
        );
    }
    let is_acme = acme.email.is_some() || acme.directoryurl.is_some() || !acme.hosts.is_empty();
    if acme.cachefile.is_none() && is_acme {
        wrong(
            "http.tls.letsencrypt.cachefile",
            "certificates have to be kept somewhere: name a directory".to_owned(),
        );
    }
    let asked = [
        (!tls.clientcas.is_empty(), "http.tls.clientcas"),
        (tls.clientauth.is_some(), "http.tls.clientauth"),
    ];
    for (_, option) in asked.iter().filter(|(asked, _)| *asked && !has_certificate) {
        wrong(
            option,
            "clients cannot be asked without TLS: set http.tls.certificate".to_owned(),
        );
    }
    errors
}

/// Rules that nobody would follow: whoever wrote them believes that they hold.
fn rules(config: &Config) -> Option<(&'static str, &'static str)> {
    let (auth, identity) = (&config.auth, &config.wharfinger.auth);
    let option = if !identity.rules.is_empty() {
        "wharfinger.auth.rules"
    } else if !identity.groups.is_empty() {
        "wharfinger.auth.groups"
    } else {
        return None;
    };
    let text = if auth.token.is_some() {
        "cannot be used together with auth.token: what somebody may do is in their token"
    } else if auth.silly.is_some() {
        "cannot be used together with auth.silly, which lets everybody do everything"
    } else if auth.none.is_some() {
        "cannot be used together with auth.none, which lets everybody do everything"
    } else if auth.htpasswd.is_none() && identity.directory.is_none() {
        "nobody has an account that this could be about: set auth.htpasswd or \
         wharfinger.auth.directory"
    } else {
        return None;
    };
    Some((option, text))
}

fn ways(auth: &Auth) -> Vec<&'static str> {
    let named = [
        (auth.none.is_some(), "none"),
        (auth.silly.is_some(), "silly"),
        (auth.htpasswd.is_some(), "htpasswd"),
        (auth.token.is_some(), "token"),
    ];
    let named = named.into_iter().filter(|(named, _)| *named);
    named.map(|(_, name)| name).collect()
}

fn drivers(storage: &Storage) -> Vec<&'static str> {
    let named = [
        (storage.filesystem.is_some(), "filesystem"),
        (storage.inmemory.is_some(), "inmemory"),
        (storage.s3.is_some(), "s3"),
        (storage.s3aws.is_some(), "s3aws"),
        (storage.gcs.is_some(), "gcs"),
        (storage.azure.is_some(), "azure"),
        (storage.swift.is_some(), "swift"),
        (storage.oss.is_some(), "oss"),
    ];
    let named = named.into_iter().filter(|(named, _)| *named);
    named.map(|(_, name)| name).collect()
}
