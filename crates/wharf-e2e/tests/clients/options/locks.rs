//! `wharfinger.locks`

use serde_json::json;

use super::buckets::{bucket, push};
use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    let storage = || json!({"s3": bucket(&[])});
    vec![
        case("wharfinger.locks.driver", json!("redis"), |look| {
            push(look, 100).unwrap();
            let key = format!("wharfinger::clock::s3/wharf{}", look.directory().display());
            let heard = look.surroundings.redis().heard();
            heard.iter().any(|said| said.contains(&key))
        })
        .with("redis", json!({"addrs": ["{redis}"]}))
        .with("storage", storage()),
        case("wharfinger.locks.postgres.url", json!("{postgres}"), keeps)
            .with("wharfinger.locks.driver", json!("postgres"))
            .with("storage", storage())
            .needed("say where PostgreSQL is"),
        case(
            "wharfinger.locks.postgres.rootcas",
            json!(["{redisca}"]),
            keeps,
        )
        .with("wharfinger.locks.driver", json!("postgres"))
        .with("wharfinger.locks.postgres.url", json!("{postgrestls}"))
        .with("storage", storage()),
    ]
}

/// Whether a push goes by PostgreSQL.
fn keeps(look: &Look<'_>) -> bool {
    let name = format!("s3/wharf{}", look.directory().display());
    let ask = format!("SELECT count(*) FROM wharfinger_clock WHERE bucket = '{name}'");
    push(look, 100).is_some() && look.surroundings.postgres().ask(&ask) == "1"
}
