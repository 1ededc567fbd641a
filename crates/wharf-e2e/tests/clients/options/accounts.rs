//! `wharfinger.auth`: accounts of our own, and how many wrong passwords they are answered.

use serde_json::json;
use wharf_e2e::command::Run;
use wharf_e2e::server::wharf;

use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    let directory = || json!("{scratch}/accounts");
    vec![
        case(
            "wharfinger.auth.directory",
            directory(),
            lets_in_who_is_added,
        )
        // Before they are known there, their password is a wrong one, many times.
        .with("wharfinger.auth.limits.logins.failures", json!(0)),
        case("wharfinger.auth.realm", json!("the realm"), |look| {
            let answer = look.http().get("/v2/").expect(401);
            answer.header("www-authenticate") == "Basic realm=\"the realm\""
        })
        .with("wharfinger.auth.directory", directory()),
        case("wharfinger.auth.limits.logins.failures", json!(2), |look| {
            [401, 401, 429] == [1, 2, 3].map(|number| guess(look, number))
        })
        .with("wharfinger.auth.directory", directory()),
        case(
            "wharfinger.auth.limits.logins.interval",
            json!("1s"),
            |look| {
                guess(look, 1);
                look.comes(|| guess(look, 2) == 401)
            },
        )
        .with("wharfinger.auth.directory", directory())
        .with("wharfinger.auth.limits.logins.failures", json!(1)),
    ]
}

fn lets_in_who_is_added(look: &Look<'_>) -> bool {
    if look.status("/v2/") == 200 {
        return false;
    }
    Run::program(wharf())
        .words("user add ann --password-stdin --directory")
        .arg(look.directory().join("accounts"))
        .input("password of ann")
        .ok();
    // `ann:password of ann`
    look.comes(|| status(look, "YW5uOnBhc3N3b3JkIG9mIGFubg==") == 200)
}

/// The status for a password that is wrong. The name is each time another one, and the address
/// is not.
fn guess(look: &Look<'_>, number: u8) -> u16 {
    status(look, ["", "YTpi", "Yjpi", "Yzpi"][usize::from(number)])
}

fn status(look: &Look<'_>, basic: &str) -> u16 {
    let http = look.http();
    let call = http.get("/v2/");
    let call = call.header("Authorization", &format!("Basic {basic}"));
    call.send().status
}
