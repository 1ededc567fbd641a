//! A thousand wrong passwords.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use wharf_auth::Unknown;

use crate::members::{Place, Told, check, check_from};

/// How many of them were looked at.
fn hashed(told: &Told) -> usize {
    let told = told.all();
    let looked_at = told
        .iter()
        .filter(|line| line.contains("do not belong together"));
    looked_at.count()
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_wrong_passwords_twenty_are_hashed() {
    let (place, told) = (Place::new().with("ann", "password of ann"), Told::default());
    let (_, token) = place.token("ann", "");
    let accounts = place.limited(20, &told);
    check(&accounts, "ann", "password of ann").await.unwrap();
    for number in 0..1000 {
        let refused = check(&accounts, "ann", &format!("guess {number}")).await;
        let refused = refused.unwrap_err();
        assert_eq!(
            refused == Unknown::Wrong,
            number < 20,
            "{number}: {refused:?}"
        );
    }
    assert_eq!(hashed(&told), 20);
    let refused = check(&accounts, "bob", "password of ann")
        .await
        .unwrap_err();
    let Unknown::Throttled(wait) = refused else {
        panic!("{refused:?}");
    };
    assert!(wait <= Duration::from_secs(300));
    // What is known to be right costs nothing, and tells nothing.
    check(&accounts, "ann", "password of ann").await.unwrap();
    check(&accounts, "ann", token.reveal()).await.unwrap();
    check_from(&accounts, "ann", "password of ann", "192.0.2.2")
        .await
        .unwrap();

    tokio::time::advance(wait).await;
    check(&accounts, "ann", "password of ann").await.unwrap();
    let refused = check(&accounts, "ann", "guess").await;
    assert_eq!(refused, Err(Unknown::Wrong));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_at_the_same_time_are_no_way_around_it() {
    let (place, told) = (Place::new().with("ann", "password of ann"), Told::default());
    let accounts = Arc::new(place.limited(20, &told));
    let mut guesses = JoinSet::new();
    for number in 0..1000 {
        let accounts = Arc::clone(&accounts);
        guesses.spawn(async move { check(&accounts, "ann", &format!("guess {number}")).await });
    }
    while let Some(guess) = guesses.join_next().await {
        assert!(guess.unwrap().is_err());
    }
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!(
        (1..20 + cores).contains(&hashed(&told)),
        "{}",
        hashed(&told)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_up_is_no_way_around_it() {
    let (place, told) = (Place::new().with("ann", "password of ann"), Told::default());
    let accounts = place.limited(20, &told);
    for number in 0..1000 {
        let guess = format!("guess {number}");
        let guess = check(&accounts, "ann", &guess);
        _ = tokio::time::timeout(Duration::from_micros(50), guess).await;
    }
    let refused = check(&accounts, "ann", "guess").await;
    assert!(matches!(refused, Err(Unknown::Throttled(_))), "{refused:?}");
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!(hashed(&told) < 20 + cores, "{}", hashed(&told));
}

#[tokio::test]
async fn wrong_tokens_do_not_count() {
    let (place, told) = (Place::new().with("ann", "password of ann"), Told::default());
    let (id, token) = place.token("ann", "");
    place.directory.revoke_token(&id).unwrap();
    let accounts = place.limited(3, &told);
    for _ in 0..100 {
        let refused = check(&accounts, "ann", token.reveal()).await;
        assert_eq!(refused, Err(Unknown::Wrong));
    }
    check(&accounts, "ann", "password of ann").await.unwrap();
}
