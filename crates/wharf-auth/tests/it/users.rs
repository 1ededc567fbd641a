//! Users of `wharfinger.auth.directory`, while it changes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Instant;

use argon2::Params;
use wharf_auth::{
    Account, Accounts, Directory, DirectoryError, PasswordHash, Secret, Unknown, User,
};

use crate::members::{LATER, Place, Told, cheap, check, hash, named};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn later() {
    tokio::time::sleep(LATER).await;
}

#[tokio::test]
async fn users_are_let_in_with_their_groups_and_nobody_else_is() {
    let place = Place::new().with("ann", "password of ann");
    let bob = User::new(Some(cheap("password of bob")), vec!["team".to_owned()]);
    place.directory.add_user(&named("bob"), bob).unwrap();
    let ci = User::new(None, Vec::new());
    place.directory.add_user(&named("ci"), ci).unwrap();
    let accounts = place.accounts();
    for _ in 0..2 {
        let bob = check(&accounts, "bob", "password of bob").await.unwrap();
        assert_eq!(
            (bob.name.as_str(), &*bob.groups),
            ("bob", &["team".to_owned()][..])
        );
        assert_eq!(bob.restriction, None);
        check(&accounts, "ann", "password of ann").await.unwrap();
        for (user, password) in [
            ("ann", "password of bob"),
            ("ann", ""),
            ("Ann", "password of ann"),
            ("ci", ""),
            ("ci", "password of ann"),
            ("", ""),
            ("nobody", "password of ann"),
            ("ann", &"x".repeat(1 << 20)),
        ] {
            let refused = check(&accounts, user, password).await;
            assert_eq!(refused, Err(Unknown::Wrong), "{user}");
        }
    }
}

#[tokio::test]
async fn a_user_wins_over_a_line_of_htpasswd_with_the_same_name() {
    let place = Place::new().with("ann", "of the directory");
    let without = User::new(None, Vec::new());
    place.directory.add_user(&named("ci"), without).unwrap();
    let line = |user: &str| format!("{user}:{}\n", bcrypt::hash("of the file", 4).unwrap());
    let file = place.htpasswd(&["ann", "ci", "old"].map(line).concat());
    let accounts = place.also(Accounts::new(Some(file)));
    check(&accounts, "ann", "of the directory").await.unwrap();
    check(&accounts, "old", "of the file").await.unwrap();
    for (user, password) in [
        ("ann", "of the file"),
        ("ci", "of the file"),
        ("old", "of the directory"),
    ] {
        let refused = check(&accounts, user, password).await;
        assert_eq!(refused, Err(Unknown::Wrong), "{user}");
    }
}

#[tokio::test]
async fn changes_hold_within_a_second() {
    let place = Place::new().with("ann", "first password");
    let accounts = place.accounts();
    check(&accounts, "ann", "first password").await.unwrap();
    place.change_password("ann", "second password");
    let bob = User::new(Some(cheap("password of bob")), Vec::new());
    place.directory.add_user(&named("bob"), bob).unwrap();
    later().await;
    let refused = check(&accounts, "ann", "first password").await;
    assert_eq!(refused, Err(Unknown::Wrong));
    check(&accounts, "ann", "second password").await.unwrap();
    check(&accounts, "bob", "password of bob").await.unwrap();
    place.directory.remove_user("bob").unwrap();
    later().await;
    let refused = check(&accounts, "bob", "password of bob").await;
    assert_eq!(refused, Err(Unknown::Wrong));
}

#[tokio::test]
async fn a_changed_password_voids_what_was_made_with_the_old_one() {
    let place = Place::new().with("ann", "first password");
    let line = format!("bob:{}\n", bcrypt::hash("of the file", 4).unwrap());
    let accounts = place.also(Accounts::new(Some(place.htpasswd(&line))));
    let ann = check(&accounts, "ann", "first password").await.unwrap();
    let bob = check(&accounts, "bob", "of the file").await.unwrap();
    for account in [&ann, &bob] {
        let still = accounts.still(&account.name, &account.credential).await;
        assert_eq!(still.as_ref(), Some(account));
    }
    assert_eq!(accounts.still("bob", &ann.credential).await, None);
    assert_eq!(accounts.still("nobody", &ann.credential).await, None);
    let nobodys = Account::default().credential;
    assert_eq!(accounts.still("ann", &nobodys).await, None);

    // Groups change, and what was made stays; the password changes, and it does not.
    let change = |user: &mut User| user.groups.push("team".to_owned());
    place.directory.change_user("ann", change).unwrap();
    later().await;
    let still = accounts.still("ann", &ann.credential).await.unwrap();
    assert_eq!(still.groups, ["team"]);
    place.change_password("ann", "first password!");
    place.htpasswd(&line.replace("bob:", "carl:"));
    later().await;
    assert_eq!(accounts.still("ann", &ann.credential).await, None);
    assert_eq!(accounts.still("bob", &bob.credential).await, None);
}

#[tokio::test]
async fn a_mistake_leaves_in_force_what_was_read_and_without_the_file_nobody_is_let_in() {
    let place = Place::new().with("ann", "password of ann");
    let accounts = place.accounts();
    check(&accounts, "ann", "password of ann").await.unwrap();
    let path = place.path().join("users.json");
    let text = fs::read_to_string(&path).unwrap();
    for mistake in [
        "",
        "{",
        r#"{"version": 1}"#,
        r#"{"version": 2, "entries": {}}"#,
    ] {
        fs::write(&path, mistake).unwrap();
        later().await;
        check(&accounts, "ann", "password of ann").await.unwrap();
    }
    fs::remove_file(&path).unwrap();
    later().await;
    let refused = check(&accounts, "ann", "password of ann").await;
    assert_eq!(refused, Err(Unknown::Wrong));
    fs::create_dir(&path).unwrap();
    later().await;
    let refused = check(&accounts, "ann", "password of ann").await;
    assert_eq!(refused, Err(Unknown::Unavailable));
    fs::remove_dir(&path).unwrap();
    fs::write(&path, text).unwrap();
    later().await;
    check(&accounts, "ann", "password of ann").await.unwrap();
}

