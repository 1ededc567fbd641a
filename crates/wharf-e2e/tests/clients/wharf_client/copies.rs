//! Between registries and layouts, and what other clients make of it.

use serde_json::{Value, json};
use wharf_e2e::command::Run;
use wharf_e2e::configured::Configuration;
use wharf_e2e::peer::{Family, Peer};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{Kind, Server, Setup};
use wharf_e2e::token_server::TokenServer;

use super::{Client, HASH, copied};

/// Each registry gives to the next one.
#[test]
fn an_image_goes_round_and_stays_what_it_was() {
    let kinds = [Kind::Wharf, Kind::Debian, Kind::V3];
    let servers = kinds.map(|kind| Setup::of(kind).start());
    let client = Client::new();
    let index = servers[0].push_index("first/app", "1");
    let hop = |from: &Server, to: &Server, number: usize| {
        let from = format!("{}/first/app:{number}", from.host());
        let to = format!("{}/first/app:{}", to.host(), number + 1);
        let told = client.told(&format!("copy --json {from} {to}"));
        assert_eq!(copied(&told)["digest"], index.digest, "{from} to {to}");
    };
    for (number, [from, to]) in [[0, 1], [1, 2], [2, 0]].into_iter().enumerate() {
        hop(&servers[from], &servers[to], number + 1);
        let found = servers[to].whole_image("first/app", &(number + 2).to_string());
        assert_eq!(found, index);
    }
    // Within a registry, no blob is sent.
    for server in &servers {
        let from = format!("{}/first/app@{}", server.host(), index.digest);
        let to = format!("{}/second/app:1", server.host());
        let told = client.told(&format!("copy --json {from} {to}"));
        let last = copied(&told);
        assert_eq!(
            (&last["stored"], &last["bytes"]),
            (&json!(0), &json!(0)),
            "{last:#}"
        );
        assert_eq!(
            last["mounted"].as_u64().unwrap() + last["skipped"].as_u64().unwrap(),
            6
        );
        assert_eq!(server.whole_image("second/app", "1"), index);
    }
}

#[test]
fn what_was_pulled_is_pushed_from_where_it_is() {
    let (from, to) = (Server::wharf(), Server::distribution_v3());
    let client = Client::new();
    let index = from.push_index("team/app", "1.0");
    let name = format!("{}/team/app:1.0", from.host());
    let pulled = client.run(&format!("pull {name}"));
    assert_eq!(pulled.code, Some(0), "{pulled:#?}");
    let chosen = format!("from {name} to oci:app:1.0\n");
    assert!(pulled.stderr.starts_with(&chosen), "{pulled:#?}");
    let again = client.told(&format!("pull --json {name}"));
    let counts = |field: &str| copied(&again)[field].as_u64().unwrap();
    assert_eq!((counts("stored"), counts("skipped")), (0, 6));

    // Others read it.
    let layout = client.path().join("app");
    let raw = Run::tool("skopeo")
        .words("inspect --raw")
        .arg("oci:app:1.0");
    assert_eq!(raw.directory(client.path()).ok().stdout, index.body);
    let listed = Run::tool("regctl").words("manifest get --format raw-body ocidir://app:1.0");
    assert_eq!(listed.directory(client.path()).ok().stdout, index.body);
    let by_crane = format!("{}/by/crane:1", to.host());
    Run::tool("crane")
        .words("push --index")
        .arg(&layout)
        .arg(&by_crane)
        .ok();
    assert!(to.has_manifest("by/crane", "1"));

    let to_name = format!("{}/team/app:1.0", to.host());
    let digest = client.ok(&format!("push --quiet {to_name}"));
    assert_eq!(digest.trim(), index.digest);
    assert_eq!(to.whole_image("team/app", "1.0"), index);
    let crane = Run::tool("crane").words("digest").arg(&to_name).ok().text();
    assert_eq!(crane, index.digest);
    let by_digest = format!("{}/again/app@{}", to.host(), index.digest);
    client.ok(&format!("push {by_digest}"));
    assert!(to.has_manifest("again/app", &index.digest));
}

/// What others wrote is read.
#[test]
fn layouts_of_others_are_pushed() {
    let (from, to) = (Server::wharf(), Server::wharf());
    let client = Client::new();
    let index = from.push_index("app", "1");
    let name = format!("{}/app:1", from.host());
    let skopeo = Run::tool("skopeo").words("copy --all --src-tls-verify=false");
    skopeo
        .arg(format!("docker://{name}"))
        .arg("oci:skopeo:1")
        .directory(client.path())
        .ok();
    let crane = Run::tool("crane")
        .words("pull --format oci")
        .arg(&name)
        .arg("crane");
    crane.directory(client.path()).ok();
    let regctl = Run::tool("regctl")
        .words("image copy")
        .arg(&name)
        .arg("ocidir://regctl:1");
    let host = format!("reg={},tls=disabled", from.host());
    regctl
        .arg("--host")
        .arg(host)
        .env("HOME", client.path())
        .directory(client.path())
        .ok();
    for place in ["oci:skopeo:1", "oci:crane", "oci:regctl:1"] {
        let tag = place.replace(':', "-");
        client.ok(&format!("copy {place} {}/app:{tag}", to.host()));
        assert_eq!(to.whole_image("app", &tag), index, "{place}");
    }
}

