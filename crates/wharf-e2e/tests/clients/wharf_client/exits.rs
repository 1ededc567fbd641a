//! Exit codes, as docs/client.md has them.

use wharf_e2e::server::{Server, free_address};

use super::{Client, push_noise};

#[test]
fn exit_codes_tell_why() {
    let server = Server::wharf();
    let digest = push_noise(&server, "app", "1", &[50_000]);
    let client = Client::new();
    let host = server.host();
    client.ok(&format!("pull {host}/app:1"));
    client.ok(&format!("pull {host}/app:1 oci:rotten:1"));
    let layer = &server.manifest("app", "1").blobs()[0].digest;
    let hex = layer.strip_prefix("sha256:").unwrap();
    let rotten = client.path().join("rotten/blobs/sha256").join(hex);
    let mut bytes = std::fs::read(&rotten).unwrap();
    bytes[7] ^= 1;
    std::fs::write(&rotten, bytes).unwrap();
    let nobody = free_address();
    std::fs::write(client.path().join("text.tar"), "no archive").unwrap();
    for (line, code, said) in [
        (format!("pull {host}/app:2"), 3, "app:2"),
        (
            "push localhost:1/app:1 oci:nowhere".to_owned(),
            3,
            "cannot open nowhere",
        ),
        (
            format!("push {host}/app:2 oci:app:2"),
            3,
            "2 was not found in app: there is 1",
        ),
        (
            format!("copy oci:rotten:1 {host}/rotten:1"),
            5,
            "has the digest",
        ),
        ("load -i text.tar --to oci:x".to_owned(), 5, "is damaged"),
        (
            format!("copy {host}/app:1 docker-daemon:x --host tcp://{nobody}"),
            6,
            &*nobody,
        ),
        (format!("pull {nobody}/app:1"), 6, &*nobody),
        (
            "pull oci:app".to_owned(),
            1,
            "`wharf copy` takes it from anywhere",
        ),
        (
            format!("copy --tags v* {host}/app:1 oci:x"),
            1,
            "without a tag",
        ),
        ("copy App oci:x".to_owned(), 2, "lower"),
        ("save".to_owned(), 2, "IMAGE"),
        (
            format!("pull --platform all --platform arm64 {host}/app:1"),
            1,
            "no other choice",
        ),
    ] {
        let done = client.run(&line);
        assert_eq!(done.code, Some(code), "{line}: {done:#?}");
        assert!(done.stderr.contains(said), "{line}: {done:#?}");
    }
    assert!(!server.repositories().contains(&"rotten".to_owned()));
    assert_eq!(server.manifest("app", "1").digest, digest);
}

#[test]
fn a_password_that_is_written_wrongly_is_not_shown() {
    for flag in [
        "--creds :s3cret",
        "--mirror https://ann:s3cret@mirror.example",
    ] {
        let told = Client::new().run(&format!("pull {flag} localhost:1/app:1"));
        assert_eq!(told.code, Some(2), "{told:#?}");
        assert!(told.stderr.contains("USER:PASSWORD"), "{told:#?}");
        assert!(!told.stderr.contains("s3cret"), "{told:#?}");
    }
}

#[test]
fn a_result_that_the_disk_does_not_take_is_told() {
    let server = Server::wharf();
    push_noise(&server, "app", "1", &[5_000]);
    let client = Client::new();
    let line = |words: &str, to: &str| format!("wharf {words} {}/app {to}", server.host());
    let full = client.shell(&line("ls", "> /dev/full"));
    assert_eq!(full.code, Some(1), "{full:#?}");
    assert!(full.stderr.contains("No space left"), "{full:#?}");
    // Who does not read on has read enough.
    let enough = client.shell(&line("ls --long", "| true"));
    assert_eq!((enough.code, &*enough.stderr), (Some(0), ""), "{enough:#?}");
}

#[test]
fn whatever_docker_host_says_who_wants_no_engine_needs_none() {
    let server = Server::wharf();
    push_noise(&server, "app", "1", &[5_000]);
    let client = Client::new().with("DOCKER_HOST", "ssh://someone@elsewhere");
    client.ok(&format!("pull {}/app:1", server.host()));
    let told = client.run(&format!("copy {}/app:1 docker-daemon:x", server.host()));
    assert!(told.stderr.contains("DOCKER_HOST"), "{told:#?}");
}
