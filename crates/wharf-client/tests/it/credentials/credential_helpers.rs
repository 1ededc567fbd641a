//! Programs that keep credentials.

use std::process::Command;
use std::time::{Duration, Instant};

use wharf_client::{Credential, CredentialError, CredentialFiles, Credentials, Kept};

use super::{Home, read, scope, shown, write};

/// Keeps what it is given in files beside it.
const KEEPER: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 1
name() { tr -c 'a-z0-9\n' _; }
case $1 in
store) cat > stored; sed 's/.*"ServerURL":"\([^"]*\)".*/\1/' stored | name > n; cp stored "kept-$(cat n)";;
get) f="kept-$(name)"; [ -e "$f" ] && cat "$f" && exit; echo 'credentials not found in native keychain'; exit 1;;
erase) f="kept-$(name)"; [ -e "$f" ] && rm "$f" && exit; echo 'credentials not found in native keychain'; exit 1;;
list) echo '{"https://index.docker.io/v1/":"user"}';;
esac
"#;

/// A program is written by another process: while this one had it open, no thread could
/// run it.
fn install(home: &Home, name: &str, script: &str) {
    let source = home.path("source");
    write(&source, script);
    let program = home.path(&format!("docker-credential-{name}"));
    let mut copy = Command::new("install");
    copy.arg("-m755").arg(source).arg(program);
    assert!(copy.status().unwrap().success());
}

