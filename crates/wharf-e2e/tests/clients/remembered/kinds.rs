//! Redis behind a password and TLS, watched by sentinels, and as a cluster.

use wharf_e2e::authority::Authority;
use wharf_e2e::redis::{Cluster, Redis, Watched};
use wharf_e2e::server::Kind;

use super::{Scene, at, wait};

fn remembers(scene: &Scene, content: &str) -> String {
    let blob = scene.push("a/b", content);
    wait("it is not remembered", || {
        scene.costs("GET", &blob, 307) == 0
    });
    blob
}

#[test]
fn behind_tls_with_a_password() {
    let authority = Authority::new();
    let redis = Redis::behind_tls(&authority);
    let mut words = at(&redis.address().replace("127.0.0.1", "localhost"));
    let [ca, certificate, key] = authority.files();
    words.extend([
        ("REGISTRY_REDIS_PASSWORD", Redis::PASSWORD.to_owned()),
        ("REGISTRY_REDIS_TLS_ROOTCAS", format!("[{ca}]")),
        ("REGISTRY_REDIS_TLS_CERTIFICATE", certificate),
        ("REGISTRY_REDIS_TLS_KEY", key),
    ]);
    let scene = Scene::start(Kind::Wharf, "known/tls", &words);
    let blob = remembers(&scene, "secret");
    let theirs = Scene::start(Kind::V3, "known/tls", &words);
    assert_eq!(theirs.costs("HEAD", &blob, 307), 0);
    assert_eq!(scene.status("DELETE", &blob), 202);
    assert_eq!(theirs.status("HEAD", &blob), 404);
}

#[test]
fn watched_by_sentinels() {
    let watched = Watched::start();
    let mut words = at(watched.sentinel());
    words.push(("REGISTRY_REDIS_MASTERNAME", "images".to_owned()));
    let scene = Scene::start(Kind::Wharf, "known/sentinels", &words);
    let blob = remembers(&scene, "before");
    let watched = watched.fail_over();
    let later = remembers(&scene, "after");
    assert_eq!(scene.status("GET", &blob), 307);
    assert_eq!(
        watched.master.ask(&["SCARD", "repository::a/b::blobs"]),
        "2"
    );
    assert_eq!(scene.status("DELETE", &later), 202);
    assert_eq!(
        watched.master.ask(&["SCARD", "repository::a/b::blobs"]),
        "1"
    );
}

#[test]
fn in_a_cluster() {
    let cluster = Cluster::start();
    let addresses: Vec<&str> = cluster.addresses().collect();
    let words = vec![(
        "REGISTRY_REDIS_ADDRS",
        format!("[{}]", addresses.join(", ")),
    )];
    let ours = Scene::start(Kind::Wharf, "known/cluster", &words);
    let theirs = Scene::start(Kind::V3, "known/cluster", &words);
    for number in 0..20 {
        let blob = remembers(&ours, &number.to_string());
        assert_eq!(theirs.costs("HEAD", &blob, 307), 0, "{number}");
        assert_eq!(ours.status("DELETE", &blob), 202);
        assert_eq!(theirs.status("HEAD", &blob), 404, "{number}");
    }
    assert_eq!(cluster.ask(&["SCARD", "repository::a/b::blobs"]), "0");
}
