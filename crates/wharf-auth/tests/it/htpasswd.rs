//! `auth.htpasswd`: a file that operators change while it is in use.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tempfile::TempDir;
use wharf_auth::{
    Accounts, Authorizer, Basic, Credentials, Htpasswd, HtpasswdError, Passwords, Refusal, Request,
    Rules, Secret,
};

/// Longer than it takes until the file is looked at again.
const LATER: Duration = Duration::from_millis(1100);

fn line(user: &str, password: &str) -> String {
    format!("{user}:{}\n", bcrypt::hash(password, 4).unwrap())
}

/// Writes the file, so that its time tells.
fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    let time = SystemTime::now() + Duration::from_secs(step_of(text));
    File::options()
        .append(true)
        .open(path)
        .unwrap()
        .set_modified(time)
        .unwrap();
}

/// Another one for each text.
fn step_of(text: &str) -> u64 {
    text.bytes().map(u64::from).sum()
}

async fn ask(authorizer: &Passwords, user: &str, password: &str) -> Result<String, Refusal> {
    let basic = Basic {
        user: user.to_owned(),
        password: Secret::new(password),
    };
    ask_with(authorizer, &Credentials::Basic(basic)).await
}

async fn ask_with(authorizer: &Passwords, credentials: &Credentials) -> Result<String, Refusal> {
    let request = Request::new(credentials, &[]);
    authorizer.authorize(&request).await.map(|it| it.account)
}

fn is_challenge(refused: &Result<String, Refusal>) -> bool {
    matches!(refused, Err(Refusal::Challenge { challenge, .. }) if challenge == "Basic realm=\"r\"")
}

fn guarded(path: &Path) -> Result<Passwords, HtpasswdError> {
    let file = Htpasswd::open(path)?;
    let accounts = Arc::new(Accounts::new(Some(file)));
    Ok(Passwords::new("r", accounts, Rules::default()))
}

fn opened(text: &str) -> (TempDir, Passwords) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("htpasswd");
    fs::write(&path, text).unwrap();
    (directory, guarded(&path).unwrap())
}

#[tokio::test]
async fn who_is_in_the_file_is_let_in() {
    let (_directory, authorizer) = opened(&(line("ann", "secret") + &line("bob", "")));
    for _ in 0..2 {
        assert_eq!(ask(&authorizer, "ann", "secret").await.unwrap(), "ann");
        assert_eq!(ask(&authorizer, "bob", "").await.unwrap(), "bob");
        for (user, password) in [
            ("ann", ""),
            ("ann", "secret "),
            ("Ann", "secret"),
            ("", ""),
            ("carl", "secret"),
        ] {
            assert!(
                is_challenge(&ask(&authorizer, user, password).await),
                "{user} {password}"
            );
        }
        let long = "s".repeat(1 << 20);
        assert!(is_challenge(&ask(&authorizer, "ann", &long).await));
    }
    for other in [
        Credentials::None,
        Credentials::Other,
        Credentials::Bearer(Secret::new("x")),
    ] {
        assert!(
            is_challenge(&ask_with(&authorizer, &other).await),
            "{other:?}"
        );
    }
}

#[tokio::test]
async fn a_password_that_was_changed_holds_soon() {
    let (directory, authorizer) = opened(&line("ann", "old"));
    let path = directory.path().join("htpasswd");
    ask(&authorizer, "ann", "old").await.unwrap();
    write(&path, &(line("ann", "new") + &line("bob", "b")));
    tokio::time::sleep(LATER).await;
    assert!(is_challenge(&ask(&authorizer, "ann", "old").await));
    ask(&authorizer, "ann", "new").await.unwrap();
    ask(&authorizer, "bob", "b").await.unwrap();

    // A mistake leaves in force what was read before.
    write(&path, "ann\n");
    tokio::time::sleep(LATER).await;
    ask(&authorizer, "ann", "new").await.unwrap();
    assert!(is_challenge(&ask(&authorizer, "ann", "old").await));

    // Without the file nobody is let in, not even who was a moment ago.
    fs::remove_file(&path).unwrap();
    tokio::time::sleep(LATER).await;
    assert_eq!(
        ask(&authorizer, "ann", "new").await,
        Err(Refusal::Unavailable)
    );
    write(&path, &line("ann", "back"));
    tokio::time::sleep(LATER).await;
    ask(&authorizer, "ann", "back").await.unwrap();
}

