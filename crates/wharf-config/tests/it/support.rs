//! Loading what a test says.

use wharf_config::{Config, Loaded, Refused, Sources, load};

/// The least that a file has to say.
pub(crate) const LEAST: &str = "version: 0.1\nstorage: inmemory\n";

pub(crate) fn sources(file: &str, environment: &[(&str, &str)]) -> Sources {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Sources {
        file: Some(("config.yml".to_owned(), file.to_owned())),
        environment: environment.iter().map(pair).collect(),
        flags: Vec::new(),
    }
}

pub(crate) fn try_load(file: &str, environment: &[(&str, &str)]) -> Result<Loaded, Refused> {
    load(&sources(file, environment))
}

pub(crate) fn loaded(file: &str, environment: &[(&str, &str)]) -> Loaded {
    try_load(file, environment).unwrap()
}

pub(crate) fn config(file: &str, environment: &[(&str, &str)]) -> Config {
    loaded(file, environment).config
}

/// Everything that is wrong, a line each.
pub(crate) fn errors(file: &str, environment: &[(&str, &str)]) -> String {
    try_load(file, environment).unwrap_err().to_string()
}

/// Everything that is odd, a line each.
pub(crate) fn warnings(file: &str, environment: &[(&str, &str)]) -> String {
    let warnings = loaded(file, environment).warnings;
    let lines: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
