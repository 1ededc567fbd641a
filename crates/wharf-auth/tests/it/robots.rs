//! Personal access tokens, in the place of passwords.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use wharf_auth::{
    Access, Accounts, Action, Authorizer as _, Basic, Credentials, Passwords, Refusal, Request,
    Resource, Rules, Secret, Unknown, User,
};

use crate::members::{LATER, Place, Told, check, check_from, named};

async fn later() {
    tokio::time::sleep(LATER).await;
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

#[tokio::test]
async fn a_token_lets_in_its_account_and_no_other() {
    let place = Place::new()
        .with("ann", "password of ann")
        .with("bob", "password of bob");
    let ci = User::new(None, vec!["robots".to_owned()]);
    place.directory.add_user(&named("ci"), ci).unwrap();
    let (id, token) = place.token("ci", "");
    let accounts = place.accounts();
    for _ in 0..2 {
        let account = check(&accounts, "ci", token.reveal()).await.unwrap();
        assert_eq!(
            (account.name.as_str(), account.restriction.as_ref()),
            ("ci", None)
        );
        assert_eq!(account.groups, ["robots"]);
        assert_eq!(account.credential.token_id(), Some(id.as_str()));
    }
    for user in ["ann", "bob", "", "CI", "nobody"] {
        let refused = check(&accounts, user, token.reveal()).await;
        assert_eq!(
            refused,
            Err(Unknown::Wrong),
            "the token of ci as {user}'s password"
        );
    }
}

#[tokio::test]
async fn a_token_that_is_changed_in_any_place_is_refused() {
    let place = Place::new().with("ann", "password of ann");
    let (_, token) = place.token("ann", "");
    let (_, other) = place.token("ann", "");
    let accounts = place.accounts();
    let text = token.reveal();
    for number in 0..text.len() {
        let other = if &text[number..=number] == "0" {
            "1"
        } else {
            "0"
        };
        let mut guess = text.to_owned();
        guess.replace_range(number..=number, other);
        let refused = check(&accounts, "ann", &guess).await;
        assert_eq!(refused, Err(Unknown::Wrong), "{number}");
    }
    // The id of the one, the rest of the other.
    let mixed = format!("{}{}", &text[..19], &other.reveal()[19..]);
    assert_eq!(check(&accounts, "ann", &mixed).await, Err(Unknown::Wrong));
    check(&accounts, "ann", text).await.unwrap();
}

#[tokio::test]
async fn a_revoked_token_is_refused_within_a_second() {
    let place = Place::new().with("ann", "password of ann");
    let (id, token) = place.token("ann", "");
    let accounts = place.accounts();
    let account = check(&accounts, "ann", token.reveal()).await.unwrap();
    let still = accounts.still("ann", &account.credential).await;
    assert_eq!(still.unwrap(), account);
    assert_eq!(place.directory.revoke_token(&id).unwrap().account, "ann");
    later().await;
    let refused = check(&accounts, "ann", token.reveal()).await;
    assert_eq!(refused, Err(Unknown::Wrong));
    assert_eq!(accounts.still("ann", &account.credential).await, None);
    assert!(place.directory.revoke_token(&id).is_err());
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let place = Place::new().with("ann", "password of ann");
    let (_, expired) = place.token_until("ann", "", Some(now()));
    let (_, expires) = place.token_until("ann", "", Some(now() + 2));
    let accounts = place.accounts();
    let refused = check(&accounts, "ann", expired.reveal()).await;
    assert_eq!(refused, Err(Unknown::Wrong));
    let account = check(&accounts, "ann", expires.reveal()).await.unwrap();
    // Although it is remembered and the file has not changed.
    tokio::time::sleep(2 * LATER).await;
    let refused = check(&accounts, "ann", expires.reveal()).await;
    assert_eq!(refused, Err(Unknown::Wrong));
    assert_eq!(accounts.still("ann", &account.credential).await, None);
}

#[tokio::test]
async fn the_tokens_of_a_removed_user_are_revoked() {
    let place = Place::new()
        .with("ann", "password of ann")
        .with("bob", "password of bob");
    let (_, token) = place.token("ann", "");
    let (_, other) = place.token("bob", "");
    place.token("ann", "");
    let accounts = place.accounts();
    check(&accounts, "ann", token.reveal()).await.unwrap();
    assert_eq!(place.directory.remove_user("ann").unwrap(), 2);
    // Whoever is called so later is somebody else.
    let place = place.with("ann", "password of ann");
    later().await;
    let refused = check(&accounts, "ann", token.reveal()).await;
    assert_eq!(refused, Err(Unknown::Wrong));
    check(&accounts, "bob", other.reveal()).await.unwrap();
    assert_eq!(place.directory.tokens().unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_of_an_account_of_htpasswd_lives_as_long_as_its_line() {
    let place = Place::new();
    let line = format!("ann:{}\n", bcrypt::hash("of the file", 4).unwrap());
    let accounts = place.also(Accounts::new(Some(place.htpasswd(&line))));
    let (_, token) = place.token("ann", "");
    let (_, orphan) = place.token("nobody", "");
    later().await;
    check(&accounts, "ann", token.reveal()).await.unwrap();
    let refused = check(&accounts, "nobody", orphan.reveal()).await;
    assert_eq!(refused, Err(Unknown::Wrong));
    place.htpasswd("# nobody is left\n");
    later().await;
    let refused = check(&accounts, "ann", token.reveal()).await;
    assert_eq!(refused, Err(Unknown::Wrong));
}

#[tokio::test]
async fn scopes_restrict_what_a_token_is_good_for() {
    let place = Place::new().with("ann", "password of ann");
    let (_, token) = place.token("ann", "repository:team/*:pull,push repository:base:pull");
    let (_, catalog) = place.token("ann", "registry:catalog:*");
    let authorizer = Passwords::new("r", place.accounts().into(), Rules::default());
    let ask = async |password: &Secret, resource: Resource, action: Action| {
        let credentials = Credentials::Basic(Basic {
            user: "ann".to_owned(),
            password: password.clone(),
        });
        let needs = [Access {
            resource,
            actions: action.into(),
        }];
        let asked = authorizer
            .authorize(&Request::new(&credentials, &needs))
            .await;
        match asked {
            Ok(identity) => identity.account == "ann",
            Err(Refusal::Denied(_)) => false,
            Err(other) => panic!("{other:?}"),
        }
    };
    let repository = |name: &str| Resource::Repository(name.parse().unwrap());
    for (name, action, is_allowed) in [
        ("team/app", Action::Pull, true),
        ("team/app", Action::Push, true),
        ("team/app", Action::Delete, false),
        ("team/app/deep", Action::Pull, false),
        ("team", Action::Pull, false),
        ("teams/app", Action::Pull, false),
        ("base", Action::Pull, true),
        ("base", Action::Push, false),
        ("other", Action::Pull, false),
    ] {
        let allowed = ask(&token, repository(name), action).await;
        assert_eq!(allowed, is_allowed, "{action} {name}");
    }
    assert!(!ask(&token, Resource::Catalog, Action::All).await);
    assert!(ask(&catalog, Resource::Catalog, Action::All).await);
    assert!(!ask(&catalog, repository("base"), Action::Pull).await);
    let password = Secret::new("password of ann");
    assert!(ask(&password, repository("other"), Action::Delete).await);
}

#[tokio::test]
async fn the_last_use_is_written_down_and_not_the_token() {
    let (place, told) = (Place::new().with("ann", "password of ann"), Told::default());
    let (id, token) = place.token("ann", "");
    let (gone, revoked) = place.token("ann", "");
    place.token("ann", "");
    let accounts = place.limited(1, &told);
    for token in [&token, &token, &revoked] {
        let checked = check_from(&accounts, "ann", token.reveal(), "2001:db8::1").await;
        checked.unwrap();
    }
    assert!(
        place.directory.uses().unwrap().is_empty(),
        "written by a request"
    );
    place.directory.revoke_token(&gone).unwrap();
    accounts.write_uses().await;
    let uses = place.directory.uses().unwrap();
    assert_eq!(uses.keys().collect::<Vec<_>>(), [&id]);
    assert_eq!(uses[&id].address, Some("2001:db8::1".parse().unwrap()));
    assert!(now() - uses[&id].time < 60);
    for file in ["tokens.json", "uses.json"] {
        let text = fs::read_to_string(place.path().join(file)).unwrap();
        assert!(!text.contains(&token.reveal()[19..]), "{text}");
    }
    // Once for each, and not for each request.
    let logins = [&id, &gone].map(|id| format!("ann, token {id}: true, they belong together"));
    assert_eq!(told.all(), logins);
}

#[tokio::test]
async fn scopes_that_nobody_understands_let_nobody_in() {
    let place = Place::new().with("ann", "password of ann");
    place.token("ann", "repository:a:pull");
    let path = place.path().join("tokens.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        text.replace("repository:a:pull", "repository:a:read"),
    )
    .unwrap();
    let refused = Accounts::new(None).with_directory(place.directory.clone());
    let told = refused.err().unwrap().to_string();
    assert!(told.contains("write repository:PATTERN:ACTIONS"), "{told}");
}
