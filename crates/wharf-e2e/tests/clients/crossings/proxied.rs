//! nginx ends TLS in front of a registry that asks for passwords, or gives out tokens.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::configured::Configured;
use wharf_e2e::docker::BASE_IMAGE;
use wharf_e2e::proxy::{Proxy, Site};
use wharf_e2e::rootfs;
use wharf_e2e::scratch::Scratch;

use super::{basic, issuing, known};
use crate::docker::docker;
use crate::proxied::values;

/// docker and crane as ann, and nobody without her password.
fn push_and_pull(proxy: &Proxy, repository: &str) {
    let (docker, home) = (docker(), Scratch::new());
    let run = |words: &str| docker.run(words).env("DOCKER_CONFIG", home.path());
    let host = proxy.host();
    let image = format!("{host}/{repository}:docker");
    run("tag").args([BASE_IMAGE, &image]).ok();
    let login = |password: &str| {
        let login = run("login --username ann --password-stdin");
        login.arg(&host).input(password)
    };
    login("guessed").fails();
    run("push").arg(&image).fails();
    let told = login("secret").ok();
    assert!(told.mentions("Login Succeeded"), "{told:#?}");
    run("push").arg(&image).ok();
    run("rmi").arg(&image).ok();
    run("pull").arg(&image).ok();
    run("logout").arg(&host).ok();
    run("rmi").arg(&image).ok();
    run("pull").arg(&image).fails();

    let crane = |words: &str| {
        let crane = Run::tool("crane").words(words);
        let crane = crane.env("DOCKER_CONFIG", home.path());
        crane.env("SSL_CERT_FILE", proxy.certificate().file())
    };
    let append = || {
        let append = crane("append --new_layer").arg(layer(&home));
        append
            .arg("--new_tag")
            .arg(format!("{host}/{repository}:crane"))
    };
    append().fails();
    let login = crane("auth login --username ann --password-stdin");
    login.arg(&host).input("secret").ok();
    append().ok();
    crane("validate --remote")
        .arg(format!("{host}/{repository}:crane"))
        .ok();
}

fn layer(scratch: &Scratch) -> PathBuf {
    let (root, file) = (scratch.join("root"), scratch.join("layer.tar"));
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("file"), "a file").unwrap();
    fs::write(&file, rootfs::archive(&root)).unwrap();
    file
}

#[test]
fn a_password_file_behind_nginx_is_asked_through_it() {
    let (configuration, _files) = known();
    let server = configuration.start();
    let proxy = Proxy::nginx_before(server.host(), Site::Forwarding);
    let head = proxy.head_of_stranger("GET", "/v2/");
    assert!(head.starts_with("HTTP/1.1 401 "), "{head}");
    assert_eq!(
        values(&head, "www-authenticate"),
        ["Basic realm=\"Registry\""]
    );
    push_and_pull(&proxy, "behind/nginx");
    assert!(!server.log().contains("guessed"), "{}", server.log());
}

/// As nginx tells where clients are, tokens are had there: no option says so.
#[test]
fn an_authorization_server_behind_nginx_is_where_clients_see_it() {
    let (configuration, _files) = issuing();
    let server = configuration.start();
    let proxy = Proxy::nginx_before(server.host(), Site::Forwarding);
    let head = proxy.head_of_stranger("GET", "/v2/a/tags/list");
    let here = format!(
        "Bearer realm=\"https://{}/auth/token\",service=\"wharfinger\",\
         scope=\"repository:a:pull\"",
        proxy.host()
    );
    assert_eq!(values(&head, "www-authenticate"), [here]);
    push_and_pull(&proxy, "behind/nginx");

    let authfile = Scratch::new();
    let authfile = authfile.join("auth.json");
    let certificates = proxy.certificate().directory();
    let skopeo = |words: &str| {
        let skopeo = Run::tool("skopeo").words(words);
        let skopeo = skopeo.arg("--authfile").arg(&authfile);
        skopeo.arg("--cert-dir").arg(&certificates)
    };
    let login = skopeo("login --username ann --password-stdin");
    fs::create_dir_all(authfile.parent().unwrap()).unwrap();
    login.arg(proxy.host()).input("secret").ok();
    let image = format!("docker://{}/behind/nginx", proxy.host());
    let tags = skopeo("list-tags").arg(image).ok().json();
    assert_eq!(tags["Tags"], json!(["crane", "docker"]));
}

