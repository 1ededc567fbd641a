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
    let wrong = file("version: 0.1\nstorage: oss\n");
    let path = wrong.path().to_str().unwrap();
    let (code, _, errors) = said(&wharf(&["serve", path]));
    assert_eq!(code, Some(1));
    let expected = format!("configuration error: {path}:2: storage.oss: not built into");
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

/// What `config check` says of a storage and its middleware.
fn checked(storage: &str, middleware: &str) -> String {
    let file = file(&format!(
        "version: 0.1\nstorage: {storage}\nmiddleware: {{storage: [{middleware}]}}\n"
    ));
    let path = file.path().to_str().unwrap();
    said(&wharf(&["config", "check", path])).1
}

#[test]
fn middleware_that_cannot_be_used_is_refused_by_the_name_of_its_option() {
    let (files, s3) = ("inmemory", "{s3: {bucket: b, region: r}}");
    let cloudfront = "baseurl: a.test, privatekey: /key, keypairid: K1";
    for (storage, middleware, expected) in [
        (files, "{name: other}", "[0].name: `other` is none of"),
        (
            files,
            "{name: redirect}",
            "[0].options.baseurl: this has to",
        ),
        (
            files,
            "{name: redirect, options: {baseurl: a.test}}",
            "[0].options.baseurl: `a.test` is no scheme and host",
        ),
        (
            files,
            "{name: rewrite, disabled: true}, {name: rewrite, options: {host: a/b}}",
            "[1].options.host: `a/b` is no host",
        ),
        (
            s3,
            "{name: rewrite, options: {scheme: s3}}",
            "[0].options.scheme: `s3` is neither",
        ),
        (
            files,
            &format!("{{name: cloudfront, options: {{{cloudfront}}}}}"),
            "[0].name: CloudFront is for what storage.s3 stores",
        ),
        (
            s3,
            &format!(
                "{{name: rewrite, options: {{host: a}}}}, \
                 {{name: cloudfront, options: {{{cloudfront}}}}}"
            ),
            "[1].name: CloudFront is for what storage.s3 stores, and has to stand around it",
        ),
        (
            s3,
            &format!("{{name: cloudfront, options: {{{cloudfront}, ipfilteredby: awsregion}}}}"),
            "[0].options.awsregion: this has to be said",
        ),
        (
            s3,
            &format!("{{name: cloudfront, options: {{{cloudfront}, ipfilteredby: gcp}}}}"),
            "[0].options.ipfilteredby: `gcp` is none of",
        ),
        (
            s3,
            "{name: cloudfront, options: {baseurl: a.test, privatekey: /key, keypairid: 'a&b'}}",
            "[0].options.keypairid: letters and digits",
        ),
    ] {
        let said = checked(storage, middleware);
        let expected = format!("middleware.storage{expected}");
        assert!(said.contains(&expected), "{middleware}: {said}");
        assert!(said.starts_with("error: "), "{middleware}: {said}");
    }
}

#[test]
fn middleware_that_changes_nothing_is_told() {
    let s3 = "{s3: {bucket: b, region: r}}";
    let cloudfront = "baseurl: a.test, privatekey: /key, keypairid: K1";
    for (storage, middleware, expected) in [
        (
            "inmemory",
            "{name: rewrite, options: {host: a}}",
            "[0].name: changes nothing",
        ),
        (s3, "{name: rewrite}", "[0].options: changes nothing"),
        (
            "{inmemory: , redirect: {disable: true}}",
            "{name: redirect, options: {baseurl: 'https://a.test'}}",
            ": changes nothing: storage.redirect.disable",
        ),
        (
            s3,
            &format!("{{name: cloudfront, options: {{{cloudfront}, duration: 3000}}}}"),
            "[0].options.duration: less than a second: 20 minutes",
        ),
        (
            s3,
            &format!("{{name: cloudfront, options: {{{cloudfront}, updatefrenquency: 1h}}}}"),
            "[0].options.updatefrenquency: misspelt",
        ),
    ] {
        let said = checked(storage, middleware);
        let expected = format!("middleware.storage{expected}");
        assert!(said.contains(&expected), "{middleware}: {said}");
        assert!(
            said.contains("warning: ") && !said.contains("error: "),
            "{said}"
        );
    }
    let after = "{name: redirect, options: {baseurl: 'https://a.test'}}, \
                 {name: rewrite, options: {host: b.test}}";
    assert_eq!(checked("inmemory", after), "nothing is wrong\n");
}

#[test]
fn serve_refuses_a_key_that_it_cannot_read() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing.pem");
    let file = file(&format!(
        "version: 0.1\nstorage: {{s3: {{bucket: b, region: r}}}}\nhttp: {{addr: '127.0.0.1:0'}}\n\
         middleware: {{storage: [{{name: cloudfront, options: {{baseurl: a.test, \
         privatekey: {}, keypairid: K1}}}}]}}\n",
        missing.display()
    ));
    let (code, _, errors) = said(&wharf(&["serve", file.path().to_str().unwrap()]));
    assert_eq!(code, Some(1), "{errors}");
    let expected = format!(
        "middleware.storage[0].options.privatekey: cannot read {}",
        missing.display()
    );
    assert!(errors.contains(&expected), "{errors}");
}
