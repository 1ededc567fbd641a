//! Names of images: what distribution/reference makes of them, and what it refuses.

use proptest::prelude::*;
use wharf_client::{ImageName, ImageNameError, RegistryHost, RegistryHostError};

const DIGITS: &str = "6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b";

fn parse(text: &str) -> Result<ImageName, ImageNameError> {
    text.parse()
}

#[test]
fn short_names_are_completed() {
    let table = [
        ("ubuntu", "docker.io/library/ubuntu:latest", "ubuntu:latest"),
        (
            "ubuntu:24.04",
            "docker.io/library/ubuntu:24.04",
            "ubuntu:24.04",
        ),
        (
            "library/ubuntu",
            "docker.io/library/ubuntu:latest",
            "ubuntu:latest",
        ),
        (
            "docker.io/ubuntu",
            "docker.io/library/ubuntu:latest",
            "ubuntu:latest",
        ),
        (
            "index.docker.io/ubuntu",
            "docker.io/library/ubuntu:latest",
            "ubuntu:latest",
        ),
        (
            "registry-1.docker.io/a/b",
            "docker.io/a/b:latest",
            "a/b:latest",
        ),
        ("library/a/b:1", "docker.io/library/a/b:1", "library/a/b:1"),
        ("a/b/c", "docker.io/a/b/c:latest", "a/b/c:latest"),
        (
            "localhost",
            "docker.io/library/localhost:latest",
            "localhost:latest",
        ),
        ("localhost/a", "localhost/a:latest", "localhost/a:latest"),
        (
            "localhost:5000",
            "docker.io/library/localhost:5000",
            "localhost:5000",
        ),
        (
            "localhost:5000/a:1",
            "localhost:5000/a:1",
            "localhost:5000/a:1",
        ),
        ("quay.io/a", "quay.io/a:latest", "quay.io/a:latest"),
        ("host:80/a", "host:80/a:latest", "host:80/a:latest"),
        ("HOST/a", "host/a:latest", "host/a:latest"),
        (
            "[::1]:5000/a/b",
            "[::1]:5000/a/b:latest",
            "[::1]:5000/a/b:latest",
        ),
        (
            "[2001:DB8::1]/a",
            "[2001:db8::1]/a:latest",
            "[2001:db8::1]/a:latest",
        ),
        // Without the host, these would be other images.
        (
            "docker.io/quay.io/a",
            "docker.io/quay.io/a:latest",
            "docker.io/quay.io/a:latest",
        ),
        (
            "docker.io/localhost/a",
            "docker.io/localhost/a:latest",
            "docker.io/localhost/a:latest",
        ),
    ];
    for (text, full, familiar) in table {
        let name = parse(text).unwrap();
        assert_eq!(name.to_string(), full, "{text}");
        assert_eq!(name.familiar(), familiar, "{text}");
    }
}

#[test]
fn a_digest_wins_and_the_tag_is_kept() {
    let name = parse(&format!("ubuntu:24.04@sha256:{DIGITS}")).unwrap();
    assert_eq!(name.tag.as_ref().unwrap().as_str(), "24.04");
    assert_eq!(
        name.reference().unwrap().to_string(),
        format!("sha256:{DIGITS}")
    );
    assert_eq!(name.familiar(), format!("ubuntu:24.04@sha256:{DIGITS}"));
    let name = parse(&format!("ubuntu@sha256:{DIGITS}")).unwrap();
    assert_eq!(name.tag, None);
    assert_eq!(
        name.to_string(),
        format!("docker.io/library/ubuntu@sha256:{DIGITS}")
    );
    assert_eq!(
        parse("a").unwrap().reference().unwrap().to_string(),
        "latest"
    );
}

#[test]
fn a_hex_name_with_anything_around_it_is_a_name() {
    let name = parse(&format!("{DIGITS}:tag")).unwrap();
    assert_eq!(name.to_string(), format!("docker.io/library/{DIGITS}:tag"));
    assert!(parse(&DIGITS[1..]).is_ok());
}

