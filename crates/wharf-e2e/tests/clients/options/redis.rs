//! `redis` and `storage.cache`, by what is said to a server

use serde_json::{Value, json};
use wharf_e2e::digest::sha256;

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    let asking = |option: &'static str, value: Value, effect: Effect| {
        case(option, value, effect)
            .with("storage.cache", json!({"blobdescriptor": "redis"}))
            .with("redis", json!({"addrs": ["{redis}"]}))
    };
    let hearing =
        |option: &'static str, value: &str, effect: Effect| asking(option, json!(value), effect);
    // It takes connections and says nothing; without setting anything up, a question is late.
    let silent = |option: &'static str| {
        asking(option, json!("20s"), is_patient).with(
            "redis",
            json!({"addrs": ["{answers}"], "disableidentity": true}),
        )
    };
    let behind_tls = |option: &'static str, value: Value, others: Value| {
        let remembers: Effect = |look| {
            look.comes(|| {
                let digest = push(look);
                let redis = look.surroundings.redis_behind_tls();
                redis.ask(&["SISMEMBER", "repository::a/b::blobs", &digest]) == "1"
            })
        };
        let mut tls = json!({"certificate": "{rediscertificate}", "key": "{rediskey}"});
        tls["rootcas"] = json!(["{redisca}"]);
        for other in others.as_array().into_iter().flatten() {
            tls.as_object_mut().unwrap().remove(other.as_str().unwrap());
        }
        let redis = json!({
            "addrs": ["{redistls}"],
            "password": wharf_e2e::redis::Redis::PASSWORD,
            "tls": tls,
        });
        asking(option, value, remembers).with("redis", redis)
    };
    vec![
        case("storage.cache.blobdescriptor", json!("redis"), |look| {
            look.comes(|| {
                let digest = push(look);
                hears(look, &digest)
            })
        })
        .with("redis", json!({"addrs": ["{redis}"]})),
        case("redis.addrs", json!(["{redis}"]), |look| {
            look.comes(|| {
                let digest = push(look);
                hears(look, &digest)
            })
        })
        .with("storage.cache", json!({"blobdescriptor": "redis"}))
        .needed("redis configuration required"),
        hearing("redis.clientname", "friend-of-{addr}", |look| {
            says(look, "friend-of-")
        }),
        asking("redis.db", json!(5), |look| {
            goes_by(look, "SELECT\r\n$1\r\n5")
        }),
        asking("redis.protocol", json!(3), |look| {
            goes_by(look, "HELLO\r\n$1\r\n3")
        }),
        hearing("redis.username", "somebody-at-{addr}", |look| {
            says(look, "somebody-at-")
        })
        .with("redis", json!({"addrs": ["{redis}"], "password": "x"})),
        hearing("redis.password", "hush-{addr}", |look| says(look, "hush-")),
        hearing("redis.sentinelusername", "nobody-at-{addr}", |look| {
            says(look, "nobody-at-")
        })
        .with(
            "redis",
            json!({"addrs": ["{redis}"], "mastername": "m", "sentinelpassword": "x"}),
        ),
        hearing("redis.sentinelpassword", "not-for-{addr}", |look| {
            says(look, "not-for-")
        })
        .with("redis", json!({"addrs": ["{redis}"], "mastername": "m"})),
        hearing("redis.mastername", "images", |look| {
            look.comes(|| {
                push(look);
                look.log().to_lowercase().contains("sentinel")
            })
        }),
        hearing("redis.dialtimeout", "20s", is_patient).with("redis", json!({"addrs": ["{full}"]})),
        silent("redis.readtimeout"),
        silent("redis.writetimeout"),
        asking("redis.disableidentity", json!(true), |look| {
            let name = format!("of-{}", look.host());
            look.wait(|| {
                push(look);
                hears(look, &name)
            });
            let heard = look.surroundings.redis().heard();
            let mut ours = heard.iter().filter(|said| said.contains(&name));
            ours.all(|said| !said.contains("LIB-NAME"))
        })
        .with(
            "redis",
            json!({"addrs": ["{redis}"], "clientname": "of-{addr}"}),
        ),
        hearing("redis.identitysuffix", "kept-at-{addr}", |look| {
            says(look, "(kept-at-")
        }),
        behind_tls(
            "redis.tls.rootcas",
            json!(["{redisca}"]),
            json!(["rootcas"]),
        ),
        behind_tls(
            "redis.tls.certificate",
            json!("{rediscertificate}"),
            json!(["certificate"]),
        )
        .needed("a key needs its certificate"),
        behind_tls("redis.tls.key", json!("{rediskey}"), json!(["key"]))
            .needed("a certificate needs its key"),
    ]
}

/// Pushes a blob that nobody else has; its digest.
fn push(look: &Look<'_>) -> String {
    let content = look.host().to_owned();
    let digest = sha256(content.as_bytes());
    let target = format!("/v2/a/b/blobs/uploads/?digest={digest}");
    look.http().post(&target).body(content).expect(201);
    digest
}

/// Whether that is said to the server, sooner or later, with this server's address after it.
fn says(look: &Look<'_>, words: &str) -> bool {
    let words = format!("{words}{}", look.host());
    look.comes(|| {
        push(look);
        hears(look, &words)
    })
}

/// Whether that is said where blobs are told of.
fn goes_by(look: &Look<'_>, words: &str) -> bool {
    look.comes(|| {
        let digest = push(look);
        let heard = look.surroundings.redis().heard();
        let mut ours = heard.iter().filter(|said| said.contains(&digest));
        ours.any(|said| said.contains(words))
    })
}

fn hears(look: &Look<'_>, words: &str) -> bool {
    let heard = look.surroundings.redis().heard();
    heard.iter().any(|said| said.contains(words))
}

/// Whether nothing is told of an outage, while a push waits for it.
fn is_patient(look: &Look<'_>) -> bool {
    let (http, content) = (look.http(), look.host().to_owned());
    std::thread::spawn(move || {
        let digest = sha256(content.as_bytes());
        let target = format!("/v2/a/b/blobs/uploads/?digest={digest}");
        http.post(&target).body(content).try_send().is_ok()
    });
    look.stays_away(|| look.logs("Redis: "))
}

type Effect = fn(&Look<'_>) -> bool;
