//! How many wrong passwords are answered.

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quick_cache::unsync::Cache;
use tokio::time::Instant;

use crate::network::network;

/// So many wrong passwords in a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LoginLimit {
    /// From one address, and for one account where no address is known. 0 for any number.
    pub failures: u32,
    /// In which time, from the first of them on.
    pub interval: Duration,
}

/// Counts wrong passwords, and makes those wait who had too many.
///
/// Each address (of IPv6, each network of 64 bits, since who has one has all of it) has its
/// number; so one guesser, whatever names it tries, is soon stopped, and nobody at another
/// address is. Each account has ten times that number from all addresses together, so that many
/// guessers are stopped too; not the same number, since whoever knows a name could then keep its
/// owner out from afar, by twenty wrong passwords now and then. And where an account was let in
/// from an address before, only that address's number counts: owners get in from where they
/// always are, however many others try. Where no address is known, on a unix socket, an account
/// has the number of an address.
///
/// What is counted are passwords that were hashed: not one that is remembered, and no token,
/// which is too long to be guessed. A failure ends with its time; a success forgives nothing,
/// since one account of the guesser's own would forgive all.
///
/// It holds keyed hashes of a fixed size, a bounded number of them: nobody fills memory with
/// names, or finds two that are counted as one.
pub(crate) struct Throttle {
    limit: Option<LoginLimit>,
    hasher: RandomState,
    counters: Mutex<Cache<u64, Counter>>,
    /// Where accounts were let in.
    homes: Mutex<Cache<u64, ()>>,
}

#[derive(Clone, Copy)]
struct Counter {
    since: Instant,
    failures: u32,
}

