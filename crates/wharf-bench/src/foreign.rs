//! A registry that somebody else started: filled by pushes, then loaded.

use std::net::ToSocketAddrs;

use anyhow::{Context, Result, bail};

use crate::accounts::Accounts;
use crate::goods::{REPOSITORY, Sizes};
use crate::http::request::Host;
use crate::http::tls::Authority;
use crate::process::{Family, raise_file_limit};
use crate::report::measurement::Measurement;
use crate::servers::tools::Tools;
use crate::stores::filled::Filling;
use crate::stores::large;
use crate::workloads::measure::{Bench, Times};
use crate::workloads::scripts::Material;
use crate::workloads::table::{Store, Task, Workload};

/// Pushes what the workload needs and measures it.
///
/// # Errors
/// When the registry cannot be reached, refuses a push or answers wrongly; when the workload
/// needs to start the server or to write its store.
pub fn measure(
    url: &str,
    workload: &Workload,
    sizes: Sizes,
    times: Times,
    pid: Option<u32>,
) -> Result<Measurement> {
    raise_file_limit();
    let authority = authority(url)?;
    let address = authority
        .to_socket_addrs()
        .with_context(|| authority.to_owned())?
        .next()
        .with_context(|| format!("{authority} has no address"))?;
    match (workload.task, workload.store) {
        (
            Task::StartUp
            | Task::IdleMemory
            | Task::PullBigTls
            | Task::ManifestByPassword
            | Task::ManifestByToken,
            _,
        )
        | (
            _,
            Store::Large
            | Store::Collected
            | Store::PulledAndCollected
            | Store::Bucket(_)
            | Store::FilledBucket(_),
        ) => {
            bail!(
                "{} starts its servers itself: see `wharf-bench run`",
                workload.name
            )
        }
        (_, Store::Empty | Store::Pulled | Store::Small | Store::Tags) => {}
    }
    let host = Host::new(authority);
    let scratch = std::env::temp_dir();
    let bench = Bench {
        material: Material::new(sizes),
        times,
        authority: Authority::new(&scratch)?,
        accounts: Accounts::new(&scratch)?,
        tools: Tools::find(&[]),
    };
    let mut filling = Filling::new(address, host.clone());
    match workload.store {
        Store::Pulled => filling.goods(REPOSITORY, &bench.material.goods)?,
        Store::Small => filling.goods(REPOSITORY, &bench.material.goods.without_big())?,
        Store::Tags => large::push_some_tags(&mut filling)?,
        Store::Empty
        | Store::Large
        | Store::Collected
        | Store::PulledAndCollected
        | Store::Bucket(_)
        | Store::FilledBucket(_) => {}
    }
    let family = pid.map(Family::new);
    bench.load(workload, address, &host, family.as_ref())
}

/// `host:port` of a URL.
fn authority(url: &str) -> Result<&str> {
    let rest = url
        .strip_prefix("http://")
        .with_context(|| format!("{url:?} does not begin with http://"))?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.is_empty() || !path.is_empty() {
        bail!("{url:?} is not of the form http://host:port");
    }
    Ok(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        assert_eq!(authority("http://a:5000").unwrap(), "a:5000");
        assert_eq!(authority("http://a:5000/").unwrap(), "a:5000");
        for url in ["https://a", "a:5000", "http://", "http://a/b"] {
            assert!(authority(url).is_err(), "{url}");
        }
    }
}
