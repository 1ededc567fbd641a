//! Every option of the table does what can be seen from outside, set in the file and set by
//! its variable; and it is not seen where the option is not set.

mod accounts;
mod acme;
mod auth;
mod azure;
mod buckets;
mod case;
mod collection;
mod edge;
mod google;
mod health;
mod http;
mod limits;
mod locks;
mod log;
mod look;
mod manifests;
mod middleware;
mod neighbours;
mod redis;
mod rules;
mod scrub;
mod server;
mod storage;
mod surroundings;
mod tls;
mod trash;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use case::{Case, Said};
use surroundings::Surroundings;

/// Options of which nothing can be seen, and why.
const UNSEEN: [(&str, &str); 2] = [
    (
        "version",
        "there is one value, and it has to be in the file",
    ),
    (
        "auth.none",
        "nobody is asked who they are without it either",
    ),
];

fn cases() -> Vec<Case> {
    let sections = [
        accounts::cases(),
        acme::cases(),
        auth::cases(),
        azure::cases(),
        buckets::cases(),
        collection::cases(),
        edge::cases(),
        google::cases(),
        health::cases(),
        http::cases(),
        limits::cases(),
        locks::cases(),
        log::cases(),
        manifests::cases(),
        middleware::cases(),
        redis::cases(),
        rules::cases(),
        scrub::cases(),
        server::cases(),
        storage::cases(),
        tls::cases(),
        trash::cases(),
    ];
    sections.into_iter().flatten().collect()
}

#[test]
fn every_option_that_works_has_its_case() {
    let table = wharf_config::table();
    let works = table.iter().filter(|row| row.works());
    let works: BTreeSet<&str> = works.map(|row| row.option.as_str()).collect();
    let cases = cases();
    let tried: BTreeSet<&str> = cases.iter().map(|case| case.option).collect();
    let unseen: BTreeSet<&str> = UNSEEN.iter().map(|(option, _)| *option).collect();
    let known: BTreeSet<&str> = &tried | &unseen;
    assert_eq!(tried.len(), cases.len(), "an option has two cases");
    assert_eq!(&tried & &unseen, BTreeSet::new(), "both tried and unseen");
    assert_eq!(&works - &known, BTreeSet::new(), "no case");
    assert_eq!(&known - &works, BTreeSet::new(), "no option that works");
}

/// `WHARF_E2E_OPTION=http.tls` tries those alone that begin so.
#[test]
fn every_option_has_an_effect_from_the_file_and_from_its_variable() {
    let only = std::env::var("WHARF_E2E_OPTION").unwrap_or_default();
    let mut cases = cases();
    cases.retain(|case| case.option.starts_with(&only));
    let variables: BTreeMap<String, String> = wharf_config::table()
        .into_iter()
        .map(|row| (row.option, row.variable))
        .collect();
    let surroundings = Surroundings::new();
    let tries: Vec<(&Case, Said)> = cases
        .iter()
        .flat_map(|case| Said::ALL.map(|said| (case, said)))
        .collect();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((case, said)) = tries.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(why) = case.run(*said, &variables[case.option], &surroundings) {
                let failure = format!("{} {said:?}: {why}", case.option);
                failures.lock().unwrap().push(failure);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Most of them wait, most of the time.
const AT_ONCE: usize = 12;
