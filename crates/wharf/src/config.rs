//! `wharf config`: looking at the configuration without serving.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;
use wharf_config::{Refused, Remark, json_schema, load};

use crate::cli::{CalledAs, Config, Shown};
use crate::settings;
use crate::sources::sources;
use crate::terminal::{say, warn};

/// Runs one of its commands.
pub(crate) fn run(command: &Config, name: CalledAs) -> Result<ExitCode> {
    match command {
        Config::Schema => {
            say(&format!("{:#}", json_schema()));
            Ok(ExitCode::SUCCESS)
        }
        Config::Print(shown) => print(shown, name),
        Config::Check(shown) => check(shown, name),
    }
}

fn print(shown: &Shown, name: CalledAs) -> Result<ExitCode> {
    match load(&sources(shown.file.path.as_deref(), name)?) {
        Ok(loaded) => {
            if shown.json {
                say(&format!("{:#}", loaded.print_json()));
            } else {
                say(loaded.print().trim_end());
            }
            for warning in &loaded.warnings {
                warn(&format!("warning: {warning}"));
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) => {
            tell(&refused);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn check(shown: &Shown, name: CalledAs) -> Result<ExitCode> {
    let (errors, warnings) = match load(&sources(shown.file.path.as_deref(), name)?) {
        Ok(loaded) => match settings::make(&loaded) {
            Ok(made) => (Vec::new(), [loaded.warnings, made.warnings].concat()),
            Err(error) => (vec![error], loaded.warnings),
        },
        Err(Refused { errors, warnings }) => (errors, warnings),
    };
    if shown.json {
        let list = |remarks: &[Remark]| -> Vec<_> { remarks.iter().map(as_json).collect() };
        let told = json!({ "errors": list(&errors), "warnings": list(&warnings) });
        say(&format!("{told:#}"));
    } else {
        for error in &errors {
            say(&format!("error: {error}"));
        }
        for warning in &warnings {
            say(&format!("warning: {warning}"));
        }
        if errors.is_empty() && warnings.is_empty() {
            say("nothing is wrong");
        }
    }
    Ok(if errors.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn as_json(remark: &Remark) -> serde_json::Value {
    json!({
        "origin": remark.origin.to_string(),
        "option": remark.option,
        "text": remark.text,
    })
}

/// Tells why a configuration cannot be used, as distribution begins its line.
pub(crate) fn tell(refused: &Refused) {
    for error in &refused.errors {
        warn(&format!("configuration error: {error}"));
    }
    for warning in &refused.warnings {
        warn(&format!("warning: {warning}"));
    }
}
