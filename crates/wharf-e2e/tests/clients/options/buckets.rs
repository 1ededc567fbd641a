//! `storage.s3`, `storage.s3aws` and `storage.redirect`, on a bucket, with everything that is
//! asked of it written down

use serde_json::{Value, json};
use wharf_e2e::between::{Between, Event};
use wharf_e2e::bucket::Bucket;
use wharf_e2e::command::Run;
use wharf_e2e::digest::sha256;
use wharf_e2e::noise;

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = section("s3");
    cases.extend(section("s3aws"));
    let bucket = json!({"s3": bucket(&[])});
    cases.push(
        case("storage.redirect.disable", json!(true), |look| {
            let blob = push(look, 100).unwrap();
            look.status(&blob) == 200
        })
        .with("storage", bucket),
    );
    cases
}

/// The options of a section of that name.
fn section(name: &'static str) -> Vec<Case> {
    // Names of options are words of the program.
    let of = |option: &str| -> &'static str { format!("storage.{name}.{option}").leak() };
    let case = |option: &str, value: Value, effect: Effect| {
        case(of(option), value, effect).with("storage", json!({ name: bucket(&[option]) }))
    };
    let amazon = |option: &str, value: Value, effect: Effect| {
        let bucket = json!({
            "bucket": "wharf", "region": "us-east-1", "accesskey": "a", "secretkey": "b",
        });
        super::case::case(of(option), value, effect)
            .with("storage", json!({ name: bucket }))
            .with("log.level", json!("debug"))
    };
    vec![
        case("bucket", json!(Bucket::NAME), |look| {
            push(look, 100).is_some()
        })
        .needed("bucket: "),
        case("accesskey", json!(Bucket::ACCESS_KEY), |look| {
            push(look, 100).is_some()
        })
        .needed("belong together"),
        case("secretkey", json!(Bucket::SECRET_KEY), |look| {
            push(look, 100).is_some()
        })
        .needed("belong together"),
        // It belongs to no key of this service, which refuses it.
        case("sessiontoken", json!("only-for-now"), |look| {
            push(look, 100);
            asked(look, "x-amz-security-token: only-for-now")
        }),
        case("region", json!("eu-west-1"), |look| {
            push(look, 100);
            asked(look, "/eu-west-1/s3/aws4_request")
        }),
        case("regionendpoint", json!("http://{s3}"), |look| {
            let address = look.surroundings.s3().address();
            look.logs(&format!("images are kept in http://{address}/wharf/"))
        })
        .with("log.level", json!("debug"))
        .with(of("region"), json!("nowhere")),
        case("forcepathstyle", json!(true), |look| {
            let address = look.surroundings.s3().address();
            look.logs(&format!("images are kept in http://{address}/wharf/"))
        })
        .with("log.level", json!("debug")),
        case("secure", json!(false), |look| {
            look.logs("images are kept in http://")
        })
        .with("log.level", json!("debug"))
        .with(of("regionendpoint"), json!("{s3}")),
        amazon("accelerate", json!(true), |look| {
            look.logs("images are kept in https://wharf.s3-accelerate.amazonaws.com")
        }),
        amazon("usedualstack", json!(true), |look| {
            look.logs("images are kept in https://wharf.s3.dualstack.us-east-1.amazonaws.com")
        }),
        amazon("usefipsendpoint", json!(true), |look| {
            look.logs("images are kept in https://wharf.s3-fips.us-east-1.amazonaws.com")
        }),
        case("encrypt", json!(true), |look| {
            push(look, 100).is_some() && asked(look, "x-amz-server-side-encryption: aes256")
        }),
        case("keyid", json!(Bucket::KEY), |look| {
            let key = format!("encryption-aws-kms-key-id: {}", Bucket::KEY);
            push(look, 100).is_some() && asked(look, &key)
        })
        .with(of("encrypt"), json!(true)),
        case("skipverify", json!(true), |look| {
            // Where it is checked, it is tried for minutes.
            let uploads = format!("http://{}/v2/a/b/blobs/uploads/", look.host());
            look.comes(|| {
                let curl = Run::tool("curl").words("--silent --max-time 5 --request POST");
                curl.words("--fail").arg(&uploads).succeeds()
            })
        })
        .with(of("regionendpoint"), json!("https://{s3tls}")),
        case("chunksize", json!(5 << 20), |look| {
            push(look, LARGE).is_some() && asked(look, "partnumber=3")
        }),
        case("multipartcopythresholdsize", json!(5 << 20), |look| {
            push(look, LARGE).is_some() && asked(look, "x-amz-copy-source-range")
        }),
        case("multipartcopychunksize", json!(5 << 20), |look| {
            push(look, LARGE).is_some() && copies(look).0 == 3
        })
        .with(of("multipartcopythresholdsize"), json!(5 << 20)),
        case("multipartcopymaxconcurrency", json!(1), |look| {
            push(look, LARGE).is_some() && copies(look) == (3, 1)
        })
        .with(of("multipartcopythresholdsize"), json!(5 << 20))
        .with(of("multipartcopychunksize"), json!(5 << 20)),
        case("rootdirectory", json!("{scratch}"), |look| {
            push(look, 100).is_some() && asked(look, "/data ")
        }),
        case("storageclass", json!("REDUCED_REDUNDANCY"), |look| {
            push(look, 100).is_some() && asked(look, "x-amz-storage-class: reduced_redundancy")
        }),
        case("objectacl", json!("public-read"), |look| {
            push(look, 100).is_some() && asked(look, "x-amz-acl: public-read")
        }),
        case("useragent", json!("Our registry"), |look| {
            push(look, 100).is_some() && asked(look, "user-agent: our registry")
        }),
        case(
            "redirectendpoint",
            json!("https://images.example.org"),
            |look| {
                let blob = push(look, 100).unwrap();
                let answer = look.http().get(&blob).expect(307);
                answer
                    .header("location")
                    .starts_with("https://images.example.org/wharf/")
            },
        ),
    ]
}

