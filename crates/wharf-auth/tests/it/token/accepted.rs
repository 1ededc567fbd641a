//! Every kind of key, by every way to name it; and what tokens may leave open.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use wharf_auth::{Access, Action, Resource};

use super::fixtures::{Door, but, claims, granting, now, pull, push, repository};
use super::signer::{Kind, Signer, authority, params};

async fn is_let_in(door: &Door, token: &str, what: &str) {
    assert_eq!(door.pull(token).await, Ok("somebody".to_owned()), "{what}");
}

#[tokio::test]
async fn every_kind_of_key_in_the_bundle_is_found_by_all_of_its_names() {
    for kind in Kind::ALL {
        let signer = Signer::new(kind);
        let door = Door::bundle(&signer.pem());
        for header in [
            json!({"kid": signer.thumbprint()}),
            json!({"kid": signer.fingerprint()}),
            json!({"jwk": signer.jwk()}),
            json!({"x5c": [signer.x5c()]}),
            // What comes first decides.
            json!({"jwk": signer.jwk(), "kid": "x"}),
            json!({"x5c": [signer.x5c()], "kid": "x"}),
        ] {
            let token = signer.sign(header.clone(), &claims());
            is_let_in(&door, &token, &format!("{kind:?} {header}")).await;
        }
    }
}

#[tokio::test]
async fn every_kind_of_key_in_the_jwk_set_is_found_by_all_of_its_names() {
    for kind in Kind::ALL {
        let signer = Signer::new(kind);
        let mut jwk = signer.jwk();
        jwk["kid"] = json!("of the set");
        jwk["use"] = json!("sig");
        let door = Door::jwks(&json!([jwk]));
        for header in [
            json!({"kid": "of the set"}),
            json!({"kid": signer.thumbprint()}),
            json!({"kid": signer.fingerprint()}),
            json!({"jwk": signer.jwk()}),
        ] {
            let token = signer.sign(header.clone(), &claims());
            is_let_in(&door, &token, &format!("{kind:?} {header}")).await;
        }
    }
}

#[tokio::test]
async fn every_kind_of_key_is_trusted_by_a_chain_to_an_authority_of_any_kind() {
    for top in Kind::ALL {
        let root = Signer::authority(top);
        let door = Door::bundle(&root.pem());
        for kind in Kind::ALL {
            let leaf = root.issue(kind, params("leaf"));
            let token = leaf.sign(json!({"x5c": [leaf.x5c()]}), &claims());
            is_let_in(&door, &token, &format!("{top:?} {kind:?}")).await;
        }
    }
}

#[tokio::test]
async fn a_chain_may_have_authorities_between_and_its_end() {
    let root = Signer::authority(Kind::P256);
    let between = root.issue(Kind::P384, authority("between"));
    let leaf = between.issue(Kind::Ed25519, params("leaf"));
    let door = Door::bundle(&root.pem());
    for x5c in [
        json!([leaf.x5c(), between.x5c()]),
        json!([leaf.x5c(), between.x5c(), root.x5c()]),
    ] {
        is_let_in(&door, &leaf.sign(json!({"x5c": x5c}), &claims()), "whole").await;
    }
    door.refuses(&leaf.sign(json!({"x5c": [leaf.x5c()]}), &claims()))
        .await;
}

#[tokio::test]
async fn every_algorithm_for_rsa_is_taken() {
    let signer = Signer::new(Kind::Rsa);
    let door = Door::bundle(&signer.pem());
    for algorithm in [
        Algorithm::RS256,
        Algorithm::RS384,
        Algorithm::RS512,
        Algorithm::PS256,
        Algorithm::PS384,
        Algorithm::PS512,
    ] {
        let token = signer.sign_as(algorithm, json!({"kid": signer.thumbprint()}), &claims());
        is_let_in(&door, &token, &format!("{algorithm:?}")).await;
    }
}

#[tokio::test]
async fn the_key_of_a_certificate_that_has_ended_is_still_trusted_by_name() {
    let mut params = params("old");
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    let signer = Signer::with(Kind::P256, params);
    let door = Door::bundle(&signer.pem());
    let token = signer.sign(json!({"kid": signer.thumbprint()}), &claims());
    is_let_in(&door, &token, "by name").await;
}

#[tokio::test]
async fn claims_may_be_written_in_all_of_their_ways() {
    let signer = Signer::new(Kind::P256);
    let door = Door::bundle(&signer.pem());
    let header = json!({"kid": signer.thumbprint()});
    for claims in [
        but("aud", json!(["other", "registry.example"])),
        but("nbf", Value::Null),
        // Clocks differ.
        but("exp", json!(now() - 30)),
        but("nbf", json!(now() + 30)),
        granting(&json!([
            {"type": "unknown", "name": "x", "actions": ["y"], "more": 1},
            {"type": "repository", "class": "plugin", "name": "a/b", "actions": ["fly", "pull"]},
        ])),
        granting(&json!([{"type": "repository", "name": "a/b", "actions": ["*"]}])),
    ] {
        is_let_in(
            &door,
            &signer.sign(header.clone(), &claims),
            &claims.to_string(),
        )
        .await;
    }
    // Nobody in particular, who only wants to know whether they are let in.
    for sub in [json!(""), Value::Null] {
        let mut claims = but("sub", sub);
        claims["access"] = Value::Null;
        let token = signer.sign(header.clone(), &claims);
        assert_eq!(door.show(&token, &[]).await, Ok(String::new()));
    }
}

#[tokio::test]
async fn rights_of_several_entries_add_up() {
    let signer = Signer::new(Kind::P256);
    let door = Door::bundle(&signer.pem());
    let claims = granting(&json!([
        {"type": "repository", "name": "a/b", "actions": ["pull"]},
        {"type": "repository", "name": "a/b", "actions": ["push"]},
        {"type": "repository", "name": "c", "actions": ["pull"]},
        {"type": "registry", "name": "catalog", "actions": ["*"]},
    ]));
    let token = signer.sign(json!({"kid": signer.thumbprint()}), &claims);
    let catalog = Access {
        resource: Resource::Catalog,
        actions: Action::All.into(),
    };
    for needs in [
        vec![push("a/b")],
        vec![push("a/b"), pull("c")],
        vec![catalog],
    ] {
        assert_eq!(
            door.show(&token, &needs).await,
            Ok("somebody".to_owned()),
            "{needs:?}"
        );
    }
    let insufficient = Err("insufficient_scope".to_owned());
    let delete = repository("a/b", Action::Delete.into());
    for needs in [vec![push("c")], vec![pull("a/b"), pull("d")], vec![delete]] {
        assert_eq!(door.show(&token, &needs).await, insufficient, "{needs:?}");
    }
}
