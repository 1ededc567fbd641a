//! What the command line says of itself: help, completions, manual pages.

use std::fs;

use wharf_e2e::scratch::Scratch;

use super::wharf;

const VERBS: [&str; 12] = [
    "unpack",
    "export",
    "diff",
    "ls",
    "digest",
    "manifest",
    "blob",
    "config",
    "tag",
    "rm",
    "referrers",
    "completion",
];

#[test]
fn every_verb_has_help_with_examples() {
    let all = wharf("--help").ok().text();
    for verb in VERBS {
        assert!(all.contains(&format!("\n  {verb} ")), "{verb}:\n{all}");
        let help = wharf(verb).arg("--help").ok().text();
        let below: Vec<&str> = match verb {
            "manifest" => vec!["get", "put", "delete"],
            "blob" => vec!["get", "put", "head", "delete"],
            _ => Vec::new(),
        };
        if below.is_empty() {
            assert!(help.contains("Examples:"), "{verb}:\n{help}");
        }
        for word in below {
            let help = wharf(verb).args([word, "--help"]).ok().text();
            assert!(help.contains("Example"), "{verb} {word}:\n{help}");
        }
    }
}

#[test]
fn shells_and_man_are_told_of_every_verb() {
    for (shell, mark) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef wharf"),
        ("fish", "complete -c wharf"),
    ] {
        let script = wharf("completion").arg(shell).ok().text();
        assert!(script.contains(mark), "{shell}");
        for verb in VERBS {
            assert!(script.contains(verb), "{shell} {verb}");
        }
    }
    let scratch = Scratch::new();
    wharf("manual").arg(scratch.path()).ok();
    for verb in VERBS {
        let page = fs::read_to_string(scratch.join(format!("wharf-{verb}.1"))).unwrap();
        assert!(page.contains(".SH NAME"), "{verb}");
    }
    let page = fs::read_to_string(scratch.join("wharf-blob-put.1")).unwrap();
    assert!(page.contains("Upload a blob"), "{page}");
    wharf("manual /nowhere").exits(1);
}
