//! What the configuration says of collections, and the store that commands collect.

use std::time::Duration;

use anyhow::Result;
use wharf_auth::Glob;
use wharf_config::{Config, Loaded, Remark};
use wharf_registry::{
    Collection, Pace, Registry, Resume, UNTAGGED_BESIDE_CLIENTS, Untagged, UntaggedRule,
};

/// What is collected beside requests.
pub(crate) fn options(config: &Config) -> Collection {
    let collection = &config.wharfinger.collection;
    Collection {
        grace: collection.grace,
        untagged: untagged(config),
        pace: Pace {
            operations: Some(collection.operations).filter(|most| *most > 0),
            bytes: Some(collection.bytes).filter(|most| *most > 0),
        },
        untagged_age: UNTAGGED_BESIDE_CLIENTS,
        resume: boot().map(|boot| Resume { boot, every: KEEP }),
        ..Collection::default()
    }
}

/// What a command would collect that was told nothing.
pub(crate) fn now(config: &Config, grace: Grace) -> Collection {
    Collection {
        grace: grace.time,
        untagged: untagged(config),
        untagged_age: grace.untagged,
        ..Collection::default()
    }
}

/// This boot of the machine, and how its clock is set: how far a collection has come is of use
/// only as long as neither has changed.
fn boot() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "what the kernel says of itself, once, before anything is served"
    )]
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let id = read("/proc/sys/kernel/random/boot_id")?;
    let stat = read("/proc/stat")?;
    let time = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    Some(format!("{} {time}", id.trim()))
}

/// What becomes of manifests without a tag.
pub(crate) fn untagged(config: &Config) -> Untagged {
    let rules = config.wharfinger.collection.untagged.iter();
    let rules = rules.map(|rule| UntaggedRule {
        repositories: rule.repositories.clone(),
        age: rule.age,
    });
    Untagged::Rules(rules.collect())
}

/// The patterns must be ones.
///
/// # Errors
/// Which of them is not.
pub(crate) fn check(loaded: &Loaded) -> Result<(), Remark> {
    let rules = &loaded.config.wharfinger.collection.untagged;
    for (number, rule) in rules.iter().enumerate() {
        for (place, pattern) in rule.repositories.iter().enumerate() {
            if let Err(error) = Glob::parse(pattern) {
                let option =
                    format!("wharfinger.collection.untagged[{number}].repositories[{place}]");
                return Err(loaded.remark(&option, error.to_string()));
            }
        }
    }
    Ok(())
}

/// What stays although nobody needs it: with a server, for as long as its clients may rely on
/// what it told them.
pub(crate) async fn grace(
    registry: &Registry,
    config: &Config,
    told: Option<Duration>,
) -> Result<Grace> {
    let is_served = registry.is_served().await?;
    let usual = if is_served {
        config.wharfinger.collection.grace
    } else {
        Duration::ZERO
    };
    Ok(Grace {
        is_served,
        time: told.unwrap_or(usual),
        untagged: if is_served {
            UNTAGGED_BESIDE_CLIENTS
        } else {
            Duration::ZERO
        },
    })
}

/// How long that is, and why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grace {
    pub(crate) is_served: bool,
    pub(crate) time: Duration,
    /// The same of manifests without a tag, where they may go.
    pub(crate) untagged: Duration,
}

/// As much of a collection may be done again.
const KEEP: Duration = Duration::from_secs(30);

/// Bytes, as people say it.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let mut size = bytes as f64;
    let mut shown = format!("{bytes} B");
    for unit in units {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        shown = format!("{size:.1} {unit}");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{boot, size};

    #[test]
    fn a_boot_has_one_name() {
        let boot = boot().unwrap();
        assert!(boot.len() > 40, "{boot}");
        assert_eq!(Some(boot), super::boot());
    }

    #[test]
    fn sizes_have_a_unit() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_572_864, "1.5 MiB"),
            (u64::MAX, "16384.0 PiB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
    }
}
