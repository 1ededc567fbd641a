//! Clients that show certificates.

use std::sync::Arc;

use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use wharf_http::{ClientAuth, ClientCertificates, TlsError};

use super::{Secured, load, settings};
use crate::harness::Setup;
use crate::pki::{Authority, Files, NAME};

/// A server that asks clients, and the authority that it trusts.
async fn asking(auth: ClientAuth) -> (Secured, Authority) {
    let authority = Authority::new("the authority of clients");
    let other = Authority::new("another authority of clients");
    let secured = Secured::with(Setup::memory(), |settings| {
        let wharf_http::Identity::Files { key, .. } = &settings.identity else {
            panic!("{:?}", settings.identity);
        };
        let directory = key.parent().unwrap().to_owned();
        let paths = [(&other, "other.pem"), (&authority, "clients.pem")];
        let authorities = paths.map(|(authority, name)| {
            let path = directory.join(name);
            crate::pki::write(&path, &authority.pem());
            path
        });
        settings.clients = ClientCertificates::Asked {
            auth,
            authorities: authorities.to_vec(),
        };
    })
    .await;
    (secured, authority)
}

#[tokio::test]
async fn each_way_to_treat_clients() {
    for (auth, without, stranger) in [
        (ClientAuth::Request, true, true),
        (ClientAuth::RequireAny, false, true),
        (ClientAuth::VerifyIfGiven, true, false),
        (ClientAuth::RequireAndVerify, false, false),
    ] {
        let (secured, authority) = asking(auth).await;
        let friend = authority.issue("friend").certified();
        // Of the right name, but not of the right hand.
        let foe = Authority::new("the authority of clients")
            .issue("friend")
            .certified();
        for version in [&TLS12, &TLS13] {
            let mut trust = secured.authority.trust();
            trust.versions = vec![version];
            assert_eq!(secured.ask(&trust).await.is_ok(), without, "{auth:?}");
            trust.own = Some(Arc::clone(&friend));
            assert_eq!(secured.ask(&trust).await.unwrap(), 200, "{auth:?}");
            trust.own = Some(Arc::clone(&foe));
            assert_eq!(secured.ask(&trust).await.is_ok(), stranger, "{auth:?}");
        }
    }
}

/// Whatever certificate is shown, the client must have its key.
#[tokio::test]
async fn a_certificate_without_its_key_is_refused() {
    for auth in [ClientAuth::Request, ClientAuth::RequireAny] {
        let (secured, authority) = asking(auth).await;
        let stolen = authority.issue("stolen").certified();
        let own = authority.issue("own").certified();
        let key = CertifiedKey::new(stolen.cert.clone(), Arc::clone(&own.key));
        for version in [&TLS12, &TLS13] {
            let mut trust = secured.authority.trust();
            trust.versions = vec![version];
            trust.own = Some(Arc::new(key.clone()));
            secured.ask(&trust).await.unwrap_err();
            trust.own = Some(Arc::clone(&own));
            assert_eq!(secured.ask(&trust).await.unwrap(), 200);
        }
    }
}

#[tokio::test]
async fn without_authorities_nothing_can_be_verified() {
    let files = Files::new(&Authority::new("the authority").issue(NAME));
    let mut wrong = settings(&files);
    let empty = files.add("empty.pem", "nothing");
    for (auth, authorities) in [
        (ClientAuth::RequireAndVerify, vec![]),
        (ClientAuth::VerifyIfGiven, vec![]),
        (ClientAuth::Request, vec![empty.clone()]),
        (ClientAuth::Request, vec![empty.with_file_name("none.pem")]),
    ] {
        let expected = authorities.first().cloned();
        wrong.clients = ClientCertificates::Asked { auth, authorities };
        let error = wharf_http::Tls::load(wrong.clone()).await.err().unwrap();
        match (error, expected) {
            (TlsError::NoAuthorities, None) => {}
            (
                TlsError::Unusable { path, .. } | TlsError::Unreadable { path, .. },
                Some(expected),
            ) => assert_eq!(path, expected),
            (error, expected) => panic!("{error:?} {expected:?}"),
        }
    }
    load(&files).await.unwrap();
}
