//! Fuzz targets that also run as tests: what strangers send, and what operators write.

use std::panic::AssertUnwindSafe;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bolero::check;
use serde_json::json;
use wharf_auth::{Authorizer as _, Basic, Credentials, Glob, Permitted, Request, Scopes, Secret};

use crate::token::fixtures::{claims, pull};
use crate::token::signer::{Kind, trusted};

#[test]
fn fuzz_authorization_header() {
    check!()
        .with_type::<(Vec<Vec<u8>>, String, String)>()
        .for_each(|(values, user, password)| {
            let noise = Credentials::parse(values.iter().map(Vec::as_slice));
            let most = values.iter().map(Vec::len).max().unwrap_or(0);
            assert!(noise.is_err() || (values.len() < 2 && most <= Credentials::MAX_LEN));
            // Names and passwords come through as they were, if there is a way to write them.
            let user = user.replace(':', "");
            let text = STANDARD.encode(format!("{user}:{password}"));
            let basic = format!("Basic {text}");
            let expected = Credentials::Basic(Basic {
                user,
                password: Secret::new(password),
            });
            if basic.len() <= Credentials::MAX_LEN {
                assert_eq!(Credentials::parse([basic.as_bytes()]), Ok(expected));
            }
        });
}

#[test]
fn fuzz_tokens() {
    let (signer, door) = trusted(Kind::Ed25519);
    let kid = json!({"kid": signer.thumbprint()});
    let right = signer.sign(kid, &claims());
    let (header, rest) = right.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let needs = [pull("a/b")];
    // Nobody looks at them again after a panic.
    let world = AssertUnwindSafe((runtime, door));
    let is_let_in = move |token: &str| {
        let world = &world;
        let (runtime, door) = &**world;
        let credentials = Credentials::Bearer(Secret::new(token));
        let request = Request::new(&credentials, &needs);
        runtime.block_on(door.token.authorize(&request)).is_ok()
    };
    assert!(is_let_in(&right));
    let place = |at: u16| usize::from(at) % right.len();
    check!()
        .with_type::<(String, Vec<u8>, u16, char)>()
        .for_each(|(text, bytes, at, character)| {
            let noise = URL_SAFE_NO_PAD.encode(bytes);
            let mut changed = right.clone();
            let at = place(*at);
            changed.replace_range(at..=at, &character.to_string());
            for token in [
                text.clone(),
                format!("{header}.{text}"),
                format!("{header}.{body}.{text}"),
                format!("{noise}.{body}.{signature}"),
                format!("{header}.{noise}.{signature}"),
                format!("{header}.{body}.{noise}"),
                format!("{noise}.{noise}.{noise}"),
                changed,
                right[..at].to_owned(),
            ] {
                assert!(token == right || !is_let_in(&token), "{token:?}");
            }
        });
}

#[test]
fn fuzz_scopes() {
    check!()
        .with_type::<(String, Vec<(bool, String, [bool; 4])>)>()
        .for_each(|(noise, written)| {
            let written = written.iter().map(|(is_noise, name, is_wanted)| {
                let words = ["pull", "push", "delete", "*"].into_iter().zip(is_wanted);
                let words: Vec<_> = words.filter(|it| *it.1).map(|it| it.0).collect();
                let kind = if *is_noise { name } else { "repository" };
                format!("{kind}:{}:{}", name.to_lowercase(), words.join(","))
            });
            let written = written.collect::<Vec<_>>().join(" ");
            for text in [noise, &written, &format!("{written} {noise}")] {
                let Ok(scopes) = Scopes::parse([text.as_str()]) else {
                    continue;
                };
                assert!(text.len() <= Scopes::MAX_LEN && scopes.iter().count() <= Scopes::MAX);
                for scope in scopes.iter() {
                    // What is read was asked for, and is read the same again.
                    let resource = scope.access.resource.to_string();
                    let name = resource.rsplit(':').next().unwrap();
                    assert!(text.contains(&format!(":{name}:")), "{text}: {resource}");
                    let again = scope.access.to_string();
                    let again = Scopes::parse([again.as_str()]).unwrap();
                    let again: Vec<_> = again.iter().map(|it| &it.access).collect();
                    assert_eq!(again, [&scope.access], "{text}");
                }
            }
            // A robot's.
            for text in written.split(' ').chain([noise.as_str()]) {
                if let Ok(permitted) = text.parse::<Permitted>() {
                    assert_eq!(permitted.to_string().parse(), Ok(permitted), "{text}");
                }
            }
        });
}

#[test]
fn fuzz_globs() {
    check!()
        .with_type::<(String, String)>()
        .for_each(|(pattern, name)| {
            _ = Glob::new(pattern).matches(name);
            // What has no meaning of its own stands for itself alone.
            let plain = |text: &str| -> String {
                let is_plain = |it: &char| it.is_ascii_alphanumeric() || "/._-".contains(*it);
                text.chars().filter(is_plain).collect()
            };
            let (pattern, name) = (plain(pattern), plain(name));
            assert!(Glob::new(&pattern).matches(&pattern));
            assert_eq!(Glob::new(&pattern).matches(&name), pattern == name);
            // One star leaves the slashes alone.
            let star = Glob::new(format!("{pattern}*"));
            let rest = name.replace('/', "");
            assert!(star.matches(&format!("{pattern}{rest}")));
            assert!(!star.matches(&format!("{pattern}{rest}/x")));
        });
}
