//! What an audit log is told of who was let in, and who was not.

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_auth::{
    Accounts, Action, Actions, Authorizer, Credentials, Identity, Passwords, Refusal, Request,
    Rules, Secret,
};

use crate::members::Place;
use crate::token::fixtures::{but, repository};
use crate::token::signer::{Kind, Signer, trusted};

async fn ask(
    authorizer: &impl Authorizer,
    credentials: &Credentials,
    actions: Actions,
    is_explained: bool,
) -> Result<Identity, Refusal> {
    let needs = [repository("a/b", actions)];
    let request = Request {
        is_explained,
        ..Request::new(credentials, &needs)
    };
    authorizer.authorize(&request).await
}

fn ann(password: &str) -> Credentials {
    Credentials::Basic(wharf_auth::Basic {
        user: "ann".to_owned(),
        password: Secret::new(password),
    })
}

fn passwords(place: &Place) -> Passwords {
    let accounts: Accounts = place.accounts();
    Passwords::new("r", Arc::new(accounts), Rules::default())
}

#[tokio::test]
async fn whoever_shows_a_password_is_let_in_by_the_rules() {
    let place = Place::new().with("ann", "password of ann");
    let authorizer = passwords(&place);
    for (is_explained, because) in [(true, Some("there are no rules")), (false, None)] {
        let credentials = ann("password of ann");
        let asked = ask(&authorizer, &credentials, Action::Push.into(), is_explained);
        assert_eq!(asked.await.unwrap().because.as_deref(), because);
    }
}

#[tokio::test]
async fn the_rule_that_denies_strangers_is_named() {
    let place = Place::new().with("ann", "password of ann");
    let authorizer = passwords(&place);
    let asked = ask(&authorizer, &Credentials::None, Action::Pull.into(), false);
    let Err(Refusal::Challenge { why, account, .. }) = asked.await else {
        panic!("no challenge");
    };
    let expected = "no name and password, and to strangers: there are no rules";
    assert_eq!((&*why, account), (expected, None));
}

/// By its number, whatever that is: others than we may have made it.
#[tokio::test]
async fn whoever_shows_a_token_is_let_in_by_it() {
    let (signer, door) = trusted(Kind::P256);
    for (jti, because) in [
        (json!("one"), "token one"),
        (json!(7), "a token without a jti"),
        (json!({}), "a token without a jti"),
        (Value::Null, "a token without a jti"),
    ] {
        let token = Secret::new(signer.sign(json!({"kid": signer.thumbprint()}), &but("jti", jti)));
        let credentials = Credentials::Bearer(token);
        for is_explained in [true, false] {
            let asked = ask(&door.token, &credentials, Action::Pull.into(), is_explained);
            let expected = is_explained.then_some(because);
            assert_eq!(asked.await.unwrap().because.as_deref(), expected);
        }
    }
}

#[tokio::test]
async fn whose_token_is_for_something_else_is_named_and_whose_is_forged_is_not() {
    let (signer, door) = trusted(Kind::P256);
    let right = signer.sign(
        json!({"kid": signer.thumbprint()}),
        &but("jti", json!("one")),
    );
    let forged = Signer::new(Kind::P256).sign(
        json!({"kid": signer.thumbprint()}),
        &but("jti", json!("one")),
    );
    for (token, expected) in [(right, Some("somebody")), (forged, None)] {
        let credentials = Credentials::Bearer(Secret::new(token));
        let asked = ask(&door.token, &credentials, Action::Delete.into(), false);
        let Err(Refusal::Challenge { account, .. }) = asked.await else {
            panic!("no challenge");
        };
        assert_eq!(account.as_deref(), expected);
    }
}
