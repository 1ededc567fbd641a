//! The configuration, and the name it is called by.

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::process::{said, wharf};

const FILE: &str = "\
version: 0.1
storage:
  filesystem: {rootdirectory: /srv/images}
http:
  adr: :80
  secret: hush
";

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    file
}

fn run(
    program: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> (Option<i32>, String, String) {
    let mut command = Command::new(program);
    command.args(arguments).envs(environment.iter().copied());
    said(&command.output().unwrap())
}

#[test]
fn print_shows_values_with_their_origins() {
    let file = file(FILE);
    let path = file.path().to_str().unwrap();
    let environment = [
        ("REGISTRY_CONFIGURATION_PATH", path),
        ("REGISTRY_LOG_LEVEL", "debug"),
    ];
    let program = env!("CARGO_BIN_EXE_wharf");
    let (code, output, errors) = run(program, &["config", "print"], &environment);
    assert_eq!(code, Some(0), "{errors}");
    let expected = format!("    rootdirectory: /srv/images # {path}:3\n");
    assert!(output.contains(&expected), "{output}");
    assert!(
        output.contains("  level: debug # REGISTRY_LOG_LEVEL\n"),
        "{output}"
    );
    assert!(!output.contains("hush"), "{output}");
    assert!(errors.contains("http.adr: no such option"), "{errors}");
    let (_, output, _) = run(program, &["config", "print", "--json", path], &[]);
    let json: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(json[0]["option"], "version");
}

#[test]
fn check_says_what_is_wrong_with_its_line() {
    let odd = file(FILE);
    let path = odd.path().to_str().unwrap();
    let (code, output, _) = said(&wharf(&["config", "check", path]));
    assert_eq!(code, Some(0));
    assert_eq!(
        output,
        format!("warning: {path}:5: http.adr: no such option: ignored; did you mean `addr`?\n")
    );
    let wrong = file(&FILE.replace("adr: :80", "net: udp"));
    let path = wrong.path().to_str().unwrap();
    let (code, output, _) = said(&wharf(&["config", "check", path]));
    assert_eq!(code, Some(1));
    assert_eq!(
        output,
        format!("error: {path}:5: http.net: `udp` is none of: tcp, unix\n")
    );
    let (code, output, _) = said(&wharf(&["config", "check", "--json", path]));
    assert_eq!(code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(json["errors"][0]["option"], "http.net");
}

#[test]
fn schema_is_json() {
    let (code, output, _) = said(&wharf(&["config", "schema"]));
    assert_eq!(code, Some(0));
    let schema: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert!(schema["properties"]["storage"].is_object());
}

#[test]
fn serve_refuses_what_it_cannot_use() {
    let wrong = file("version: 0.1\nstorage: s3\n");
    let path = wrong.path().to_str().unwrap();
    let (code, _, errors) = said(&wharf(&["serve", path]));
    assert_eq!(code, Some(1));
    let expected = format!("configuration error: {path}:2: storage.s3: not built into");
    assert!(errors.starts_with(&expected), "{errors}");
    let (code, _, errors) = said(&wharf(&["serve", "/does/not/exist.yml"]));
    assert_eq!(code, Some(1));
    let expected = "configuration error: /does/not/exist.yml cannot be read: No such file";
    assert!(errors.starts_with(expected), "{errors}");
}

#[test]
fn called_as_registry_it_behaves_as_registry_does() {
    let directory = tempfile::tempdir().unwrap();
    let registry = directory.path().join("registry");
    symlink(env!("CARGO_BIN_EXE_wharf"), &registry).unwrap();
    let registry = registry.to_str().unwrap();
    let (code, output, _) = run(registry, &[], &[]);
    assert_eq!(code, Some(0));
    assert!(output.contains("Usage: registry <COMMAND>"), "{output}");
    let (code, _, errors) = run(registry, &["serve"], &[]);
    assert_eq!(code, Some(1));
    assert_eq!(
        errors,
        "configuration error: configuration path unspecified\n"
    );
    let (code, output, _) = run(registry, &["--version"], &[]);
    let version = concat!("registry wharfinger ", env!("CARGO_PKG_VERSION"));
    assert_eq!((code, output.trim()), (Some(0), version));
}
