//! `middleware.storage`: where clients are sent for a blob, of a directory and of a bucket.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::scratch::Scratch;

use super::buckets::{bucket, push};
use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    let there = json!("https://blobs.test/below");
    vec![
        redirect("name", json!("redirect"), |look| sent(look).is_some())
            .with(BASE, there.clone())
            .needed("middleware.storage[0].name: this has to be said"),
        redirect("disabled", json!(true), |look| sent(look).is_none()).with(BASE, there.clone()),
        redirect("options.baseurl", there, |look| {
            let to = sent(look).unwrap();
            to.starts_with("https://blobs.test/below/docker/registry/v2/blobs/sha256/")
                && to.ends_with("/data")
        })
        .needed("options.baseurl: this has to be said"),
        rewrite("scheme", json!("https"), |look| {
            let to = sent(look).unwrap();
            to.starts_with(&format!(
                "https://{}/wharf/",
                look.surroundings.s3().address()
            ))
        }),
        rewrite("host", json!("cdn.test:81"), |look| {
            let to = sent(look).unwrap();
            to.starts_with("http://cdn.test:81/wharf/") && to.contains("&X-Amz-Signature=")
        }),
        rewrite("trimpathprefix", json!("/wharf"), |look| {
            let (s3, directory) = (look.surroundings.s3().address(), look.directory());
            let to = sent(look).unwrap();
            to.starts_with(&format!("http://{s3}{}/docker/", directory.display()))
        }),
        cloudfront("privatekey", json!("{rsa}"), is_signed)
            .needed("options.privatekey: this has to be said"),
        cloudfront("keypairid", json!("K2TEST"), |look| {
            let to = sent(look).unwrap();
            to.contains("&Key-Pair-Id=K2TEST&Hash-Algorithm=SHA256")
        })
        .needed("options.keypairid: this has to be said"),
        cloudfront("duration", json!("100m"), |look| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let to = sent(look).unwrap();
            let end: u64 = between(&to, "?Expires=", "&").parse().unwrap();
            (5_900..=6_100).contains(&end.saturating_sub(now.as_secs()))
        }),
        cloudfront("ipfilteredby", json!("aws"), goes_to_the_bucket)
            .with(RANGES, json!("http://{answers}/ranges")),
        cloudfront("awsregion", json!("other-2, here-1"), goes_to_the_bucket)
            .with(FILTER, json!("awsregion"))
            .with(RANGES, json!("http://{answers}/ranges"))
            .instead("middleware.storage[0].options.awsregion", json!("other-2")),
        cloudfront(
            "iprangesurl",
            json!("http://{answers}/ranges"),
            goes_to_the_bucket,
        )
        .with(FILTER, json!("aws"))
        .instead(RANGES, json!("http://{answers}/404")),
        cloudfront("updatefrequency", json!("1s"), |look| {
            look.comes(|| goes_to_the_bucket(look))
        })
        .with(FILTER, json!("aws"))
        .with(RANGES, json!("http://{answers}/later{scratch}")),
        cloudfront("updatefrenquency", json!("1s"), |look| {
            look.comes(|| goes_to_the_bucket(look))
        })
        .with(FILTER, json!("aws"))
        .with(RANGES, json!("http://{answers}/later{scratch}")),
    ]
}

/// An option of `redirect`, around a directory.
fn redirect(option: &str, value: Value, effect: fn(&Look<'_>) -> bool) -> Case {
    let case = case(of(option), value, effect);
    match option {
        "name" => case,
        _ => case.with(NAME, json!("redirect")),
    }
}

fn rewrite(option: &str, value: Value, effect: fn(&Look<'_>) -> bool) -> Case {
    case(of(&format!("options.{option}")), value, effect)
        .with("storage", json!({ "s3": bucket(&[]) }))
        .with(NAME, json!("rewrite"))
}

/// With all that it needs.
fn cloudfront(option: &str, value: Value, effect: fn(&Look<'_>) -> bool) -> Case {
    let others = [
        (BASE, json!("d1.cloudfront.test")),
        ("middleware.storage[0].options.privatekey", json!("{rsa}")),
        ("middleware.storage[0].options.keypairid", json!("K1")),
    ];
    let tried = of(&format!("options.{option}"));
    let case = case(tried, value, effect)
        .with("storage", json!({ "s3": bucket(&[]) }))
        .with(NAME, json!("cloudfront"));
    others
        .into_iter()
        .filter(|(other, _)| *other != tried)
        .fold(case, |case, (other, value)| case.with(other, value))
}

/// Names of options are words of the program.
fn of(option: &str) -> &'static str {
    format!("middleware.storage[0].{option}").leak()
}

/// Where a client is sent for a blob that it has pushed; nowhere if it gets it from here.
fn sent(look: &Look<'_>) -> Option<String> {
    let blob = push(look, 100).unwrap();
    let answer = look.http().get(&blob).send();
    match answer.status {
        200 => None,
        307 => Some(answer.header("location").to_owned()),
        status => panic!("{status}"),
    }
}

fn goes_to_the_bucket(look: &Look<'_>) -> bool {
    let to = sent(look).unwrap();
    let bucket = format!("http://{}/wharf/", look.surroundings.s3().address());
    let is_bucket = to.starts_with(&bucket) && to.contains("&X-Amz-Signature=");
    assert!(
        is_bucket || to.starts_with("https://d1.cloudfront.test/"),
        "{to}"
    );
    is_bucket
}

/// Whether CloudFront, which knows the public key, would let the client in, with the policy that
/// it makes of the URL and of `Expires`.
fn is_signed(look: &Look<'_>) -> bool {
    let to = sent(look).unwrap();
    let (url, query) = to.split_once('?').unwrap();
    let root = format!(
        "https://d1.cloudfront.test{}/docker/",
        look.directory().display()
    );
    assert!(url.starts_with(&root), "{url}");
    let query = format!("{query}&");
    let end = between(&query, "Expires=", "&");
    let policy = format!(
        r#"{{"Statement":[{{"Resource":"{url}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{end}}}}}}}]}}"#
    );
    let signature = between(&query, "Signature=", "&");
    let signature = signature
        .replace('-', "+")
        .replace('_', "=")
        .replace('~', "/");
    let scratch = Scratch::new();
    let file = scratch.join("signature");
    std::fs::write(&file, STANDARD.decode(signature).unwrap()).unwrap();
    Run::tool("openssl")
        .words("dgst -sha256 -verify")
        .arg(look.surroundings.public_key())
        .arg("-signature")
        .arg(&file)
        .input(policy)
        .succeeds()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, text) = text.split_once(before).unwrap();
    text.split_once(after).unwrap().0
}

const NAME: &str = "middleware.storage[0].name";
const BASE: &str = "middleware.storage[0].options.baseurl";
const FILTER: &str = "middleware.storage[0].options.ipfilteredby";
const RANGES: &str = "middleware.storage[0].options.iprangesurl";