#[test]
fn bad_names_are_refused_with_what_to_write() {
    let table = [
        (
            "",
            "the name of the image is empty: write NAME, NAME:TAG or NAME@DIGEST",
        ),
        (
            "Ubuntu",
            "the name of a repository is in lower case: write \"ubuntu\" instead of \"Ubuntu\"",
        ),
        (
            "a/B:T",
            "the name of a repository is in lower case: write \"a/b\" instead of \"a/B\"",
        ),
        (
            "https://quay.io/a",
            "\"https://quay.io/a\" is a URL: leave out what stands before the registry's host",
        ),
        (
            DIGITS,
            "6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b is the ID of an image, and no name: a digest is written NAME@sha256:DIGITS",
        ),
        (
            "a:",
            "\"\" is no tag: a tag has letters, digits, `_`, `.` and `-`, and starts with neither `.` nor `-`",
        ),
        (
            "a:-x",
            "\"-x\" is no tag: a tag has letters, digits, `_`, `.` and `-`, and starts with neither `.` nor `-`",
        ),
        (
            "a@sha256:0",
            "\"sha256:0\" is no digest: a sha256 digest has 64 hexadecimal digits, not 1",
        ),
        (
            "host:0/a",
            "in the name \"host:0/a\": \"0\" is no port: write a number from 1 to 65535",
        ),
        (
            "host:70000/a",
            "in the name \"host:70000/a\": \"70000\" is no port: write a number from 1 to 65535",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(parse(text).unwrap_err().to_string(), expected);
    }
    for text in [
        "-foo",
        "foo-",
        "a//b",
        "/a",
        "a/",
        "a..b",
        "a___b",
        ":tag",
        "@",
        "a@",
        "-h.io/a",
        "h_h:1/a",
        "[::1/a",
        "[]:1/a",
        "[1.2.3.4]/a",
        "a.:1/b",
        "ä",
        "a b",
        "a:b/c",
        "a:+1/b",
        "h:+1/b",
        "a\n",
    ] {
        assert!(parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn lengths_are_those_of_distribution() {
    // `library/` counts.
    assert!(parse(&"a".repeat(255 - 8)).is_ok());
    let error = parse(&"a".repeat(255 - 7)).unwrap_err();
    assert!(
        matches!(error, ImageNameError::Repository { .. }),
        "{error}"
    );
    assert!(parse(&format!("quay.io/{}", "a".repeat(255))).is_ok());
    assert!(parse(&format!("a:{}", "t".repeat(128))).is_ok());
    let error = parse(&format!("a:{}", "t".repeat(129))).unwrap_err();
    assert!(matches!(error, ImageNameError::Tag { .. }), "{error}");
    let host = "a".repeat(254);
    let error = format!("{host}:1").parse::<RegistryHost>().unwrap_err();
    assert_eq!(error, RegistryHostError::TooLong);
}

#[test]
fn hosts_know_their_parts() {
    let host = |text: &str| text.parse::<RegistryHost>().unwrap();
    assert_eq!(host("[::1]:5000").name(), "[::1]");
    assert_eq!(host("[::1]:5000").port(), Some(5000));
    assert_eq!(host("[::1]").port(), None);
    assert_eq!(host("quay.io").asked(), "quay.io");
    assert_eq!(host("index.docker.io").asked(), "registry-1.docker.io");
    for text in [
        "localhost",
        "localhost:1",
        "127.0.0.1:5000",
        "127.9.9.9",
        "[::1]:1",
        "[::ffff:127.0.0.1]",
    ] {
        assert!(host(text).is_loopback(), "{text}");
    }
    for text in ["quay.io", "10.0.0.1", "localhost.example", "[::2]"] {
        assert!(!host(text).is_loopback(), "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_panics_and_what_is_a_name_stays_one(text in "([a-zA-Z0-9.:@/_\\[\\]-]|ä){0,40}") {
        if let Ok(name) = parse(&text) {
            prop_assert_eq!(&parse(&name.to_string()).unwrap(), &name);
            prop_assert_eq!(&parse(&name.familiar()).unwrap(), &name);
        }
    }

    #[test]
    fn likely_names_survive(text in "((localhost|docker\\.io|q\\.io:5|library|a)/){0,3}[a-z]{1,3}(:[a-z0-9]{1,3})?") {
        if let Ok(name) = parse(&text) {
            prop_assert_eq!(&parse(&name.to_string()).unwrap(), &name);
            prop_assert_eq!(&parse(&name.familiar()).unwrap(), &name);
        }
    }
}
