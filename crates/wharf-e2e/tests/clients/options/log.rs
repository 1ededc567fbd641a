//! `log`

use serde_json::json;

use super::case::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("log.accesslog.disabled", json!(true), |look| {
            look.http().get("/v2/").expect(200);
            look.stays_away(|| look.logs("\"GET /v2/ HTTP/1.1\" 200"))
        }),
        case("log.level", json!("debug"), |look| {
            look.comes(|| look.logs("images are kept in"))
        }),
        case("log.formatter", json!("json"), |look| {
            look.log().starts_with('{')
        }),
        case("log.fields", json!({"site": "here"}), |look| {
            look.logs("site=here")
        }),
        case("log.reportcaller", json!(true), |look| look.logs("file=")),
    ]
}