#[tokio::test]
async fn a_helper_keeps_gives_and_forgets() {
    let home = Home::with(r#"{"auths": {}, "credsStore": "keeper"}"#);
    install(&home, "keeper", KEEPER);
    let credentials = home.credentials();
    let at = scope("docker.io");
    assert_eq!(credentials.get(&at).await.unwrap(), None);
    let user = Credential::password("user", "pa\"ss");
    let kept = credentials.store(&at, &user).await.unwrap();
    assert_eq!(kept, Kept::Helper("keeper".to_owned()));
    let said = r#"{"ServerURL":"https://index.docker.io/v1/","Username":"user","Secret":"pa\"ss"}"#;
    assert_eq!(read(&home.path("stored")), said);
    assert!(
        home.text().contains(r#""https://index.docker.io/v1/": {}"#),
        "{}",
        home.text()
    );
    let found = credentials.get(&scope("docker.io/a/b")).await.unwrap();
    assert_eq!(found, Some(user));
    let list = credentials.list("keeper").await.unwrap();
    assert_eq!(list["https://index.docker.io/v1/"], "user");
    assert!(credentials.erase(&at).await.unwrap());
    assert!(!credentials.erase(&at).await.unwrap());
    assert_eq!(credentials.get(&at).await.unwrap(), None);
    assert!(home.text().contains("credsStore"));
}

#[tokio::test]
async fn identity_tokens_have_a_name_of_their_own() {
    let home = Home::with(r#"{"credHelpers": {"q.io": "keeper"}}"#);
    install(&home, "keeper", KEEPER);
    let token = Credential::IdentityToken {
        username: None,
        token: "t".into(),
    };
    home.credentials()
        .store(&scope("q.io"), &token)
        .await
        .unwrap();
    assert!(read(&home.path("stored")).contains(r#""Username":"<token>""#));
    assert_eq!(
        home.credentials().get(&scope("q.io")).await.unwrap(),
        Some(token)
    );
    let bearer = Credential::RegistryToken("r".into());
    assert!(
        home.credentials()
            .store(&scope("q.io"), &bearer)
            .await
            .is_err()
    );
    let user = Credential::password("a", "b");
    let error = home
        .credentials()
        .store(&scope("q.io/a/b"), &user)
        .await
        .unwrap_err();
    assert!(
        matches!(error, CredentialError::HelperScope { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn each_registry_may_have_its_own_and_the_file_comes_after() {
    let home = Home::with(
        r#"{"credsStore": "absent", "credHelpers": {"q.io": "fixed", "f.io": "", "n.io": "keeper"},
            "auths": {"f.io": {"auth": "dXNlcjpwYXNz"}, "n.io": {"auth": "dXNlcjpwYXNz"}}}"#,
    );
    install(&home, "keeper", KEEPER);
    install(
        &home,
        "fixed",
        "#!/bin/sh\necho '{\"ServerURL\":\"\",\"Username\":\"u\",\"Secret\":\"s\"}'\n",
    );
    for (host, expected) in [
        ("q.io", "u:s"),
        ("f.io", "user:pass"),
        ("n.io", "user:pass"),
    ] {
        let found = home.credentials().get(&scope(host)).await.unwrap();
        assert_eq!(shown(found.as_ref()), expected);
    }
    let error = home
        .credentials()
        .get(&scope("other.io"))
        .await
        .unwrap_err();
    let expected = "cannot run docker-credential-absent: install it, or take it out of the file of credentials";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_helper_that_fails_is_told_in_its_own_words() {
    for (script, expected) in [
        (
            "echo 'the keychain is locked'; exit 1",
            "docker-credential-x get failed: the keychain is locked",
        ),
        (
            "exit 3",
            "docker-credential-x get failed: it did not say why",
        ),
        (
            "echo hidden",
            "docker-credential-x get gave no answer that can be understood",
        ),
        (
            "head -c 2000000 /dev/zero",
            "docker-credential-x get failed: it said more than 1048576 bytes",
        ),
    ] {
        let home = Home::with(r#"{"credsStore": "x"}"#);
        install(&home, "x", &format!("#!/bin/sh\n{script}\n"));
        let error = home.credentials().get(&scope("q.io")).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn a_helper_that_hangs_is_ended() {
    let home = Home::with(r#"{"credsStore": "x"}"#);
    install(&home, "x", "#!/bin/sh\nexec sleep 600\n");
    let begun = Instant::now();
    let credentials = home.credentials().with_patience(Duration::from_millis(200));
    let error = credentials.get(&scope("q.io")).await.unwrap_err();
    assert!(
        matches!(error, CredentialError::HelperSlow { .. }),
        "{error}"
    );
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn all_of_it_is_forgotten() {
    let auth = r#"{"auth": "dXNlcjpwYXNz"}"#;
    let home = Home::with(&format!(
        r#"{{"auths": {{"a.io": {auth}, "b.io/c": {auth}}}, "credHelpers": {{"q.io": "keeper"}}}}"#
    ));
    install(&home, "keeper", KEEPER);
    let credentials = home.credentials();
    let user = Credential::password("user", "pass");
    credentials.store(&scope("q.io"), &user).await.unwrap();
    let erased = credentials.erase_all().await.unwrap();
    assert_eq!(Vec::from_iter(erased), ["a.io", "b.io/c", "q.io"]);
    for registry in ["a.io", "b.io/c", "q.io"] {
        assert_eq!(credentials.get(&scope(registry)).await.unwrap(), None);
    }
    assert!(home.text().contains("credHelpers"), "{}", home.text());
    assert!(credentials.erase_all().await.unwrap().is_empty());
    // One that keeps all says itself what it keeps.
    write(&home.config(), r#"{"credsStore": "keeper"}"#);
    credentials.store(&scope("docker.io"), &user).await.unwrap();
    let erased = credentials.erase_all().await.unwrap();
    assert_eq!(Vec::from_iter(erased), ["https://index.docker.io/v1/"]);
    assert_eq!(credentials.get(&scope("docker.io")).await.unwrap(), None);
}

/// As ecr-login has it, which makes its passwords itself.
const KEEPS_NOTHING: &str = r#"#!/bin/sh
case $1 in
list) echo '{"q.io":"AWS"}';;
*) echo 'not implemented'; exit 1;;
esac
"#;

#[tokio::test]
async fn a_helper_that_cannot_forget_leaves_no_password_in_a_file() {
    let auth = r#"{"auth": "dXNlcjpwYXNz"}"#;
    for helpers in [
        r#""credHelpers": {"q.io": "ecr"}"#,
        r#""credHelpers": {"q.io": "absent"}"#,
        r#""credsStore": "ecr""#,
        r#""credsStore": "absent""#,
        r#""credHelpers": {"a.io": "ecr", "q.io": "ecr", "z.io": "keeper"}"#,
    ] {
        let text = format!(r#"{{"auths": {{"q.io": {auth}}}, {helpers}}}"#);
        let second = format!(r#"{{"auths": {{"q.io": {auth}}}}}"#);
        for is_all in [false, true] {
            let home = Home::with(&text);
            write(&home.path("second.json"), &second);
            write(&home.path("kept-z_io"), "hidden");
            install(&home, "ecr", KEEPS_NOTHING);
            install(&home, "keeper", KEEPER);
            let files = CredentialFiles(vec![home.config(), home.path("second.json")]);
            let credentials = Credentials::new(files);
            let credentials = credentials.with_helpers_in(vec![home.path("")]);
            let error = if is_all {
                credentials.erase_all().await.unwrap_err()
            } else {
                credentials.erase(&scope("q.io")).await.unwrap_err()
            };
            let expected = match helpers.contains("absent") {
                true => "cannot run docker-credential-absent",
                false => "docker-credential-ecr erase failed: not implemented",
            };
            assert!(error.to_string().starts_with(expected), "{error}");
            for file in ["config.json", "second.json"] {
                let text = read(&home.path(file));
                assert!(!text.contains("dXNlcjpwYXNz"), "{helpers} {text}");
            }
            // Others are asked all the same.
            let is_forgotten = is_all && helpers.contains("keeper");
            assert_eq!(home.path("kept-z_io").exists(), !is_forgotten, "{helpers}");
        }
    }
}

#[tokio::test]
async fn what_others_wrote_while_a_helper_ran_stays() {
    let home = Home::with(r#"{"auths": {}, "credsStore": "slow"}"#);
    // Somebody logs in elsewhere meanwhile.
    let script = r#"#!/bin/sh
cat > /dev/null
cd "$(dirname "$0")" || exit 1
echo '{"auths": {"other.io": {"auth": "dXNlcjpwYXNz"}}, "credsStore": "slow"}' > config.json
"#;
    install(&home, "slow", script);
    let user = Credential::password("user", "pass");
    let credentials = home.credentials();
    credentials.store(&scope("q.io"), &user).await.unwrap();
    let text = home.text();
    assert!(
        text.contains("other.io") && text.contains("\"q.io\": {}"),
        "{text}"
    );
}
