//! Whatever stands in a file or a variable, there is an answer.

use wharf_config::{Sources, load};

#[test]
fn no_file_and_no_variable_brings_it_down() {
    bolero::check!()
        .with_type::<(String, String, String)>()
        .for_each(|(file, name, value)| {
            let sources = Sources {
                file: Some(("config.yml".to_owned(), file.clone())),
                environment: vec![(format!("REGISTRY_{name}"), value.clone())],
                flags: Vec::new(),
            };
            let _ = load(&sources);
        });
}
