//! Pages made from the table.

use std::path::Path;

use wharf_config::{json_schema, reference};

#[test]
fn the_reference_is_the_one_that_is_committed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    #[expect(clippy::disallowed_methods, reason = "a page of the project")]
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == reference(),
        "docs/configuration.md is not what the table says: run `cargo xtask docs`"
    );
}

#[test]
fn the_schema_describes_every_section() {
    let schema = json_schema();
    let key = &schema["properties"]["http"]["properties"]["tls"]["properties"]["key"];
    assert_eq!(key["type"][0], "string");
    assert!(key["description"].as_str().unwrap().contains("PEM"));
    let file = &schema["properties"]["health"]["properties"]["file"]["items"];
    assert_eq!(file["properties"]["interval"]["default"], "10s");
}