/// Proxies tell in one of several ways where clients are; tokens are had where `Location` leads.
#[test]
fn tokens_are_had_under_the_host_that_any_proxy_tells() {
    let (configuration, _files) = issuing();
    let server = configuration.start();
    let http = server.http();
    let own = format!("http://{}", server.host());
    for (headers, expected) in [
        (&[][..], own.as_str()),
        (
            &[
                ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Host", "r.test"),
            ],
            "https://r.test",
        ),
        (&[("X-Forwarded-Host", "r.test:444")], "http://r.test:444"),
        (
            &[
                ("X-Forwarded-Proto", "https, http"),
                ("X-Forwarded-Host", "r.test, inside"),
            ],
            "https://r.test",
        ),
        (
            &[("Forwarded", "for=192.0.2.1;proto=https;host=r.test")],
            "https://r.test",
        ),
        (
            &[("Forwarded", "host=r.test"), ("X-Forwarded-Host", "x.test")],
            "http://r.test",
        ),
        // Nothing that would lead elsewhere in a URL.
        (&[("X-Forwarded-Host", "u@evil.test")], own.as_str()),
        (&[("X-Forwarded-Host", "evil.test/x?")], own.as_str()),
        (&[("X-Forwarded-Host", "a\",error=\"x")], own.as_str()),
        (&[("X-Forwarded-Proto", "javascript")], own.as_str()),
    ] {
        let mut call = http.get("/v2/");
        for header in headers {
            call = call.header(header.0, header.1);
        }
        let answer = call.expect(401);
        let realm = format!("Bearer realm=\"{expected}/auth/token\",service=\"wharfinger\"");
        assert_eq!(answer.header("www-authenticate"), realm, "{headers:?}");
    }
}

/// Of every line that the audit log has by now: the event, and the address.
fn addresses(server: &Configured) -> Vec<(String, String)> {
    let text = fs::read_to_string(server.directory().join("audit.log")).unwrap();
    let lines = text.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        (text("event"), text("address"))
    });
    lines.collect()
}

/// A client at 127.0.0.1 logs in, and says that it is elsewhere. The addresses that are
/// believed, by event.
fn logged(proxies: Value) -> Vec<(String, String)> {
    let (configuration, _files) = issuing();
    let server = configuration
        .set("wharfinger.auth.audit", json!("{scratch}/audit.log"))
        .set("wharfinger.auth.proxies", proxies)
        .start();
    let proxy = Proxy::nginx_before(server.host(), Site::Addressed);
    for password in ["secret", "guessed"] {
        let headers = format!(
            "Authorization: {}\r\nX-Forwarded-For: 198.51.100.7\r\n",
            basic("ann", password)
        );
        _ = proxy.exchange("GET", "/auth/token", &headers, b"");
    }
    let start = std::time::Instant::now();
    while addresses(&server).len() < 4 {
        assert!(start.elapsed().as_secs() < 20, "{:?}", addresses(&server));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    addresses(&server)
}

#[test]
fn the_audit_log_has_the_address_of_the_client_behind_a_named_proxy() {
    for (proxies, expected) in [
        (json!([Site::ADDRESS]), "127.0.0.1"),
        (json!([]), Site::ADDRESS),
        (json!(["192.0.2.0/24"]), Site::ADDRESS),
        // Then 127.0.0.1 is a proxy too, and is believed.
        (json!(["127.0.0.0/8"]), "198.51.100.7"),
    ] {
        let told = logged(proxies.clone());
        let events: Vec<_> = told.iter().map(|(event, _)| event.as_str()).collect();
        assert_eq!(events, ["login", "token", "login", "token"], "{proxies}");
        for (event, address) in &told {
            assert_eq!(address, expected, "{event} with {proxies}");
        }
    }
}
