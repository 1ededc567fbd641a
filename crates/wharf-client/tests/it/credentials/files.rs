//! Files alone.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

use wharf_client::{Credential, CredentialError, CredentialFiles, Credentials, Kept};

use super::{Home, mode, read, scope, shown, write};

/// `user:pass`, `other:word`
const USER: &str = r#"{"auth": "dXNlcjpwYXNz"}"#;
const OTHER: &str = r#"{"auth": "b3RoZXI6d29yZA=="}"#;

async fn check(auths: &str, asked: &str, expected: &str) {
    let home = Home::with(&format!(r#"{{"auths": {auths}}}"#));
    let found = home.credentials().get(&scope(asked)).await;
    let found = found.map_err(|error| error.to_string());
    let found = found.map(|found| shown(found.as_ref()));
    assert_eq!(found.as_deref(), Ok(expected), "{auths} for {asked}");
}

#[tokio::test]
async fn entries_of_every_form_are_read() {
    for (entry, expected) in [
        (USER, "user:pass"),
        (r#"{"auth": "dXNlcjpwYXNzAA=="}"#, "user:pass"),
        (r#"{"auth": "dXNlcjphOmI="}"#, "user:a:b"),
        (r#"{"auth": "", "username": "u", "password": "p"}"#, "u:p"),
        (
            r#"{"username": "u", "password": "p", "email": "x", "unknown": [1]}"#,
            "u:p",
        ),
        (
            r#"{"auth": "dXNlcjo=", "identitytoken": "t"}"#,
            "Some(\"user\") t",
        ),
        (r#"{"identitytoken": "t"}"#, "None t"),
        (
            r#"{"auth": "dXNlcjpwYXNz", "registrytoken": "r"}"#,
            "bearer r",
        ),
        ("{}", "none"),
        ("null", "none"),
        (r#"{"auth": null}"#, "none"),
    ] {
        check(&format!(r#"{{"quay.io": {entry}}}"#), "quay.io", expected).await;
    }
}

#[tokio::test]
async fn the_most_specific_name_counts() {
    let auths = format!(r#"{{"quay.io": {OTHER}, "quay.io/a/b": {USER}, "quay.io/a": {{}}}}"#);
    check(&auths, "quay.io/a/b/c:1", "user:pass").await;
    check(&auths, "quay.io/a/b", "user:pass").await;
    check(&auths, "quay.io/a/bc", "none").await;
    check(&auths, "quay.io/b", "other:word").await;
    check(&auths, "quay.io", "other:word").await;
    check(&auths, "quay.io:443/a/b", "none").await;
}

#[tokio::test]
async fn older_names_are_understood() {
    for key in [
        "https://index.docker.io/v1/",
        "index.docker.io",
        "docker.io",
        "registry-1.docker.io",
        "https://registry-1.docker.io/v2/",
        "docker.io/library",
        "docker.io/library/ubuntu",
    ] {
        check(
            &format!(r#"{{"{key}": {USER}}}"#),
            "docker.io/ubuntu",
            "user:pass",
        )
        .await;
    }
    for key in [
        "https://q.io",
        "http://q.io/",
        "https://q.io/v2/",
        "q.io/v1/",
        "https://Q.io/any/path",
    ] {
        check(&format!(r#"{{"{key}": {USER}}}"#), "q.io/a", "user:pass").await;
    }
    // Docker's own name comes before others, wherever it stands.
    for (first, last) in [
        ("docker.io", "https://index.docker.io/v1/"),
        ("https://q.io", "q.io"),
    ] {
        let host = if first == "docker.io" {
            "docker.io"
        } else {
            "q.io"
        };
        check(
            &format!(r#"{{"{first}": {OTHER}, "{last}": {USER}}}"#),
            host,
            "user:pass",
        )
        .await;
        check(
            &format!(r#"{{"{last}": {USER}, "{first}": {OTHER}}}"#),
            host,
            "user:pass",
        )
        .await;
    }
    check(
        &format!(r#"{{"": {USER}, "//": {USER}, "[": {USER}}}"#),
        "q.io",
        "none",
    )
    .await;
}

#[tokio::test]
async fn files_are_asked_in_their_order() {
    let home = Home::with(&format!(r#"{{"auths": {{"b.io": {USER}}}}}"#));
    let second = home.path("auth.json");
    write(
        &second,
        &format!(r#"{{"auths": {{"a.io": {OTHER}, "b.io": {OTHER}}}}}"#),
    );
    let files = CredentialFiles(vec![home.path("none.json"), home.config(), second]);
    let credentials = Credentials::new(files);
    for (host, expected) in [
        ("a.io", "other:word"),
        ("b.io", "user:pass"),
        ("c.io", "none"),
    ] {
        let found = credentials.get(&scope(host)).await.unwrap();
        assert_eq!(shown(found.as_ref()), expected);
    }
}

#[tokio::test]
async fn what_others_wrote_stays_as_it_is() {
    let home = Home::with(
        "{\n\t\"auths\": {\n\t\t\"https://q.io/v2/\": {\n\t\t\t\"auth\": \"b3RoZXI6d29yZA==\"\n\t\t},\n\t\t\"z.io\": {\n\t\t\t\"auth\": \"eDp5\",\n\t\t\t\"zebra\": 1.50\n\t\t}\n\t},\n\t\"psFormat\": \"table\",\n\t\"HttpHeaders\": {\n\t\t\"B\": \"1\",\n\t\t\"A\": \"2\"\n\t}\n}",
    );
    let user = Credential::password("user", "pass");
    let kept = home
        .credentials()
        .store(&scope("q.io"), &user)
        .await
        .unwrap();
    assert_eq!(kept, Kept::File(home.config()));
    let expected = "{\n\t\"auths\": {\n\t\t\"z.io\": {\n\t\t\t\"auth\": \"eDp5\",\n\t\t\t\"zebra\": 1.50\n\t\t},\n\t\t\"q.io\": {\n\t\t\t\"auth\": \"dXNlcjpwYXNz\"\n\t\t}\n\t},\n\t\"psFormat\": \"table\",\n\t\"HttpHeaders\": {\n\t\t\"B\": \"1\",\n\t\t\"A\": \"2\"\n\t}\n}";
    assert_eq!(home.text(), expected);
    assert!(home.credentials().erase(&scope("q.io")).await.unwrap());
    assert!(!home.credentials().erase(&scope("q.io")).await.unwrap());
    assert!(home.text().contains("zebra") && !home.text().contains("q.io"));
}

#[tokio::test]
async fn what_is_stored_is_found_again() {
    for (at, credential) in [
        ("docker.io", Credential::password("üser", "pä\"ss:\\")),
        ("localhost:5000", Credential::RegistryToken("r\"t".into())),
        (
            "[::1]:5000",
            Credential::IdentityToken {
                username: Some("u".to_owned()),
                token: "t".into(),
            },
        ),
        (
            "q.io/a/b",
            Credential::IdentityToken {
                username: None,
                token: "t".into(),
            },
        ),
    ] {
        let home = Home::new();
        home.credentials()
            .store(&scope(at), &credential)
            .await
            .unwrap();
        let found = home.credentials().get(&scope(at)).await.unwrap();
        assert_eq!(found.as_ref(), Some(&credential), "{at}: {}", home.text());
        let is_hub = home.text().contains("\"https://index.docker.io/v1/\"");
        assert_eq!(is_hub, at == "docker.io");
        assert!(home.credentials().erase(&scope(at)).await.unwrap());
        assert_eq!(home.text(), "{\n\t\"auths\": {}\n}");
    }
}

#[tokio::test]
async fn erasing_forgets_the_registry_and_not_its_namespaces() {
    let auths = format!(
        r#"{{"auths": {{"q.io": {USER}, "q.io/a": {OTHER}, "https://q.io/v1/": {USER}}}}}"#
    );
    let home = Home::with(&auths);
    assert!(home.credentials().erase(&scope("q.io")).await.unwrap());
    let found = home.credentials().get(&scope("q.io")).await.unwrap();
    assert_eq!(shown(found.as_ref()), "none");
    let found = home.credentials().get(&scope("q.io/a/b")).await.unwrap();
    assert_eq!(shown(found.as_ref()), "other:word");
}

#[tokio::test]
async fn a_link_stays_and_what_it_points_to_changes() {
    let home = Home::new();
    std::os::unix::fs::symlink("dot/files/real.json", home.path("link.json")).unwrap();
    std::os::unix::fs::symlink("link.json", home.config()).unwrap();
    let user = Credential::password("user", "pass");
    for host in ["a.io", "b.io"] {
        home.credentials().store(&scope(host), &user).await.unwrap();
    }
    assert!(home.config().is_symlink() && home.path("link.json").is_symlink());
    let real = home.path("dot/files/real.json");
    assert!(read(&real).contains("b.io"));
    assert_eq!((mode(&real), mode(&home.path("dot/files"))), (0o600, 0o700));
    std::os::unix::fs::symlink("round.json", home.path("round.json")).unwrap();
    let round = Credentials::new(CredentialFiles(vec![home.path("round.json")]));
    let error = round.store(&scope("a.io"), &user).await.unwrap_err();
    assert!(matches!(error, CredentialError::File { .. }), "{error}");
}

#[tokio::test]
async fn bad_files_are_told_without_their_secrets() {
    for (text, expected) in [
        (
            "{\"auths\": \n {\"a.io\": {\"auth\": \"hidden\"}",
            "is no JSON",
        ),
        ("[]", "is no JSON"),
        ("{\"auths\": [\"hidden\"]}", "is no JSON"),
        (
            "{\"auths\": {\"a.io\": {\"auth\": \"hidden\"}}}",
            "the entry \"a.io\"",
        ),
        (
            "{\"auths\": {\"a.io\": {\"auth\": \"aGlkZGVu\"}}}",
            "the entry \"a.io\"",
        ),
        ("{\"auths\": {\"a.io\": \"hidden\"}}", "the entry \"a.io\""),
        ("{\"credsStore\": 1}", "is no JSON"),
        (
            "{\"credsStore\": \"../hidden\"}",
            "is no name of a credential helper",
        ),
    ] {
        let home = Home::with(text);
        let error = home.credentials().get(&scope("a.io")).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hidden") || text.contains("../"), "{shown}");
    }
    for text in ["", " \n", "null", "{}", "{\"auths\": null}"] {
        let found = Home::with(text)
            .credentials()
            .get(&scope("a.io"))
            .await
            .unwrap();
        assert_eq!(found, None, "{text}");
    }
    let large = format!("{{\"a\": \"{}\"}}", "x".repeat(1 << 20));
    let error = Home::with(&large)
        .credentials()
        .get(&scope("a.io"))
        .await
        .unwrap_err();
    assert!(matches!(error, CredentialError::TooLarge { .. }), "{error}");
    let nowhere = Credentials::new(CredentialFiles::default());
    let stored = nowhere
        .store(&scope("a.io"), &Credential::password("a", "b"))
        .await;
    assert!(matches!(stored.unwrap_err(), CredentialError::NoFile));
}

#[tokio::test]
async fn what_is_given_counts_before_files() {
    let home = Home::with(&format!(
        r#"{{"auths": {{"quay.io": {USER}, "ghcr.io": {USER}}}}}"#
    ));
    let given = |text: &str| home.credentials().with_given(Some(text.into()));
    let credentials = given(&format!(
        r#"{{"auths": {{"quay.io": {OTHER}, "x.io": {{}}}}}}"#
    ));
    for (asked, expected) in [
        ("quay.io/a", "other:word"),
        ("ghcr.io", "user:pass"),
        ("x.io", "none"),
    ] {
        let found = credentials.get(&scope(asked)).await.unwrap();
        assert_eq!(shown(found.as_ref()), expected, "{asked}");
    }
    // It stays when all else is gone.
    assert!(credentials.erase(&scope("quay.io")).await.unwrap());
    let found = credentials.get(&scope("quay.io")).await.unwrap();
    assert_eq!(shown(found.as_ref()), "other:word");
    for nothing in ["", " \n", "{}", "null"] {
        let found = given(nothing).get(&scope("ghcr.io")).await.unwrap();
        assert_eq!(shown(found.as_ref()), "user:pass", "{nothing:?}");
    }
    for wrong in [
        r#"{"auths": {"quay.io": "hidden"}}"#,
        r#"{"auths": {"quay.io": {"auth": "hidden"}}}"#,
        "hidden",
    ] {
        let error = given(wrong).get(&scope("quay.io")).await.unwrap_err();
        let error = error.to_string();
        assert!(error.contains("DOCKER_AUTH_CONFIG"), "{error}");
        assert!(!error.contains("hidden"), "{error}");
    }
}

#[tokio::test]
async fn a_file_keeps_its_owner_and_its_mode_without_the_bits_for_others() {
    let user = Credential::password("user", "pass");
    for (before, after) in [
        (0o600, 0o600),
        (0o644, 0o640),
        (0o664, 0o660),
        (0o400, 0o400),
    ] {
        let home = Home::with("{}");
        let config = home.config();
        set_permissions(&config, Permissions::from_mode(before)).unwrap();
        // Only root gives files away.
        let is_given = chown(&config, Some(4321), Some(1234)).is_ok();
        home.credentials()
            .store(&scope("a.io"), &user)
            .await
            .unwrap();
        assert_eq!(mode(&config), after, "{before:o}");
        let metadata = config.metadata().unwrap();
        if is_given {
            assert_eq!((metadata.uid(), metadata.gid()), (4321, 1234));
        }
    }
    let home = Home::new();
    home.credentials()
        .store(&scope("a.io"), &user)
        .await
        .unwrap();
    assert_eq!(mode(&home.config()), 0o600);
}

#[test]
fn several_who_log_in_at_once_lose_nothing() {
    let home = Home::with(r#"{"psFormat": "table"}"#);
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let credentials = home.credentials();
            threads.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                let runtime = runtime.unwrap();
                for number in 0..10 {
                    let at = scope(&format!("r{thread}-{number}.io"));
                    let user = Credential::password("user", "pass");
                    runtime.block_on(credentials.store(&at, &user)).unwrap();
                    if number % 2 == 0 {
                        assert!(runtime.block_on(credentials.erase(&at)).unwrap());
                    }
                }
            });
        }
    });
    let text = home.text();
    assert_eq!(text.matches("dXNlcjpwYXNz").count(), 20, "{text}");
    assert!(text.contains("psFormat"), "{text}");
}