#[tokio::test]
async fn a_missing_file_is_made_with_one_user_and_a_random_password() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/place/htpasswd");
    let authorizer = guarded(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let (user, hash) = text.split_once(':').unwrap();
    assert_eq!(user, "docker");
    assert!(hash.starts_with("$2") && hash.len() == 60, "{hash}");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert!(is_challenge(&ask(&authorizer, "docker", "docker").await));
    // It is not made again.
    Htpasswd::open(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn files_that_cannot_be_used_are_refused_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("htpasswd");
    fs::write(&path, "# one\nann:x\n\nbob\n").unwrap();
    let refused = Htpasswd::open(&path).err().unwrap();
    assert!(
        refused
            .to_string()
            .ends_with("line 4: an entry is a name, a colon and a bcrypt hash"),
        "{refused}"
    );
    fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(matches!(
        Htpasswd::open(&path).err(),
        Some(HtpasswdError::NoText { .. })
    ));
    assert!(matches!(
        Htpasswd::open(directory.path()).err(),
        Some(HtpasswdError::Io { .. })
    ));
}

/// A bcrypt of cost 12 takes a tenth of a second and more.
#[tokio::test]
async fn a_password_that_was_right_is_not_hashed_again() {
    let hash = bcrypt::hash("secret", 12).unwrap();
    let (_directory, authorizer) = opened(&format!("ann:{hash}\n"));
    let started = Instant::now();
    ask(&authorizer, "ann", "secret").await.unwrap();
    let first = started.elapsed();
    let started = Instant::now();
    for _ in 0..100 {
        ask(&authorizer, "ann", "secret").await.unwrap();
    }
    assert!(
        started.elapsed() < first,
        "{:?} {first:?}",
        started.elapsed()
    );
}

/// The shortest of several, since everything else on the machine only makes it longer.
#[tokio::test]
async fn unknown_names_take_as_long_as_known_ones() {
    let hash = bcrypt::hash("secret", 9).unwrap();
    let (_directory, authorizer) = opened(&format!("ann:{hash}\nold:{{SHA}}x\n"));
    let users = ["ann", "nobody", "old", ""];
    let mut shortest = users.map(|_| Duration::MAX);
    // In turn, so that what else the machine does is the same for each.
    for number in 0..15 {
        for (user, shortest) in users.iter().zip(&mut shortest) {
            let started = Instant::now();
            let refused = ask(&authorizer, user, &format!("wrong {number}")).await;
            *shortest = started.elapsed().min(*shortest);
            assert!(is_challenge(&refused));
        }
    }
    for (user, time) in users.iter().zip(shortest) {
        let ratio = time.as_secs_f64() / shortest[0].as_secs_f64();
        // Without a hash it would be a hundredth.
        assert!((0.4..2.5).contains(&ratio), "{user}: {ratio}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_wrong_passwords_hold_up_nobody_who_is_known() {
    let hash = bcrypt::hash("secret", 8).unwrap();
    let (_directory, authorizer) = opened(&format!("ann:{hash}\n"));
    let authorizer = Arc::new(authorizer);
    ask(&authorizer, "ann", "secret").await.unwrap();
    let mut guesses = tokio::task::JoinSet::new();
    for number in 0..1000 {
        let authorizer = Arc::clone(&authorizer);
        guesses.spawn(async move { ask(&authorizer, "ann", &number.to_string()).await });
    }
    ask(&authorizer, "ann", "secret").await.unwrap();
    let mut busy = 0;
    while let Some(guess) = guesses.join_next().await {
        let guess = guess.unwrap();
        busy += usize::from(guess == Err(Refusal::Busy));
        assert!(guess.is_err());
    }
    assert!(busy > 0, "nobody was turned away");
}
