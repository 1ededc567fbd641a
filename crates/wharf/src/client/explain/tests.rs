//! Steps as they are told. That they can be run is tested with real servers (wharf-e2e).

use std::time::Duration;

use wharf_client::{
    AnswerHead, Authorization, ClientIdentity, ClientSettings, Exchange, FetchedManifest,
    FormField, Mirror, Pem, Protocol, Purpose, SentContent, Verification,
};
use wharf_spec::Digest;

use super::Explanation;
use super::options::Options;

fn digest() -> Digest {
    format!("sha256:{}", "ab12".repeat(16)).parse().unwrap()
}

fn exchange(purpose: Purpose, method: &str, url: &str, status: u16) -> Exchange {
    Exchange {
        purpose,
        registry: super::shell::host(url).to_owned(),
        redirects: 0,
        method: method.to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        authorization: Authorization::Nothing,
        content: SentContent::Nothing,
        outcome: Ok(AnswerHead {
            status,
            headers: Vec::new(),
        }),
        took: Duration::from_millis(7),
    }
}

fn answered(mut exchange: Exchange, name: &str, value: &str) -> Exchange {
    let head = exchange.outcome.as_mut().unwrap();
    head.headers.push((name.to_owned(), value.to_owned()));
    exchange
}

/// Steps of one explanation.
fn steps(exchanges: &[Exchange]) -> String {
    let explanation = Explanation::new();
    let mut state = super::lock(&explanation.state);
    let steps = exchanges
        .iter()
        .flat_map(|it| state.lines(it, &["-k".to_owned()]));
    steps.collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_that_a_server_says_gets_out_of_its_place() {
    let evil = "'; touch evil; $(id)\n";
    let token = exchange(
        Purpose::Token(Vec::new()),
        "GET",
        &format!("http://a/{evil}"),
        401,
    );
    let token = answered(token, "www-authenticate", evil);
    let shown = steps(&[token]);
    assert_eq!(
        shown,
        "# 1. token: proves who is asking\n\
         curl -sS -k -i 'http://a/'\\''; touch evil; $(id) '\n\
         #    → 401: wants to see '; touch evil; $(id)  (7 ms)"
    );
    let digest = digest();
    let start = exchange(Purpose::UploadStart(digest), "POST", "http://a/v2/b/", 202);
    let start = answered(start, "location", "/v2/$(id)");
    // What bash takes comes from the registry that is asked then, and is not read as code.
    assert!(!steps(&[start]).contains("$(id)"));
    let mut broken = exchange(Purpose::Ping, "GET", "http://a/v2/", 200);
    broken.outcome = Err("the connection broke\nrm -rf x".to_owned());
    let shown = steps(&[broken]);
    assert_eq!(shown.lines().count(), 3, "{shown}");
    assert!(
        shown.contains("no answer: the connection broke rm"),
        "{shown}"
    );
}

#[test]
fn each_token_has_a_variable() {
    let scope = |name: &str| vec![format!("repository:{name}:pull")];
    let token = |name: &str| {
        let mut token = exchange(Purpose::Token(scope(name)), "GET", "http://t/", 200);
        token.registry = "a".to_owned();
        token.authorization = Authorization::Basic("it's".to_owned());
        token
    };
    let mut read = exchange(Purpose::Tags, "GET", "http://a/v2/b/tags/list", 200);
    read.authorization = Authorization::Bearer(scope("b"));
    let shown = steps(&[token("a"), token("b"), read, token("a")]);
    for line in [
        "WHARF_USER='it'\\''s'",
        ": \"${WHARF_PASSWORD:?is to be the password}\"",
        "TOKEN_2=$(curl -sS -k -u \"$WHARF_USER:$WHARF_PASSWORD\" http://t/ | jq -r '.token // .access_token')",
        "curl -sS -k -H \"Authorization: Bearer $TOKEN_2\" http://a/v2/b/tags/list | jq .",
    ] {
        assert_eq!(shown.matches(line).count(), 1, "{line}: {shown}");
    }
    assert_eq!(shown.matches("\nTOKEN=$(").count(), 2, "{shown}");
}

#[test]
fn no_registry_sees_the_secrets_of_another() {
    let scopes = || vec!["repository:b:pull".to_owned()];
    let token = |registry: &str, user: &str| {
        let mut token = exchange(Purpose::Token(scopes()), "GET", "http://t/", 200);
        token.registry = registry.to_owned();
        token.authorization = Authorization::Basic(user.to_owned());
        token
    };
    let read = |registry: &str| {
        let url = format!("http://{registry}/v2/b/tags/list");
        let mut read = exchange(Purpose::Tags, "GET", &url, 200);
        read.authorization = Authorization::Bearer(scopes());
        read
    };
    let field = FormField {
        name: "refresh_token".to_owned(),
        value: None,
    };
    let mut form = exchange(Purpose::Token(Vec::new()), "POST", "http://t/", 200);
    form.registry = "two".to_owned();
    form.content = SentContent::Form(vec![field]);
    let mut own = exchange(Purpose::Ping, "GET", "http://two/v2/", 200);
    own.authorization = Authorization::RegistryToken;
    let shown = steps(&[
        // Who wants to see nothing has no number.
        exchange(Purpose::Ping, "GET", "http://zero/v2/", 200),
        token("one", "ann"),
        token("two", "bob"),
        read("one"),
        read("two"),
        form,
        own,
    ]);
    for line in [
        "WHARF_USER=ann",
        ": \"${WHARF_PASSWORD:?is to be the password}\"",
        "TOKEN=$(curl -sS -k -u \"$WHARF_USER:$WHARF_PASSWORD\" http://t/ | jq -r '.token // .access_token')",
        "WHARF_USER_2=bob",
        ": \"${WHARF_PASSWORD_2:?is to be the password of two}\"",
        "TOKEN_2=$(curl -sS -k -u \"$WHARF_USER_2:$WHARF_PASSWORD_2\" http://t/ | jq -r '.token // .access_token')",
        "curl -sS -k -H \"Authorization: Bearer $TOKEN\" http://one/v2/b/tags/list | jq .",
        "curl -sS -k -H \"Authorization: Bearer $TOKEN_2\" http://two/v2/b/tags/list | jq .",
        ": \"${WHARF_IDENTITY_TOKEN_2:?is to be the identity token of two}\"",
        ": \"${WHARF_TOKEN_2:?is to be the token for the registry of two}\"",
        "curl -sS -k -H \"Authorization: Bearer $WHARF_TOKEN_2\" -D - -o /dev/null http://two/v2/",
    ] {
        let found = shown.lines().filter(|it| *it == line).count();
        assert_eq!(found, 1, "{line}: {shown}");
    }
    assert!(
        shown.contains("refresh_token=$WHARF_IDENTITY_TOKEN_2"),
        "{shown}"
    );
}

#[test]
fn mirrors_are_not_reached_as_the_registry_is() {
    let pem = |path: &str| Pem {
        path: path.into(),
        text: "hidden".into(),
    };
    let mirror = Mirror {
        registry: "mirror:1".parse().unwrap(),
        path: String::new(),
        protocol: Protocol::Https,
        credential: None,
    };
    let mut settings = ClientSettings {
        verification: Verification::None,
        identity: Some(ClientIdentity {
            certificate: pem("c.pem"),
            key: pem("k.pem"),
        }),
        mirrors: vec![mirror],
        ..ClientSettings::default()
    };
    let of = |settings: &ClientSettings, registry: &str, url: &str| {
        let mut exchange = exchange(Purpose::Ping, "GET", url, 200);
        exchange.registry = registry.to_owned();
        Options::of(settings).for_exchange(&exchange).join(" ")
    };
    let own = "-k --cert c.pem --key k.pem";
    assert_eq!(of(&settings, "home", "https://home/v2/"), own);
    assert_eq!(of(&settings, "home", "https://tokens/"), "-k");
    assert_eq!(of(&settings, "mirror:1", "https://mirror:1/v2/"), "");
    settings.unverified_mirrors = vec!["mirror:1".parse().unwrap()];
    assert_eq!(of(&settings, "mirror:1", "https://mirror:1/v2/"), "-k");
}

#[test]
fn forms_have_variables_for_secrets() {
    let mut token = exchange(Purpose::Token(Vec::new()), "POST", "http://t/", 200);
    let field = |name: &str, value: Option<&str>| FormField {
        name: name.to_owned(),
        value: value.map(str::to_owned),
    };
    token.headers = vec![("content-type".to_owned(), "x".to_owned())];
    token.content = SentContent::Form(vec![
        field("service", Some("the service")),
        field("refresh_token", None),
        field("password", None),
    ]);
    let shown = steps(&[token]);
    let form = "--data-urlencode 'service=the service' \
                --data-urlencode \"refresh_token=$WHARF_IDENTITY_TOKEN\" \
                --data-urlencode \"password=$WHARF_PASSWORD\" http://t/";
    assert!(shown.contains(form), "{shown}");
    assert!(!shown.contains("Content-Type"), "{shown}");
}

#[test]
fn layers_have_numbers_once_their_manifest_was_read() {
    let digest = digest();
    let layer = || exchange(Purpose::Blob(digest), "GET", "http://a/v2/b/blobs/x", 200);
    assert!(steps(&[layer()]).contains("-o blob-"));
    let explanation = Explanation::new();
    let mut state = super::lock(&explanation.state);
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
        "config":{{"mediaType":"application/vnd.oci.image.config.v1+json","size":2,
        "digest":"sha256:{0}"}},"layers":[{{"size":1,"digest":"{digest}",
        "mediaType":"application/vnd.oci.image.layer.v1.tar+zstd"}}]}}"#,
        "0".repeat(64)
    );
    state.documents.read(&FetchedManifest {
        digest,
        bytes: manifest.into(),
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
    });
    let moved = answered(
        exchange(Purpose::Blob(digest), "GET", "http://a/v2/b/blobs/x", 307),
        "location",
        "https://bucket/x?signature=hidden",
    );
    let mut there = exchange(
        Purpose::Blob(digest),
        "GET",
        "https://bucket/x?signature=hidden",
        200,
    );
    there.redirects = 1;
    let lines = [state.lines(&moved, &[]), state.lines(&there, &[])].concat();
    let hex = digest.hex();
    let name = format!("layer-1-{}.tar.zst", &hex[..12]);
    assert_eq!(
        lines,
        [
            "# 1. layer 1 of 1".to_owned(),
            format!("curl -sS -L -o {name} http://a/v2/b/blobs/x"),
            format!("echo '{hex}  {name}' | sha256sum -c"),
            "#    → 307: it is at bucket, which -L follows (7 ms)".to_owned(),
            "#    from bucket: → 200 (7 ms)".to_owned(),
        ]
    );
}

#[test]
fn chunks_are_parts_of_files() {
    let digest = digest();
    let purpose = Purpose::UploadChunk { digest, offset: 10 };
    let mut chunk = exchange(purpose, "PATCH", "http://a/u/1", 202);
    chunk.content = SentContent::Bytes(5);
    let chunk = answered(chunk, "location", "/u/2");
    let shown = steps(&[chunk]);
    let (short, hex) = (&digest.hex()[..8], digest.hex());
    let expected = format!(
        "LOCATION_{short}=http://a$(curl -sS -k -o /dev/null -w '%header{{location}}' -X PATCH \
         --data-binary @<(tail -c +11 \"$BLOBS/{hex}\" | head -c 5) \"$LOCATION_{short}\")"
    );
    assert!(shown.contains(&expected), "{shown}");
    assert!(shown.contains("\n: \"${BLOBS:?"), "{shown}");
}
