//! `x5c`: certificates that somebody may try to be trusted by.

use serde_json::json;

use super::fixtures::{Door, claims};
use super::signer::{Kind, Signer, authority, params, trusted};

#[tokio::test]
async fn a_trusted_certificate_behind_an_untrusted_leaf_vouches_for_nothing() {
    let root = Signer::authority(Kind::P256);
    let leaf = root.issue(Kind::P256, params("leaf"));
    let attacker = Signer::new(Kind::P256);
    for trusted in [&root, &leaf] {
        let door = Door::bundle(&trusted.pem());
        for x5c in [
            json!([attacker.x5c(), trusted.x5c()]),
            json!([attacker.x5c(), leaf.x5c(), root.x5c()]),
            // The leaf is right, but did not sign.
            json!([trusted.x5c(), attacker.x5c()]),
            json!([leaf.x5c()]),
        ] {
            let header = json!({"x5c": x5c, "kid": trusted.thumbprint(), "jwk": trusted.jwk()});
            door.refuses(&attacker.sign(header, &claims())).await;
        }
    }
}

#[tokio::test]
async fn a_chain_to_another_authority_of_the_same_name_is_refused() {
    let door = Door::bundle(&Signer::authority(Kind::P256).pem());
    let impostor = Signer::authority(Kind::P256);
    let leaf = impostor.issue(Kind::P256, params("leaf"));
    for x5c in [json!([leaf.x5c()]), json!([leaf.x5c(), impostor.x5c()])] {
        door.refuses(&leaf.sign(json!({"x5c": x5c}), &claims()))
            .await;
    }
}

#[tokio::test]
async fn a_trusted_certificate_that_is_no_authority_signs_no_certificates() {
    // Whether the bundle has it, or it has a certificate of an authority in the bundle.
    let root = Signer::authority(Kind::P256);
    let holder = root.issue(Kind::P256, params("holder"));
    let made = holder.issue(Kind::P256, params("made by holder"));
    for bundle in [root.pem(), holder.pem()] {
        let door = Door::bundle(&bundle);
        let x5c = json!([made.x5c(), holder.x5c()]);
        door.refuses(&made.sign(json!({"x5c": x5c}), &claims()))
            .await;
        door.refuses(&made.sign(json!({"x5c": [made.x5c()]}), &claims()))
            .await;
    }
}

#[tokio::test]
async fn a_chain_with_a_certificate_out_of_its_time_is_refused() {
    let at = |name: &str, first: i32, last: i32| {
        let mut params = authority(name);
        params.not_before = rcgen::date_time_ymd(first, 1, 1);
        params.not_after = rcgen::date_time_ymd(last, 1, 1);
        params
    };
    let ended = |mut params: rcgen::CertificateParams| {
        params.is_ca = rcgen::IsCa::NoCa;
        params
    };
    let root = Signer::authority(Kind::P256);
    let door = Door::bundle(&root.pem());
    for (first, last) in [(2001, 2002), (3001, 3002)] {
        let leaf = root.issue(Kind::P256, ended(at("leaf", first, last)));
        door.refuses(&leaf.sign(json!({"x5c": [leaf.x5c()]}), &claims()))
            .await;
        let between = root.issue(Kind::P256, at("between", first, last));
        let leaf = between.issue(Kind::P256, params("leaf"));
        let header = json!({"x5c": [leaf.x5c(), between.x5c()]});
        door.refuses(&leaf.sign(header, &claims())).await;
        // The authority itself, and a leaf that the bundle has.
        let root = Signer::with(Kind::P256, at("root", first, last));
        let leaf = root.issue(Kind::P256, params("leaf"));
        let door = Door::bundle(&root.pem());
        door.refuses(&leaf.sign(json!({"x5c": [leaf.x5c()]}), &claims()))
            .await;
        door.refuses(&root.sign(json!({"x5c": [root.x5c()]}), &claims()))
            .await;
    }
}

#[tokio::test]
async fn a_chain_longer_than_anybody_needs_is_refused() {
    let (signer, door) = trusted(Kind::Ed25519);
    let chain = |length: usize| json!({"x5c": vec![signer.x5c(); length]});
    assert!(door.pull(&signer.sign(chain(8), &claims())).await.is_ok());
    door.refuses(&signer.sign(chain(9), &claims())).await;
    for x5c in [
        json!(["!"]),
        json!([""]),
        json!(["AAAA"]),
        json!([1]),
        json!("x"),
    ] {
        door.refuses(&signer.sign(json!({"x5c": x5c}), &claims()))
            .await;
    }
}

#[tokio::test]
async fn a_chain_in_which_everybody_may_have_signed_everybody_costs_no_signatures() {
    let root = Signer::authority(Kind::P384);
    let door = Door::bundle(&root.pem());
    let others: Vec<_> = (0..7).map(|_| Signer::authority(Kind::P384)).collect();
    let leaf = others[0].issue(Kind::P256, params("leaf"));
    let chain: Vec<_> = std::iter::once(&leaf).chain(&others).collect();
    let x5c: Vec<_> = chain.into_iter().map(Signer::x5c).collect();
    let token = leaf.sign(json!({"x5c": x5c}), &claims());
    door.refuses(&token).await;
    assert_eq!(
        door.why(&token).await,
        "a chain with two certificates of one name"
    );
}