/// All that is needed for the bucket, but what is tried.
pub(super) fn bucket(tried: &[&str]) -> Value {
    let all = [
        ("bucket", json!(Bucket::NAME)),
        ("accesskey", json!(Bucket::ACCESS_KEY)),
        ("secretkey", json!(Bucket::SECRET_KEY)),
        ("region", json!("us-east-1")),
        ("regionendpoint", json!("http://{s3}")),
        ("forcepathstyle", json!(true)),
        // So that one server's requests can be told from another's.
        ("rootdirectory", json!("{scratch}")),
    ];
    let kept = all
        .into_iter()
        .filter(|(option, _)| !tried.contains(option));
    kept.map(|(option, value)| (option.to_owned(), value))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Its place, if it was taken.
pub(super) fn push(look: &Look<'_>, size: usize) -> Option<String> {
    let bytes = noise::bytes(size as u64, size);
    let digest = sha256(&bytes);
    let begun = look.http().post("/v2/a/b/blobs/uploads/").send();
    if begun.status != 202 {
        return None;
    }
    let upload = format!("{}?digest={digest}", begun.header("location"));
    let pushed = look.http().put(&upload).body(bytes).send();
    (pushed.status == 201).then(|| format!("/v2/a/b/blobs/{digest}"))
}

/// Whether this server has asked the bucket something with this in its head.
fn asked(look: &Look<'_>, text: &str) -> bool {
    asks(look, look.surroundings.s3()).any(|head| head.contains(text))
}

/// What this server has asked there, with slashes in keys as they are.
pub(super) fn asks(look: &Look<'_>, between: &Between) -> impl Iterator<Item = String> {
    let root = root(look);
    let plain = |head: String| head.replace("%2f", "/").replace("%2d", "-");
    let asked = between.asked().into_iter().map(plain);
    asked.filter(move |head| head.contains(&root))
}

/// How many parts were copied, and how many of them at once at most.
fn copies(look: &Look<'_>) -> (usize, usize) {
    let root = root(look);
    let is_copy = |head: &str| head.contains(&root) && head.contains("x-amz-copy-source-range");
    let (mut all, mut now, mut most) = (0, 0_usize, 0);
    for event in look.surroundings.s3().events() {
        match event {
            Event::Asked(head) if is_copy(&head) => (all, now) = (all + 1, now + 1),
            Event::Answered(head) if is_copy(&head) => now -= 1,
            Event::Asked(_) | Event::Answered(_) => {}
        }
        most = most.max(now);
    }
    (all, most)
}

pub(super) fn root(look: &Look<'_>) -> String {
    look.directory().display().to_string().to_ascii_lowercase()
}

pub(super) type Effect = fn(&Look<'_>) -> bool;

/// More than a part.
pub(super) const LARGE: usize = 12 << 20;
