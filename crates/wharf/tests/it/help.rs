//! Help is complete, and has examples.

use crate::process::{said, wharf};

#[test]
fn help_of_serve() {
    let (code, output, _) = said(&wharf(&["serve", "--help"]));
    assert_eq!(code, Some(0));
    for option in [
        "--addr",
        "--data",
        "--delete",
        "--sparse",
        "--relative-urls",
        "--drain-timeout",
        "--log-format",
        "--log-level",
        "--access-log",
        "Examples:",
    ] {
        assert!(output.contains(option), "{option} is missing:\n{output}");
    }
}

#[test]
fn without_a_command_it_says_what_there_is() {
    let (code, _, errors) = said(&wharf(&[]));
    assert_eq!(code, Some(2));
    assert!(errors.contains("Usage: wharf <COMMAND>"), "{errors}");
}

#[test]
fn version() {
    let (code, output, _) = said(&wharf(&["--version"]));
    assert_eq!(
        (code, output.trim()),
        (
            Some(0),
            concat!("wharf wharfinger ", env!("CARGO_PKG_VERSION"))
        )
    );
}

#[test]
fn help_of_can_i_says_how_to_read_its_answer() {
    let (code, output, _) = said(&wharf(&["auth", "can-i", "--help"]));
    assert_eq!(code, Some(0));
    for text in [
        "Usage: wharf auth can-i",
        "--config <FILE>",
        "--address",
        "--group",
        "--json",
        "_catalog",
        "Exits with 0",
        "Examples:",
    ] {
        assert!(output.contains(text), "{text} is missing:\n{output}");
    }
}

#[test]
fn help_of_scrub_says_what_its_exit_codes_mean() {
    let (code, output, _) = said(&wharf(&["scrub", "--help"]));
    assert_eq!(code, Some(0));
    for text in [
        "--config <FILE>",
        "--repair",
        "--rate <50MB/s>",
        "--json",
        "Exits with 0",
        "docs/scrub.md",
        "Examples:",
    ] {
        assert!(output.contains(text), "{text} is missing:\n{output}");
    }
}

#[test]
fn help_of_storage_copy_says_what_goes_along_and_what_does_not() {
    let (code, output, _) = said(&wharf(&["storage", "copy", "--help"]));
    assert_eq!(code, Some(0));
    for text in [
        "--from <OLD>",
        "--to <NEW>",
        "--delete",
        "--verify",
        "--at-once <N>",
        "--rate <50MB/s>",
        "--json",
        "uploads that are under way",
        "docs/moving.md",
        "Exits with 0",
        "Examples:",
    ] {
        assert!(output.contains(text), "{text} is missing:\n{output}");
    }
}

#[test]
fn help_of_edge_says_what_it_does_and_how_to_try_it() {
    let (code, output, _) = said(&wharf(&["edge", "--help"]));
    assert_eq!(code, Some(0));
    for text in [
        "[CONFIG]",
        "wharfinger.edge",
        "wharfinger.cache",
        "never writes to",
        "docs/edge.md",
        "SIGHUP",
        "Examples:",
    ] {
        assert!(output.contains(text), "{text} is missing:\n{output}");
    }
}

#[test]
fn help_of_clients_is_enough_for_who_knows_docker() {
    for (verb, texts) in [
        (
            "pull",
            &["<IMAGE> [TO]", "--platform <OS/ARCH[/VARIANT]>", "--creds"][..],
        ),
        ("push", &["<IMAGE> [FROM]", "--referrers", "--parallel <N>"]),
        (
            "copy",
            &[
                "  docker-daemon:NAME ",
                "-a, --all-tags",
                "--tags <PATTERN>",
            ],
        ),
        (
            "save",
            &[
                "<IMAGE>...",
                "-o, --output <FILE>",
                "--format <FORMAT>",
                "--host",
            ],
        ),
        (
            "load",
            &["-i, --input <FILE>", "REGISTRY[/PREFIX] | oci:DIR"],
        ),
        ("inspect", &["<PLACE>", "--raw", "--config", "--json"]),
    ] {
        let (code, output, _) = said(&wharf(&[verb, "--help"]));
        assert_eq!(code, Some(0));
        for text in texts.iter().chain(&["Examples:", "Reaching registries:"]) {
            assert!(
                output.contains(text),
                "{verb}: {text} is missing:\n{output}"
            );
        }
    }
}