#[test]
fn only_the_owner_can_read_what_is_kept() {
    let place = Place::new().with("ann", "password of ann");
    place.token("ann", "");
    let files = fs::read_dir(place.path()).unwrap();
    let names: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    for name in names {
        assert_eq!(mode(&name), 0o600, "{}", name.display());
    }
    assert_eq!(mode(place.path()), 0o700);
    assert!(!place.directory.is_open_to_others().unwrap());
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o750)).unwrap();
    assert!(place.directory.is_open_to_others().unwrap());
}

#[test]
fn passwords_are_not_kept() {
    let place = Place::new();
    let password = Secret::new("correct horse");
    let hash = PasswordHash::of(&password).unwrap();
    let user = User::new(Some(hash), Vec::new());
    assert!(!format!("{user:?}").contains("argon2"));
    place.directory.add_user(&named("ann"), user).unwrap();
    let text = fs::read_to_string(place.path().join("users.json")).unwrap();
    assert!(text.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "{text}");
    assert!(!text.contains("correct"), "{text}");
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let place = Place::new();
    let newer = r#"{"version": 2, "users": {"ann": {"passkeys": []}}}"#;
    let path = place.path().join("users.json");
    fs::write(&path, newer).unwrap();
    let user = User::new(None, Vec::new());
    let refused = place.directory.add_user(&named("bob"), user).unwrap_err();
    assert!(
        matches!(refused, DirectoryError::Newer { version: 2, .. }),
        "{refused}"
    );
    assert!(place.directory.remove_user("ann").is_err());
    assert!(
        Accounts::new(None)
            .with_directory(place.directory.clone())
            .is_err()
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), newer);
}

#[test]
fn names_are_taken_once() {
    let place = Place::new().with("ann", "password of ann");
    let again = User::new(None, Vec::new());
    let refused = place.directory.add_user(&named("ann"), again).unwrap_err();
    assert!(
        refused.to_string().contains("wharf user passwd ann"),
        "{refused}"
    );
    assert!(place.directory.users().unwrap()["ann"].password.is_some());
    let refused = place.directory.remove_user("bob").unwrap_err();
    assert!(refused.to_string().contains("wharf user list"), "{refused}");
}

/// The new file is written beside the old one, and takes its place when it is whole.
#[test]
fn a_power_cut_before_the_rename_leaves_the_old_file() {
    let place = Place::new().with("ann", "password of ann");
    let half = place.path().join("users.json.new");
    fs::write(&half, r#"{"version": 1, "entr"#).unwrap();
    fs::set_permissions(&half, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(place.directory.users().unwrap().len(), 1);
    let user = User::new(None, Vec::new());
    place.directory.add_user(&named("bob"), user).unwrap();
    assert_eq!(place.directory.users().unwrap().len(), 2);
    assert!(!half.exists());
    assert_eq!(mode(&place.path().join("users.json")), 0o600);
}

/// As the commands and a server do, each with a directory of its own.
#[test]
fn changes_at_the_same_time_are_all_kept() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = place.path();
            scope.spawn(move || {
                let directory = Directory::create(path).unwrap();
                for number in 0..5 {
                    let name = named(&format!("user-{writer}-{number}"));
                    directory
                        .add_user(&name, User::new(None, Vec::new()))
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(place.directory.users().unwrap().len(), 40);
}

#[tokio::test]
async fn logins_are_told_once_and_passwords_never() {
    let (place, told) = (Place::new().with("ann", "password of ann"), Told::default());
    let accounts = place.limited(2, &told);
    for _ in 0..3 {
        check(&accounts, "ann", "password of ann").await.unwrap();
    }
    check(&accounts, "bob", "a wrong one").await.unwrap_err();
    insta::assert_snapshot!(told.all().join("\n"), @r"
    ann, password: true, they belong together
    bob, password: false, a name and a password that do not belong together
    ");
}

/// Medians of attempts made in turn; that they are of the same order is what is asked for,
/// since everything else on the machine makes some of them longer.
#[tokio::test]
async fn unknown_names_take_as_long_as_known_ones_of_either_kind() {
    let place = Place::new();
    let expensive = hash("password of ann", Params::new(4096, 2, 1, None).unwrap());
    let ann = User::new(Some(expensive), Vec::new());
    place.directory.add_user(&named("ann"), ann).unwrap();
    let ci = User::new(None, Vec::new());
    place.directory.add_user(&named("ci"), ci).unwrap();
    let line = format!("old:{}\n", bcrypt::hash("of the file", 7).unwrap());
    let accounts = place.also(Accounts::new(Some(place.htpasswd(&line))));
    let names = ["ann", "old", "ci", "nobody"];
    let mut times = names.map(|_| Vec::new());
    for number in 0..21 {
        for (name, times) in names.iter().zip(&mut times) {
            let started = Instant::now();
            let refused = check(&accounts, name, &format!("wrong {number}")).await;
            times.push(started.elapsed());
            assert_eq!(refused, Err(Unknown::Wrong));
        }
    }
    let medians = times.map(|mut times| {
        times.sort();
        times[10].as_secs_f64()
    });
    for (name, median) in names.iter().zip(medians) {
        let ratio = median / medians[0];
        assert!((0.7..1.4).contains(&ratio), "{name}: {ratio}");
    }
}
