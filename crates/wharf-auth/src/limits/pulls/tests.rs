use super::*;

fn limit(pulls: u32, seconds: u64) -> PullLimit {
    PullLimit {
        pulls,
        interval: Duration::from_secs(seconds),
    }
}

fn of(account: &str) -> Identity {
    Identity {
        account: account.to_owned(),
        ..Identity::default()
    }
}

fn at(address: &str) -> Option<IpAddr> {
    Some(address.parse().unwrap())
}

/// How many pulls in a row are allowed.
fn allowed(pulls: &Pulls, identity: &Identity, address: Option<IpAddr>) -> usize {
    (0..50)
        .take_while(|_| {
            let quota = pulls.quota(identity, address);
            quota.is_none_or(|quota| quota.pull().is_ok())
        })
        .count()
}

#[tokio::test(start_paused = true)]
async fn a_window_begins_with_its_first_pull_and_ends_after_the_interval() {
    let pulls = Pulls::new(limit(3, 60), limit(0, 60));
    let ann = of("ann");
    let quota = pulls.quota(&ann, None).unwrap();
    assert_eq!(quota.standing().remaining, 3);
    for remaining in [2, 1, 0] {
        let expected = Standing {
            limit: limit(3, 60),
            remaining,
        };
        assert_eq!(quota.pull(), Ok(expected));
        // To look costs nothing.
        assert_eq!(quota.standing(), expected);
        tokio::time::advance(Duration::from_secs(10)).await;
    }
    let exhausted = |seconds| {
        Err(Exhausted {
            limit: limit(3, 60),
            wait: Duration::from_secs(seconds),
        })
    };
    assert_eq!(quota.pull(), exhausted(30));
    tokio::time::advance(Duration::from_millis(29_999)).await;
    assert!(quota.pull().is_err());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(quota.standing().remaining, 3);
    assert_eq!(quota.pull().map(|it| it.remaining), Ok(2));
}

#[test]
fn accounts_are_counted_wherever_they_are_and_strangers_by_address() {
    let pulls = Pulls::new(limit(3, 60), limit(2, 60));
    assert_eq!(allowed(&pulls, &of("ann"), at("192.0.2.1")), 3);
    assert_eq!(allowed(&pulls, &of("ann"), at("192.0.2.2")), 0);
    assert_eq!(allowed(&pulls, &of("bob"), at("192.0.2.1")), 3);
    assert_eq!(allowed(&pulls, &of(""), at("192.0.2.1")), 2);
    assert_eq!(allowed(&pulls, &of(""), at("::ffff:192.0.2.1")), 0);
    assert_eq!(allowed(&pulls, &of(""), at("192.0.2.2")), 2);
    // An account that is called like an address is no address.
    assert_eq!(allowed(&pulls, &of("192.0.2.1"), at("192.0.2.1")), 3);
    assert_eq!(allowed(&pulls, &of(""), None), 2);
    assert_eq!(allowed(&pulls, &of(""), None), 0);
}

#[test]
fn attack_many_addresses_of_one_ipv6_network_are_one() {
    let pulls = Pulls::new(limit(0, 60), limit(2, 60));
    assert_eq!(allowed(&pulls, &of(""), at("2001:db8::1")), 2);
    assert_eq!(allowed(&pulls, &of(""), at("2001:db8::2:3:4:5")), 0);
    assert_eq!(allowed(&pulls, &of(""), at("2001:db8:0:1::1")), 2);
}

#[test]
fn a_tokens_limit_comes_before_the_configured_one() {
    let pulls = Pulls::new(limit(3, 60), limit(2, 60));
    let with = |account: &str, limit| Identity {
        account: account.to_owned(),
        pulls: Some(limit),
        ..Identity::default()
    };
    assert_eq!(allowed(&pulls, &with("ann", limit(5, 60)), None), 5);
    assert_eq!(allowed(&pulls, &with("ann", limit(3, 61)), None), 3);
    assert_eq!(allowed(&pulls, &with("bob", limit(0, 60)), None), 50);
    // A limit that shrinks holds for what was pulled before.
    assert_eq!(allowed(&pulls, &with("ann", limit(4, 60)), None), 0);
    let none = Pulls::default();
    assert_eq!(allowed(&none, &with("", limit(4, 60)), at("::1")), 4);
}

#[test]
fn without_limits_nothing_is_counted_or_kept() {
    let pulls = Pulls::new(limit(0, 60), limit(0, 60));
    assert_eq!(allowed(&pulls, &of("ann"), at("::1")), 50);
    assert_eq!(allowed(&pulls, &of(""), at("::1")), 50);
    assert!(pulls.windows.get().is_none());
}

#[test]
fn attack_windows_do_not_grow_without_end() {
    let pulls = Pulls::new(limit(0, 60), limit(2, 60));
    for number in 0..3 * u32::try_from(WINDOWS).unwrap() {
        let address = IpAddr::V4(number.into());
        let quota = pulls.quota(&of(""), Some(address)).unwrap();
        assert!(quota.pull().is_ok());
    }
    assert!(pulls.windows().len() <= WINDOWS + WINDOWS / 10);
    let endless = Pulls::new(limit(1, u64::MAX), limit(0, 1));
    assert_eq!(allowed(&endless, &of("ann"), None), 1);
}

#[test]
fn attack_pulls_at_once_do_not_share_the_last_one() {
    let pulls = Pulls::new(limit(100, 60), limit(0, 60));
    let ann = of("ann");
    let taken: usize = std::thread::scope(|scope| {
        let pull = || {
            let quota = pulls.quota(&ann, None).unwrap();
            (0..50).filter(|_| quota.pull().is_ok()).count()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(pull)).collect();
        threads.into_iter().map(|it| it.join().unwrap()).sum()
    });
    assert_eq!(taken, 100);
}
