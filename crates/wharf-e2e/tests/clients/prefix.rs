//! Below a path (`http.prefix`), behind nginx: every step of a push and of a list is where the
//! answer before it says.

use serde_json::{Value, json};
use wharf_e2e::configured::Configuration;
use wharf_e2e::digest::sha256;
use wharf_e2e::noise;
use wharf_e2e::proxy::{Proxy, Site};
use wharf_e2e::publish::{OCI_IMAGE, with_digest};

use crate::proxied::values;

const PREFIX: &str = "/images/hub/";

struct Answer {
    head: String,
    body: Vec<u8>,
}

struct Client<'a> {
    nginx: &'a Proxy,
    /// What every `Location` begins with.
    base: String,
}

// === impl Answer ===

impl Answer {
    fn header(&self, name: &str) -> String {
        match values(&self.head, name).as_slice() {
            [value] => value.clone(),
            _ => panic!("not one {name} in {}", self.head),
        }
    }
}

// === impl Client ===

impl Client<'_> {
    fn ask(&self, method: &str, target: &str, headers: &str, body: &[u8], status: u16) -> Answer {
        let answer = self.nginx.exchange(method, target, headers, body);
        let end = answer.windows(4).position(|part| part == b"\r\n\r\n");
        let (head, body) = answer.split_at(end.unwrap() + 4);
        let head = String::from_utf8(head.to_vec()).unwrap();
        let expected = format!("HTTP/1.1 {status} ");
        assert!(head.starts_with(&expected), "{method} {target}: {head}");
        Answer {
            head,
            body: body.to_vec(),
        }
    }

    fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, "", b"", 200)
    }

    /// Where an answer leads, as a path.
    fn location(&self, answer: &Answer) -> String {
        let location = answer.header("location");
        assert!(location.starts_with(&self.base), "{location}");
        let host = format!("https://{}", self.nginx.host());
        let path = location.strip_prefix(&host);
        path.unwrap_or(&location).to_owned()
    }

    /// In a session, in two pieces.
    fn push_blob(&self, bytes: &[u8]) -> String {
        let digest = sha256(bytes);
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let uploads = format!("{PREFIX}v2/some/app/blobs/uploads/");
        let session = self.ask("POST", &uploads, "", b"", 202);
        let chunk = self.ask("PATCH", &self.location(&session), "", first, 202);
        let target = with_digest(&self.location(&chunk), &digest);
        let whole = self.ask("PUT", &target, "", second, 201);
        let target = self.location(&whole);
        assert_eq!(target, format!("{PREFIX}v2/some/app/blobs/{digest}"));
        assert!(self.get(&target).body == bytes);
        digest
    }

    fn push_manifest(&self, tag: &str, manifest: &[u8]) {
        let target = format!("{PREFIX}v2/some/app/manifests/{tag}");
        let headers = format!("Content-Type: {OCI_IMAGE}\r\n");
        let answer = self.ask("PUT", &target, &headers, manifest, 201);
        assert_eq!(self.get(&self.location(&answer)).body, manifest);
    }

    /// All pages of a list, by `Link`, which is relative to the page (RFC 8288).
    fn list(&self, route: &str, of: &str) -> (Vec<String>, usize) {
        let mut target = format!("{PREFIX}v2/{route}?n=2");
        let (mut all, mut pages) = (Vec::new(), 0);
        loop {
            let page = self.get(&target);
            pages += 1;
            let json: Value = serde_json::from_slice(&page.body).unwrap();
            let items = json[of].as_array().unwrap();
            all.extend(items.iter().map(|item| item.as_str().unwrap().to_owned()));
            let links = values(&page.head, "link");
            let Some(link) = links.first() else {
                return (all, pages);
            };
            let link = link.strip_prefix('<').unwrap();
            let (next, rest) = link.split_once('>').unwrap();
            assert_eq!(rest, "; rel=\"next\"");
            let host = format!("https://{}", self.nginx.host());
            next.strip_prefix(&host)
                .unwrap_or(next)
                .clone_into(&mut target);
            assert!(target.starts_with(PREFIX), "{target}");
        }
    }
}

fn push_and_pull(relative: bool) {
    let server = Configuration::default()
        .set("http.prefix", json!(PREFIX))
        .set("http.relativeurls", json!(relative))
        .start();
    let nginx = Proxy::nginx_before(server.host(), Site::Below(PREFIX));
    let host = format!("https://{}", nginx.host());
    let base = if relative { "" } else { &host };
    let client = Client {
        nginx: &nginx,
        base: format!("{base}{PREFIX}v2/some/app/"),
    };
    client.get(&format!("{PREFIX}v2/"));
    let layer = noise::bytes(3, 300_000);
    let digest = client.push_blob(&layer);
    let config = client.push_blob(b"{}");
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2,
        },
        "layers": [{
            "mediaType": "application/octet-stream", "digest": digest, "size": layer.len(),
        }],
    })
    .to_string();
    let tags = ["a", "b", "c", "d", "e"];
    for tag in tags {
        client.push_manifest(tag, manifest.as_bytes());
    }
    let list = client.list("some/app/tags/list", "tags");
    assert_eq!(list, (tags.map(str::to_owned).to_vec(), 3));
    let list = client.list("_catalog", "repositories");
    assert_eq!(list.0, ["some/app"]);

    // The path is a part of every address.
    client.ask("GET", "/v2/", "", b"", 404);
    server.http().get("/v2/").expect(404);
    let http = server.http();
    let inside = http.get(&format!("{PREFIX}v2/some/app/manifests/a"));
    assert_eq!(inside.expect(200).body, manifest);
}

#[test]
fn push_and_pull_below_a_path() {
    push_and_pull(false);
}

#[test]
fn push_and_pull_below_a_path_by_relative_locations() {
    push_and_pull(true);
}