#[derive(Hash)]
enum Counted<'a> {
    Address(IpAddr),
    Account(&'a str),
    Home(&'a str, Option<IpAddr>),
}

// === impl Throttle ===

impl Throttle {
    /// `None` counts nothing.
    pub(crate) fn new(limit: Option<LoginLimit>) -> Self {
        Self {
            limit: limit.filter(|limit| limit.failures > 0 && !limit.interval.is_zero()),
            hasher: RandomState::new(),
            counters: Mutex::new(Cache::new(COUNTERS)),
            homes: Mutex::new(Cache::new(COUNTERS)),
        }
    }

    /// How long somebody has to wait before their next password is looked at.
    pub(crate) fn wait(&self, account: &str, address: Option<IpAddr>) -> Option<Duration> {
        let limit = self.limit?;
        let address = address.map(network);
        let counters = lock(&self.counters);
        let wait = |key: Counted<'_>, most: u32| {
            let counter = counters.peek(&self.key(&key))?;
            let rest = limit.interval.checked_sub(counter.since.elapsed())?;
            (counter.failures >= most && !rest.is_zero()).then_some(rest)
        };
        let Some(address) = address else {
            return wait(Counted::Account(account), limit.failures);
        };
        let by_address = wait(Counted::Address(address), limit.failures);
        let home = self.key(&Counted::Home(account, Some(address)));
        if lock(&self.homes).peek(&home).is_some() {
            return by_address;
        }
        let most = limit.failures.saturating_mul(ADDRESSES);
        by_address.max(wait(Counted::Account(account), most))
    }

    /// A password was wrong.
    pub(crate) fn failed(&self, account: &str, address: Option<IpAddr>) {
        let Some(limit) = self.limit else {
            return;
        };
        let address = address.map(|address| Counted::Address(network(address)));
        let mut counters = lock(&self.counters);
        for key in [Some(Counted::Account(account)), address]
            .into_iter()
            .flatten()
        {
            let key = self.key(&key);
            let counter = counters.peek(&key).copied();
            let counter = counter.filter(|counter| counter.since.elapsed() < limit.interval);
            let counter = counter.unwrap_or_else(|| Counter {
                since: Instant::now(),
                failures: 0,
            });
            let failures = counter.failures.saturating_add(1);
            counters.insert(
                key,
                Counter {
                    failures,
                    ..counter
                },
            );
        }
    }

    /// A password was right.
    pub(crate) fn succeeded(&self, account: &str, address: Option<IpAddr>) {
        if self.limit.is_some() && address.is_some() {
            let home = self.key(&Counted::Home(account, address.map(network)));
            lock(&self.homes).insert(home, ());
        }
    }

    fn key(&self, counted: &Counted<'_>) -> u64 {
        self.hasher.hash_one(counted)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A counter that is a little wrong is better than none.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counters that are kept, of 48 bytes each: those of who comes again stay.
const COUNTERS: usize = 16_384;
/// As many addresses as may fail at one account, each as often as it can.
const ADDRESSES: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn throttle(failures: u32) -> Throttle {
        Throttle::new(Some(LoginLimit {
            failures,
            interval: MINUTE,
        }))
    }

    fn at(address: &str) -> Option<IpAddr> {
        Some(address.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_waits_for_the_rest_of_the_time_whatever_names_it_tries() {
        let throttle = throttle(3);
        for name in ["a", "b", "c"] {
            assert_eq!(throttle.wait(name, at("192.0.2.1")), None);
            throttle.failed(name, at("192.0.2.1"));
        }
        tokio::time::advance(MINUTE / 4).await;
        assert_eq!(throttle.wait("d", at("192.0.2.1")), Some(MINUTE * 3 / 4));
        assert_eq!(
            throttle.wait("d", at("::ffff:192.0.2.1")),
            Some(MINUTE * 3 / 4)
        );
        assert_eq!(throttle.wait("d", at("192.0.2.2")), None);
        tokio::time::advance(MINUTE * 3 / 4).await;
        assert_eq!(throttle.wait("d", at("192.0.2.1")), None);
        throttle.failed("d", at("192.0.2.1"));
        assert_eq!(throttle.wait("d", at("192.0.2.1")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_of_ipv6_is_one_address() {
        let throttle = throttle(2);
        throttle.failed("a", at("2001:db8::1"));
        throttle.failed("a", at("2001:db8::ffff:2"));
        assert_eq!(throttle.wait("a", at("2001:db8::3")), Some(MINUTE));
        assert_eq!(throttle.wait("a", at("2001:db8:0:1::3")), None);
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_stop_at_an_account_but_not_its_owner_at_home() {
        let throttle = throttle(2);
        throttle.succeeded("ann", at("192.0.2.1"));
        for number in 0..20 {
            let address = at(&format!("198.51.100.{number}"));
            assert_eq!(throttle.wait("ann", address), None, "{number}");
            throttle.failed("ann", address);
        }
        assert_eq!(throttle.wait("ann", at("203.0.113.1")), Some(MINUTE));
        assert_eq!(throttle.wait("bob", at("203.0.113.1")), None);
        assert_eq!(throttle.wait("ann", at("192.0.2.1")), None);
        // There, their own failures count.
        throttle.failed("ann", at("192.0.2.1"));
        throttle.failed("ann", at("192.0.2.1"));
        assert_eq!(throttle.wait("ann", at("192.0.2.1")), Some(MINUTE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_forgives_nothing() {
        let throttle = throttle(2);
        throttle.failed("ann", at("192.0.2.1"));
        throttle.succeeded("own", at("192.0.2.1"));
        throttle.failed("ann", at("192.0.2.1"));
        assert!(throttle.wait("ann", at("192.0.2.1")).is_some());
        assert!(throttle.wait("own", at("192.0.2.1")).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_address_accounts_are_counted() {
        let throttle = throttle(2);
        throttle.failed("ann", None);
        throttle.failed("ann", None);
        assert_eq!(throttle.wait("ann", None), Some(MINUTE));
        assert_eq!(throttle.wait("bob", None), None);
    }

    #[tokio::test(start_paused = true)]
    async fn none_is_off() {
        for throttle in [throttle(0), Throttle::new(None)] {
            for _ in 0..100 {
                throttle.failed("ann", at("192.0.2.1"));
                throttle.failed("ann", None);
            }
            assert_eq!(throttle.wait("ann", at("192.0.2.1")), None);
            assert_eq!(throttle.wait("ann", None), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_million_names_take_no_more_room() {
        let throttle = throttle(3);
        for number in 0..1_000_000 {
            throttle.failed(&number.to_string(), None);
        }
        assert!(lock(&throttle.counters).len() <= COUNTERS);
    }
}
