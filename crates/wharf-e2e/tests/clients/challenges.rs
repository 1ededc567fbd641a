//! The same challenges: whoever may not do something is told the same by distribution 2.8, by
//! version 3 and by `wharf`, with the same configuration.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
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

fn start(program: &Path, auth: &str) -> Guarded {
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
    // The others count no wrong passwords.
    let environment = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("REGISTRY_WHARFINGER_AUTH_LIMITS_LOGINS_FAILURES", "0"),
    ];
    let is_ours = program == wharf();
    let environment = if is_ours {
        &environment[..]
    } else {
        &environment[..1]
    };
    let mut daemon = Daemon::start(program, arguments, environment, &scratch.join("log"));
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

/// Each of these servers says the same as ours to each request with each of these
/// `Authorization` headers.
fn compare(servers: &[&str], auth: &str, credentials: &[(&str, &str)]) {
    let servers: Vec<_> = servers
        .iter()
        .map(|name| start(&tool(name), auth))
        .collect();
    let ours = start(&wharf(), auth);
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
            let ours = ask(&ours);
            for server in &servers {
                assert_eq!(ours, ask(server), "{who}: {method} {path}");
            }
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
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let auth = format!(
        "  htpasswd: {{realm: the realm, path: {}}}\n",
        path.display()
    );
    compare(
        &BOTH,
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
    compare(&BOTH, auth, &[("nobody", ""), ("anybody", "anything")]);
}

/// A token server without a server: a key, its certificate, and tokens by OpenSSL, as the
/// tutorials make them.
struct Signer(Scratch);

// === impl Signer ===

impl Signer {
    fn new() -> Self {
        let scratch = Scratch::new();
        Run::tool("openssl")
            .words("req -x509 -newkey rsa:2048 -noenc -days 2 -subj /CN=issuer -keyout")
            .arg(scratch.join("key"))
            .arg("-out")
            .arg(scratch.join("bundle"))
            .ok();
        Self(scratch)
    }

    /// A token with these claims beside the usual ones, which they win over.
    fn token(&self, claims: &Value) -> String {
        let pem = fs::read_to_string(self.0.join("bundle")).unwrap();
        let certificate: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let mut all = json!({
            "iss": "the issuer", "aud": "the service", "sub": "ann", "jti": "1",
            "iat": now, "nbf": now - 10, "exp": now + 300, "access": [],
        });
        for (name, value) in claims.as_object().unwrap() {
            let is_time = matches!(name.as_str(), "nbf" | "exp");
            all[name] = match value.as_i64() {
                Some(from_now) if is_time => json!(now.cast_signed() + from_now),
                _ => value.clone(),
            };
        }
        let header = json!({"alg": "RS256", "typ": "JWT", "x5c": [certificate]});
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed = [header, all]
            .map(|part| encode(part.to_string().as_bytes()))
            .join(".");
        let sign = Run::tool("openssl")
            .words("dgst -sha256 -sign")
            .arg(self.0.join("key"));
        let signature = sign.input(signed.as_str()).ok().stdout;
        format!("Bearer {signed}.{}", encode(&signature))
    }
}

#[test]
fn of_token() {
    let (signer, stranger) = (Signer::new(), Signer::new());
    let access = |name: &str, actions: &[&str]| json!({"access": [{"type": "repository", "name": name, "actions": actions}]});
    let catalog = json!({"access": [{"type": "registry", "name": "catalog", "actions": ["*"]}]});
    let pull = signer.token(&access("a/b", &["pull"]));
    let auth = format!(
        "  token: {{realm: 'https://auth.test/token', service: the service, issuer: the issuer, \
         rootcertbundle: {}}}\n",
        signer.0.join("bundle").display()
    );
    // distribution says nothing of a wrong signature; RFC 6750, section 3.1, calls it invalid.
    let (signed, _) = pull.rsplit_once('.').unwrap();
    let ours = start(&wharf(), &auth);
    let call = ours
        .http
        .get("/v2/")
        .header("Authorization", &format!("{signed}."));
    let told = told(&call.send());
    assert!(
        told.challenge.ends_with(",error=\"invalid_token\""),
        "{told:?}"
    );
    // distribution 2.8 knows one only.
    let several = signer.token(&json!({"aud": ["x", "the service"]}));
    compare(&["registry"], &auth, &[("several services", &several)]);
    compare(
        &BOTH,
        &auth,
        &[
            ("nobody", ""),
            ("basic", "Basic YTpi"),
            ("rubbish", "Bearer rubbish"),
            ("an identity", &signer.token(&json!({}))),
            ("pull", &pull),
            (
                "pull and push",
                &signer.token(&access("a/b", &["pull", "push"])),
            ),
            ("delete", &signer.token(&access("a/b", &["delete"]))),
            ("anything", &signer.token(&access("a/b", &["*"]))),
            ("another repository", &signer.token(&access("a/bc", &["*"]))),
            ("the catalog", &signer.token(&catalog)),
            ("another issuer", &signer.token(&json!({"iss": "another"}))),
            ("another service", &signer.token(&json!({"aud": "another"}))),
            ("expired", &signer.token(&json!({"exp": -100}))),
            ("expired a moment ago", &signer.token(&json!({"exp": -30}))),
            ("of the future", &signer.token(&json!({"nbf": 100}))),
            ("another's key", &stranger.token(&access("a/b", &["pull"]))),
        ],
    );
}

/// distribution 2.8 and version 3.
const BOTH: [&str; 2] = ["docker-registry", "registry"];

/// bcrypt, of `secret`.
const HASH: &str = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";