#[test]
fn one_platform_or_some() {
    let (from, to) = (Server::wharf(), Server::wharf());
    let client = Client::new();
    let index = from.push_index("app", "1");
    let arm64 = from.manifest("app", "1-arm64");
    let name = format!("{}/app:1", from.host());
    let one = client.told(&format!(
        "copy --json --platform linux/arm64 {name} {}/app:one",
        to.host()
    ));
    assert_eq!(copied(&one)["digest"], arm64.digest);
    assert_eq!(to.whole_image("app", "one"), arm64);
    let all = "--platform linux/arm64 --platform linux/amd64";
    let both = client.told(&format!("copy --json {all} {name} {}/app:both", to.host()));
    assert_eq!(copied(&both)["digest"], index.digest);
    let none = client.run(&format!("pull --platform linux/s390x {name}"));
    assert_eq!(none.code, Some(3), "{none:#?}");
    assert!(
        none.stderr.contains("there is linux/amd64, linux/arm64"),
        "{none:#?}"
    );
}

#[test]
fn tags_are_copied_by_pattern_and_one_that_fails_stops_no_other() {
    let (from, to) = (Server::wharf(), Server::debian_registry());
    let client = Client::new();
    for tag in ["v1.0", "v1.1", "v2.0", "latest"] {
        let _ = from.push_image("team/app", tag, "amd64");
    }
    let (source, target) = (
        format!("{}/team/app", from.host()),
        format!("{}/app", to.host()),
    );
    client.ok(&format!("copy --tags v1.* --tags latest {source} {target}"));
    let mut tags = to.tags("app");
    tags.sort();
    assert_eq!(tags, ["latest", "v1.0", "v1.1"]);
    for tag in tags {
        assert_eq!(to.whole_image("app", &tag), from.manifest("team/app", &tag));
    }
    client.ok(&format!("copy --all-tags {source} oci:all"));
    let found = client.ok("inspect --raw oci:all:v2.0");
    assert_eq!(found.as_bytes(), from.manifest("team/app", "v2.0").body);
    // And back from there, as where the two registries do not reach each other.
    client.ok(&format!("copy -a oci:all {}/back", to.host()));
    assert_eq!(to.tags("back").len(), 4);
    let back = to.whole_image("back", "v2.0");
    assert_eq!(back, from.manifest("team/app", "v2.0"));
    let one = client.run(&format!("copy -a oci:all:v2.0 {}/back", to.host()));
    assert!(one.stderr.contains("is one image"), "{one:#?}");

    let lost = &from.manifest("team/app", "v1.0").blobs()[0].digest;
    let blob = format!("/v2/team/app/blobs/{lost}");
    from.http().delete(&blob).expect(202);
    let some = client.run(&format!("copy --json -a {source} {}/some", to.host()));
    assert_eq!(some.code, Some(3), "{some:#?}");
    assert!(
        some.stderr.contains("1 of 4 tags could not be copied: "),
        "{some:#?}"
    );
    assert!(some.stdout.contains(r#""event":"failed""#), "{some:#?}");
    assert_eq!(to.tags("some").len(), 3);
    let none = client.run(&format!("copy --tags x* {source} {target}"));
    assert_eq!(none.code, Some(3), "{none:#?}");

    // When nobody answers any more, the other tags are not tried.
    let host = to.host().to_owned();
    drop(to);
    let gone = client.run(&format!("copy -a oci:all {host}/gone"));
    assert_eq!(gone.code, Some(6), "{gone:#?}");
    let told = gone.stderr.matches("wharf: oci:all:").count();
    assert_eq!(told, 1, "{gone:#?}");
}

/// Names with passwords, by basic authentication and by tokens of two servers.
#[test]
fn registries_that_ask_who_is_there() {
    let accounts = Accounts::new();
    let basic = Configuration::default()
        .set("auth.htpasswd", accounts.htpasswd())
        .start();
    there_and_back(basic.host(), "ann:secret");
    let own = Configuration::default()
        .set("auth.htpasswd", accounts.htpasswd())
        .set("wharfinger.auth.directory", json!("{scratch}/auth"))
        .set("wharfinger.auth.server", json!({"expiration": "2m"}))
        .start();
    there_and_back(own.host(), "ann:secret");
    let issuer = TokenServer::start();
    let token = json!({
        "realm": issuer.realm(), "service": "registry", "issuer": TokenServer::ISSUER,
        "rootcertbundle": issuer.certificate(),
    });
    let foreign = Configuration::default().set("auth.token", token).start();
    there_and_back(foreign.host(), &format!("docker:{}", issuer.password()));
}

/// The same where others wrote the challenges.
#[test]
fn registries_of_others_that_ask_who_is_there() {
    let accounts = Accounts::new();
    for kind in [Kind::Debian, Kind::V3] {
        let basic = Setup::of(kind)
            .variable("REGISTRY_AUTH_HTPASSWD_REALM", "Registry".to_owned())
            .variable("REGISTRY_AUTH_HTPASSWD_PATH", accounts.file())
            .start();
        there_and_back(basic.host(), "ann:secret");
    }
    // The third takes no token of the second's server.
    let issuer = TokenServer::start();
    let certificate = issuer.certificate().display().to_string();
    let tokens = Setup::of(Kind::Debian)
        .variable("REGISTRY_AUTH_TOKEN_REALM", issuer.realm())
        .variable("REGISTRY_AUTH_TOKEN_SERVICE", "registry".to_owned())
        .variable("REGISTRY_AUTH_TOKEN_ISSUER", TokenServer::ISSUER.to_owned())
        .variable("REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE", certificate)
        .start();
    there_and_back(tokens.host(), &format!("docker:{}", issuer.password()));
    let zot = Peer::start_with_passwords(Family::Zot, &accounts.file());
    there_and_back(zot.host(), "ann:secret");
}

/// A file with the password of `ann`.
struct Accounts(Scratch);

// === impl Accounts ===

impl Accounts {
    fn new() -> Self {
        let scratch = Scratch::new();
        std::fs::write(scratch.join("htpasswd"), format!("ann:{HASH}\n")).unwrap();
        Self(scratch)
    }

    fn file(&self) -> String {
        self.0.join("htpasswd").display().to_string()
    }

    fn htpasswd(&self) -> Value {
        json!({"realm": "Registry", "path": self.file()})
    }
}

/// A mirror is asked by whoever is kept for it, and never with what is meant for the registry.
#[test]
fn a_mirror_may_ask_who_is_there() {
    let accounts = Accounts::new();
    let mirror = Configuration::default()
        .set("auth.htpasswd", accounts.htpasswd())
        .start();
    let (open, client) = (Server::wharf(), Client::new());
    let index = open.push_index("team/app", "1");
    let host = mirror.host();
    let from = format!("{}/team/app:1", open.host());
    client.ok(&format!("copy --creds ann:secret {from} {host}/team/app:1"));
    // There alone it is found now.
    open.http()
        .delete(&format!("/v2/team/app/manifests/{}", index.digest))
        .expect(202);
    let pull = |flags: &str| client.run(&format!("pull -q --mirror {host} {flags} {from} oci:x"));
    assert_eq!(pull("").code, Some(3));
    assert_eq!(pull("--creds ann:secret").code, Some(3));
    let told = pull(&format!("--creds {host}=ann:secret"));
    assert_eq!(
        (told.code, told.stdout.trim()),
        (Some(0), &*index.digest),
        "{told:#?}"
    );
    let auths = json!({"auths": {host: {"auth": "YW5uOnNlY3JldA=="}}});
    std::fs::write(client.path().join("config.json"), auths.to_string()).unwrap();
    let told = pull("");
    assert_eq!(told.code, Some(0), "{told:#?}");
}

/// Copies an image to where only these credentials count, and pulls it from there.
fn there_and_back(host: &str, creds: &str) {
    let (open, client) = (Server::wharf(), Client::new());
    let index = open.push_index("app", "1");
    let user = creds.split(':').next().unwrap();
    let name = format!("{host}/{user}/app:1");
    let from = format!("{}/app:1", open.host());
    let told = client.told(&format!("copy --json --creds {host}={creds} {from} {name}"));
    assert_eq!(copied(&told)["digest"], index.digest);
    let told = client.told(&format!("pull --json --creds {creds} {name} oci:back"));
    assert_eq!(copied(&told)["digest"], index.digest);
    let digest = client.ok(&format!("digest --creds {creds} {name}"));
    assert_eq!(digest.trim(), index.digest);
    for refused in ["--anonymous", "--creds ann:wrong"] {
        let done = client.run(&format!("pull {refused} {name} oci:x"));
        assert_eq!(done.code, Some(4), "{done:#?}");
        assert!(!done.stderr.contains("wrong:"), "{done:#?}");
    }
}
