//! The same challenges: whoever may not do something is told the same by distribution 2.8, by
//! version 3 and by `wharf`, with the same configuration.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use wharf_e2e::command::Run;
use wharf_e2e::daemon::Daemon;
use wharf_e2e::http::{Answer, Http};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{free_address, wharf};
use wharf_e2e::tool::tool;

/// A registry with an `auth` section.
struct Guarded {
    http: Http,
    _daemon: Daemon,
    _scratch: Scratch,
}

/// What is compared of an answer.
#[derive(Debug, PartialEq)]
struct Told {
    status: u16,
    challenge: String,
    code: String,
}

fn start(program: PathBuf, auth: &str) -> Guarded {
    let (scratch, address) = (Scratch::new(), free_address());
    let config = scratch.join("config.yml");
    let data = scratch.join("data");
    let text = format!(
        "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n\
         http: {{addr: {address}}}\nauth:\n{auth}",
        data.display()
    );
    fs::write(&config, text).unwrap();
    let arguments = ["serve".to_owned(), config.display().to_string()];
    let environment = [("OTEL_TRACES_EXPORTER", "none")];
    let mut daemon = Daemon::start(&program, arguments, &environment, &scratch.join("log"));
    let http = Http::new(&address);
    daemon
        .wait_until(Duration::from_secs(20), || {
            http.get("/v2/").try_send().is_ok()
        })
        .unwrap();
    Guarded {
        http,
        _daemon: daemon,
        _scratch: scratch,
    }
}

/// What each of the three says to each request with each of these `Authorization` headers.
fn compare(auth: &str, credentials: &[(&str, &str)]) {
    let servers = ["docker-registry", "registry"].map(|name| start(tool(name), auth));
    let ours = start(wharf(), auth);
    let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let blob = format!("/v2/a/b/blobs/{digest}");
    let requests = [
        ("GET", "/v2/"),
        ("GET", "/v2/_catalog"),
        ("GET", "/v2/a/b/tags/list"),
        ("GET", "/v2/a/b/manifests/x"),
        ("HEAD", "/v2/a/b/manifests/x"),
        ("DELETE", &blob),
        ("GET", &blob),
    ];
    for (who, credentials) in credentials {
        for (method, path) in requests {
            let ask = |server: &Guarded| {
                let call = match method {
                    "HEAD" => server.http.head(path),
                    "DELETE" => server.http.delete(path),
                    _ => server.http.get(path),
                };
                let call = match *credentials {
                    "" => call,
                    header => call.header("Authorization", header),
                };
                told(&call.send())
            };
            let expected = servers.each_ref().map(ask);
            assert_eq!(expected[0], expected[1], "{who}: {method} {path}");
            assert_eq!(ask(&ours), expected[1], "{who}: {method} {path}");
        }
    }
}

fn told(answer: &Answer) -> Told {
    let code = match answer.status {
        401 if !answer.body.is_empty() => answer.json()["errors"][0]["code"].to_string(),
        _ => String::new(),
    };
    let challenge = answer.headers.get("www-authenticate");
    let challenge = challenge.cloned().unwrap_or_else(|| "".parse().unwrap());
    Told {
        status: answer.status,
        challenge: challenge.to_str().unwrap().to_owned(),
        code,
    }
}

#[test]
fn of_htpasswd() {
    let scratch = Scratch::new();
    let path = scratch.join("htpasswd");

    fs::write(
        &path,
        format!("ann:{HASH}\nbob:{{SHA}}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"),
    )
    .unwrap();
    let basic = |text: &str| {
        let encoded = Run::tool("base64").words("--wrap 0").input(text).ok();
        format!("Basic {}", encoded.text())
    };
    let auth = format!(
        "  htpasswd: {{realm: the realm, path: {}}}\n",
        path.display()
    );
    compare(
        &auth,
        &[
            ("nobody", ""),
            ("ann", &basic("ann:secret")),
            ("ann with a wrong password", &basic("ann:Secret")),
            ("bob", &basic("bob:secret")),
            ("carl", &basic("carl:secret")),
            ("no colon", &basic("ann")),
            ("a bearer", "Bearer x"),
            ("rubbish", "rubbish"),
        ],
    );
}

#[test]
fn of_silly() {
    let auth = "  silly: {realm: the realm, service: the service}\n";
    compare(auth, &[("nobody", ""), ("anybody", "anything")]);
}

/// bcrypt, of `secret`.
const HASH: &str = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";
