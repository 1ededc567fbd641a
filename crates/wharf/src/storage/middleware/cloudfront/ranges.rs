//! Which addresses are within AWS, as Amazon publishes them.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ipnet::{Ipv4Net, Ipv6Net};
use serde::Deserialize;
use wharf_http::Document;

/// The addresses, as far as somebody has told.
pub(crate) struct Ranges {
    document: Document,
    /// Those alone; everywhere without.
    regions: Option<Vec<String>>,
    frequency: Duration,
    /// Replaced as a whole, and held for no longer than that takes.
    known: RwLock<Arc<Networks>>,
}

/// Sorted, and none within another.
#[derive(Debug, Default)]
struct Networks {
    v4: Vec<Ipv4Net>,
    v6: Vec<Ipv6Net>,
}

/// What Amazon publishes, as far as it is read.
#[derive(Deserialize)]
struct Published {
    prefixes: Vec<Prefix4>,
    #[serde(default)]
    ipv6_prefixes: Vec<Prefix6>,
}

#[derive(Deserialize)]
struct Prefix4 {
    ip_prefix: String,
    #[serde(default)]
    region: String,
}

#[derive(Deserialize)]
struct Prefix6 {
    ipv6_prefix: String,
    #[serde(default)]
    region: String,
}

// === impl Ranges ===

impl Ranges {
    /// Those of this document, or of these regions of it; none until it is asked for.
    pub(super) fn new(
        document: Document,
        regions: Option<Vec<String>>,
        frequency: Duration,
    ) -> Self {
        Self {
            document,
            regions,
            frequency,
            known: RwLock::default(),
        }
    }

    /// Whether it is one of them.
    pub(super) fn include(&self, address: IpAddr) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.include(address.to_canonical())
    }

    /// Asks again and again.
    pub(crate) async fn keep(&self) -> Infallible {
        loop {
            tokio::time::sleep(self.frequency).await;
            self.update().await;
        }
    }

    /// Asks once. What was known stays if that fails.
    pub(super) async fn update(&self) {
        let text = self.document.fetch().await;
        let networks = match text {
            Ok(text) => {
                let regions = self.regions.clone();
                let read = move || Networks::read(&text, regions.as_deref());
                let read = tokio::task::spawn_blocking(read).await;
                read.unwrap_or_else(|panic| Err(panic.to_string()))
            }
            Err(why) => Err(why),
        };
        match networks {
            Ok(networks) => {
                let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                *known = Arc::new(networks);
            }
            Err(why) => tracing::warn!(
                "which addresses are within AWS cannot be asked: {why}: see iprangesurl of \
                 middleware.storage"
            ),
        }
    }
}

// === impl Networks ===

impl Networks {
    fn read(text: &[u8], regions: Option<&[String]>) -> Result<Self, String> {
        let published: Published =
            serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let is_meant = |region: &str| {
            regions.is_none_or(|regions| regions.iter().any(|it| it.eq_ignore_ascii_case(region)))
        };
        // What cannot be read is left out, as distribution does: others are right.
        let v4 = published.prefixes.iter();
        let v4 = v4.filter(|prefix| is_meant(&prefix.region));
        let v4: Vec<_> = v4.filter_map(|it| it.ip_prefix.parse().ok()).collect();
        let v6 = published.ipv6_prefixes.iter();
        let v6 = v6.filter(|prefix| is_meant(&prefix.region));
        let v6: Vec<_> = v6.filter_map(|it| it.ipv6_prefix.parse().ok()).collect();
        Ok(Self {
            v4: Ipv4Net::aggregate(&v4),
            v6: Ipv6Net::aggregate(&v6),
        })
    }

    fn include(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.include_v4(address),
            IpAddr::V6(address) => self.include_v6(address),
        }
    }

    fn include_v4(&self, address: Ipv4Addr) -> bool {
        let after = self.v4.partition_point(|it| it.network() <= address);
        let last = after.checked_sub(1).and_then(|at| self.v4.get(at));
        last.is_some_and(|network| network.contains(&address))
    }

    fn include_v6(&self, address: Ipv6Addr) -> bool {
        let after = self.v6.partition_point(|it| it.network() <= address);
        let last = after.checked_sub(1).and_then(|at| self.v6.get(at));
        last.is_some_and(|network| network.contains(&address))
    }
}

/// Bytes: several times what Amazon publishes.
pub(super) const LARGEST: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &str = r#"{"syncToken": "1", "prefixes": [
        {"ip_prefix": "192.0.2.128/25", "region": "eu-west-1", "service": "AMAZON"},
        {"ip_prefix": "192.0.2.128/26", "region": "eu-west-1", "service": "S3"},
        {"ip_prefix": "9000", "region": "eu-west-1", "service": "S3"},
        {"ip_prefix": "10.0.0.0/8", "region": "us-east-1", "service": "EC2"}],
        "ipv6_prefixes": [
        {"ipv6_prefix": "2001:db8::/33", "region": "us-east-1", "service": "EC2"}]}"#;

    fn check(regions: Option<&[&str]>, included: &[&str], not: &[&str]) {
        let regions = regions.map(|it| it.iter().copied().map(str::to_owned).collect::<Vec<_>>());
        let networks = Networks::read(PUBLISHED.as_bytes(), regions.as_deref()).unwrap();
        for address in included {
            assert!(networks.include(address.parse().unwrap()), "{address}");
        }
        for address in not {
            assert!(!networks.include(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_are_in_the_networks_that_are_published() {
        check(
            None,
            &["192.0.2.128", "192.0.2.255", "10.1.2.3", "2001:db8::1"],
            &[
                "192.0.2.127",
                "192.0.3.0",
                "9.255.255.255",
                "11.0.0.0",
                "::1",
            ],
        );
        check(
            None,
            &[],
            &["2001:db8:8000::", "255.255.255.255", "0.0.0.0"],
        );
    }

    #[test]
    fn other_regions_are_somewhere_else() {
        check(
            Some(&["EU-WEST-1"]),
            &["192.0.2.200"],
            &["10.1.2.3", "2001:db8::1"],
        );
        check(
            Some(&["a", "us-east-1"]),
            &["10.1.2.3", "2001:db8::1"],
            &["192.0.2.200"],
        );
        check(Some(&["a"]), &[], &["10.1.2.3", "192.0.2.200"]);
    }

    #[test]
    fn what_is_no_such_document_is_refused() {
        for text in ["", "[]", "{}", "<html>", r#"{"prefixes": {}}"#] {
            assert!(Networks::read(text.as_bytes(), None).is_err(), "{text}");
        }
    }
}
