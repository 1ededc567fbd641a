//! Digests and references.

use bolero::check;
use proptest::prelude::*;
use wharf_spec::{Algorithm, Digest, DigestError, Reference, ReferenceError, TagError};

use crate::strategies;

#[test]
fn only_lower_case_digests_of_known_algorithms_are_taken() {
    let of_length = |length| "0".repeat(length);
    let parse = |text: &str| text.parse::<Digest>();
    for (algorithm, length) in [(Algorithm::Sha256, 64), (Algorithm::Sha512, 128)] {
        let text = format!("{algorithm}:{}", of_length(length));
        assert_eq!(parse(&text).unwrap().algorithm(), algorithm);
        assert_eq!(
            parse(&text.replacen(":0", ":F", 1)),
            Err(DigestError::Malformed)
        );
        assert_eq!(
            parse(&text.replacen(":0", ":g", 1)),
            Err(DigestError::Malformed)
        );
        for found in [1, length - 1, length + 1] {
            let error = DigestError::WrongLength { algorithm, found };
            assert_eq!(
                parse(&format!("{algorithm}:{}", of_length(found))),
                Err(error)
            );
        }
    }
    for malformed in [
        "",
        ":",
        "sha256",
        "sha256:",
        ":abc",
        "SHA256:abc",
        "sha256:a b",
        "sha256:abc:abc",
        "sha256::abc",
        "+a:abc",
        "a++b:abc",
        "a+:abc",
        "sha256:é",
        " sha256:abc",
        "sha256:abc/..",
    ] {
        assert_eq!(
            parse(malformed),
            Err(DigestError::Malformed),
            "{malformed:?}"
        );
    }
    for unknown in ["md5:abc", "sha384:0", "sha1:x", "a+b.c_d-e:A=_-9", "sha:1"] {
        let (algorithm, _) = unknown.split_once(':').unwrap();
        assert_eq!(
            parse(unknown),
            Err(DigestError::UnsupportedAlgorithm(algorithm.into()))
        );
    }
}

#[test]
fn a_colon_makes_a_digest_of_a_reference() {
    let parse = |text: &str| text.parse::<Reference>();
    assert!(matches!(parse("latest"), Ok(Reference::Tag(_))));
    assert!(matches!(
        parse(&format!("sha256:{}", "a".repeat(64))),
        Ok(Reference::Digest(_))
    ));
    assert_eq!(
        parse("sha256:abc"),
        Err(ReferenceError::Digest(DigestError::WrongLength {
            algorithm: Algorithm::Sha256,
            found: 3
        }))
    );
    assert_eq!(
        parse("md5:abc"),
        Err(ReferenceError::Digest(DigestError::UnsupportedAlgorithm(
            "md5".into()
        )))
    );
    assert_eq!(parse("-"), Err(ReferenceError::Tag(TagError::Invalid)));
}

proptest! {
    #[test]
    fn digests_go_there_and_back(digest in strategies::digest(), other in strategies::digest()) {
        let text = digest.to_string();
        prop_assert_eq!(text.parse(), Ok(digest));
        prop_assert_eq!(Digest::new(digest.algorithm(), digest.bytes()), Some(digest));
        prop_assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{text}\""));
        prop_assert_eq!(serde_json::from_str::<Digest>(&format!("\"{text}\"")).unwrap(), digest);
        prop_assert_eq!(digest.cmp(&other), text.cmp(&other.to_string()));
    }

    #[test]
    fn references_go_there_and_back(reference in strategies::reference()) {
        prop_assert_eq!(reference.to_string().parse(), Ok(reference));
    }
}

#[test]
fn fuzz_digest() {
    check!().with_type::<String>().for_each(|text| {
        for text in [text.clone(), format!("sha256:{text}")] {
            if let Ok(digest) = text.parse::<Digest>() {
                assert_eq!(digest.to_string(), text);
            }
        }
    });
}
