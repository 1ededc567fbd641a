//! `wharfinger.trash`

use serde_json::json;

use super::case::{Case, case};
use super::manifests;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case("wharfinger.trash.keep", json!("1h"), |look| {
            let image = manifests::image(look, &json!([]));
            assert_eq!(manifests::push(look, "t", &image), 201);
            look.http().delete("/v2/a/b/manifests/t").expect(202);
            look.data().join("wharfinger/state/v1/trash").is_dir()
        })
        .with("storage.delete.enabled", json!(true)),
    ]
}
