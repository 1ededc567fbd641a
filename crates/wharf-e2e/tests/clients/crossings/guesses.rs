//! A thousand wrong passwords: they are answered, few of them are looked at, and those who have
//! the right one are let in.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::http::Answer;

use super::{basic, issuing, known};

const GUESSES: usize = 1000;
const AT_A_TIME: usize = 8;
/// As by default.
const LIMIT: usize = 20;

/// Whoever asks says where they are: 127.0.0.1 is a proxy.
fn start(configuration: Configuration) -> Configured {
    configuration
        .set("wharfinger.auth.limits.logins.failures", json!(LIMIT))
        .set("wharfinger.auth.proxies", json!(["127.0.0.1"]))
        .start()
}

fn ask(server: &Configured, path: &str, who: (&str, &str), address: &str) -> Answer {
    let http = server.http();
    let call = http.get(path).header("X-Forwarded-For", address);
    call.header("Authorization", &basic(who.0, who.1)).send()
}

/// Guesses ann's password, from one address, and looks at who gets in at the same time.
fn attack(server: &Configured, path: &str) {
    let at = |who: (&str, &str), address: &str| ask(server, path, who, address).status;
    // They are remembered, or known to come from there.
    assert_eq!(at(("ann", "secret"), "192.0.2.1"), 200);
    assert_eq!(at(("carl", "secret"), "198.51.100.66"), 200);

    let (next, looked_at) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= GUESSES {
                        return;
                    }
                    if number == GUESSES / 10 {
                        // Even from there, what was right a moment ago is let in.
                        assert_eq!(at(("ann", "secret"), "198.51.100.66"), 200);
                        assert_eq!(at(("carl", "secret"), "198.51.100.66"), 200);
                    }
                    let guess = format!("guess {number}");
                    let answer = ask(server, path, ("ann", &guess), "198.51.100.66");
                    match answer.status {
                        401 => _ = looked_at.fetch_add(1, Ordering::Relaxed),
                        429 => {
                            let wait: u64 = answer.header("retry-after").parse().unwrap();
                            assert!((1..=300).contains(&wait), "{wait}");
                            let code = &answer.json()["errors"][0]["code"];
                            assert_eq!(code, "TOOMANYREQUESTS");
                        }
                        _ => panic!("{answer:#?}"),
                    }
                }
            });
        }
    });
    let looked_at = looked_at.into_inner();
    // Those that had their turn at the same time.
    let most = LIMIT + thread::available_parallelism().unwrap().get();
    assert!((LIMIT..=most).contains(&looked_at), "{looked_at}");
    assert!(start.elapsed() < Duration::from_secs(120));

    // From there, what is right is not looked at either.
    assert_eq!(at(("bob", "secret"), "198.51.100.66"), 429);
    // Elsewhere, everybody is let in, and may make a mistake.
    assert_eq!(at(("ann", "secret"), "192.0.2.1"), 200);
    assert_eq!(at(("bob", "guessed"), "192.0.2.2"), 401);
    assert_eq!(at(("bob", "secret"), "192.0.2.2"), 200);
    assert_eq!(at(("admin", "secret"), "2001:db8::1"), 200);
    let log = server.log();
    assert!(!log.contains("guess 1"), "{log}");
}

#[test]
fn attack_a_thousand_wrong_passwords_for_a_token() {
    let (configuration, _files) = issuing();
    let server = start(configuration);
    attack(&server, "/auth/token?scope=repository:a:pull");
}

#[test]
fn attack_a_thousand_wrong_passwords_for_the_registry() {
    let (configuration, _files) = known();
    attack(&start(configuration), "/v2/");
}

/// Whoever guesses from everywhere is stopped for that account, but its owner, where they
/// always are, is not.
#[test]
fn attack_a_thousand_wrong_passwords_from_everywhere() {
    let (configuration, _files) = issuing();
    let server = start(configuration);
    let path = "/auth/token";
    let home = "192.0.2.1";
    assert_eq!(ask(&server, path, ("ann", "secret"), home).status, 200);
    let statuses: Vec<_> = (0..GUESSES)
        .map(|number| {
            let address = format!("10.{}.{}.1", number / 250, number % 250);
            ask(&server, path, ("ann", &format!("guess {number}")), &address).status
        })
        .collect();
    let looked_at = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!(looked_at, 10 * LIMIT);
    assert!(statuses[10 * LIMIT..].iter().all(|status| *status == 429));
    assert_eq!(ask(&server, path, ("ann", "a mistake"), home).status, 401);
    assert_eq!(ask(&server, path, ("ann", "secret"), home).status, 200);
    assert_eq!(
        ask(&server, path, ("bob", "secret"), "203.0.113.1").status,
        200
    );
}
