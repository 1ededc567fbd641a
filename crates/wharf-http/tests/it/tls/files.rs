//! Certificates and keys in all their forms, and what is wrong with them.

use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256, RsaKeySize};
use wharf_http::TlsError;

use super::{Secured, load};
use crate::harness::Setup;
use crate::pki::{Authority, Files, Issued, NAME};

/// The content of a DER element, and what follows it.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, header) = match der[1] {
        0x81 => (usize::from(der[2]), 3),
        0x82 => (usize::from(der[2]) << 8 | usize::from(der[3]), 4),
        short => (usize::from(short), 2),
    };
    der[header..].split_at(length)
}

/// The key inside of PKCS#8 (RFC 5958): for RSA that is PKCS#1, for curves SEC1.
fn inner(key: &KeyPair) -> Vec<u8> {
    let der = key.serialize_der();
    let (fields, _) = element(&der);
    let (_version, rest) = element(fields);
    let (_algorithm, rest) = element(rest);
    element(rest).0.to_vec()
}

fn pem(label: &str, der: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in der.chunks(48) {
        for group in line.chunks(3) {
            let mut bytes = [0; 4];
            bytes[1..=group.len()].copy_from_slice(group);
            let bits = u32::from_be_bytes(bytes);
            for digit in 0..4 {
                let index = (bits >> (18 - 6 * digit)) as usize & 63;
                text.push(if digit <= group.len() {
                    DIGITS[index].into()
                } else {
                    '='
                });
            }
        }
        text.push('\n');
    }
    text + &format!("-----END {label}-----\n")
}

#[tokio::test]
async fn keys_of_every_kind_and_form() {
    let authority = Authority::new("the authority");
    let rsa = || KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let curve = || KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let edwards = || KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let own_form = KeyPair::serialize_pem;
    let pkcs1 = |key: &KeyPair| pem("RSA PRIVATE KEY", &inner(key));
    let sec1 = |key: &KeyPair| pem("EC PRIVATE KEY", &inner(key));
    // As `openssl ecparam -genkey` writes it.
    let with_parameters =
        |key: &KeyPair| pem("EC PARAMETERS", &[6, 5, 0x2b, 0x81, 4, 0, 0x22]) + &sec1(key);
    let written = |key: KeyPair, form: &dyn Fn(&KeyPair) -> String| (form(&key), key);
    let keys = [
        written(rsa(), &own_form),
        written(rsa(), &pkcs1),
        written(curve(), &own_form),
        written(curve(), &sec1),
        written(curve(), &with_parameters),
        written(edwards(), &own_form),
    ];
    let secured = Secured::start().await;
    for (index, (text, key)) in keys.into_iter().enumerate() {
        let issued = authority.issue_for(NAME, key);
        secured.files.replace(&issued);
        secured.files.add("key.pem", &text);
        secured
            .tls
            .reload()
            .await
            .unwrap_or_else(|error| panic!("{index}: {error}"));
        assert_eq!(
            secured.ask(&authority.trust()).await.unwrap(),
            200,
            "{index}"
        );
    }
}

#[tokio::test]
async fn one_file_may_hold_both() {
    let authority = Authority::new("the authority");
    let issued = authority.issue(NAME);
    let files = Files::new(&issued);
    let both = files.add("both.pem", &(issued.key.serialize_pem() + &issued.pem));
    let identity = wharf_http::Identity::Files {
        certificate: both.clone(),
        key: both,
    };
    let secured = Secured::with(Setup::memory(), |settings| settings.identity = identity).await;
    assert_eq!(secured.ask(&authority.trust()).await.unwrap(), 200);
}

/// Clients know the authority, and not whom it has authorised.
#[tokio::test]
async fn the_whole_chain_is_shown() {
    let root = Authority::new("the root");
    let middle = root.intermediate("the middle");
    let issued = middle.issue(NAME);
    let secured = Secured::start().await;
    secured.files.replace(&issued);
    secured.tls.reload().await.unwrap();
    secured.ask(&root.trust()).await.unwrap_err();
    let chain = Issued {
        pem: issued.pem + &middle.pem(),
        ..issued
    };
    secured.files.replace(&chain);
    secured.tls.reload().await.unwrap();
    assert_eq!(secured.ask(&root.trust()).await.unwrap(), 200);
}

#[tokio::test]
async fn what_is_wrong_is_said_with_the_file() {
    let authority = Authority::new("the authority");
    let (issued, other) = (authority.issue(NAME), authority.issue(NAME));
    let certificate = |text: &str| {
        let files = Files::new(&issued);
        files.add("certificate.pem", text);
        files
    };
    let key = |text: &str| {
        let files = Files::new(&issued);
        files.add("key.pem", text);
        files
    };
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let locked = issued
        .key
        .serialize_pem()
        .replace("PRIVATE", "ENCRYPTED PRIVATE");
    for (files, expected) in [
        (
            certificate(""),
            "certificate.pem: there is no certificate in PEM",
        ),
        (
            certificate(&issued.key.serialize_pem()),
            "certificate.pem: there is no certificate in PEM",
        ),
        (
            certificate(garbage),
            "certificate.pem: it is no certificate",
        ),
        (
            certificate("-----BEGIN CERTIFICATE-----\n"),
            "certificate.pem: ",
        ),
        (key(""), "key.pem: there is no private key"),
        (key(&issued.pem), "key.pem: there is no private key"),
        (key(&locked), "key.pem: there is no private key"),
        (key(&pem("PRIVATE KEY", b"garbage")), "key.pem: "),
        (
            key(&other.key.serialize_pem()),
            "key.pem is not the key of the certificate in ",
        ),
    ] {
        let error = load(&files)
            .await
            .err()
            .unwrap_or_else(|| panic!("{expected}"));
        assert!(error.to_string().contains(expected), "{error}: {expected}");
    }
}

/// `openssl x509 -req` makes certificates without extensions, which rustls does not parse.
#[tokio::test]
async fn a_certificate_of_the_first_version_is_used() {
    let authority = Authority::new("the authority");
    let issued = authority.issue(NAME);
    let old = pem("CERTIFICATE", &as_version_1(&issued.certificate));
    let files = Files::new(&issued);
    files.add("certificate.pem", &old);
    load(&files).await.unwrap();
    files.add("key.pem", &authority.issue(NAME).key.serialize_pem());
    let error = load(&files).await.err().unwrap();
    assert!(matches!(error, TlsError::Mismatch { .. }), "{error:?}");
}

/// A certificate without its version and extensions (RFC 5280, section 4.1). Its signature
/// is not right any more.
fn as_version_1(der: &[u8]) -> Vec<u8> {
    let (fields, _) = element(der);
    let (body, signature) = element(fields);
    let (_version, mut rest) = element(body);
    let mut kept = Vec::new();
    while !rest.is_empty() {
        let (_, next) = element(rest);
        let whole = &rest[..rest.len() - next.len()];
        if whole[0] != 0xa3 {
            kept.extend_from_slice(whole);
        }
        rest = next;
    }
    sequence(&[sequence(&kept), signature.to_vec()].concat())
}

fn sequence(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[0x30, 0x82], &length[..], content].concat()
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test's own file")]
async fn a_missing_file_is_named() {
    for missing in [Files::certificate as fn(&Files) -> _, Files::key] {
        let files = Files::new(&Authority::new("the authority").issue(NAME));
        std::fs::remove_file(missing(&files)).unwrap();
        match load(&files).await.err().unwrap() {
            TlsError::Unreadable { path, .. } => assert_eq!(path, missing(&files)),
            other => panic!("{other:?}"),
        }
    }
}
