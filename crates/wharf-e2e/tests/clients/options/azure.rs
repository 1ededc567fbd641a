//! `storage.azure`, on Azurite

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wharf_e2e::azurite::Azurite;

use super::buckets::{Effect, asks, push, root};
use super::case::{Case, case};
use super::look::Look;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = applications();
    cases.extend([
        of("storage.azure.accountname", json!(Azurite::ACCOUNT), pushes).needed("accountname: "),
        of("storage.azure.container", json!(Azurite::CONTAINER), pushes).needed("container: "),
        of("storage.azure.accountkey", json!(Azurite::key()), pushes)
            .with("storage.azure.credentials.type", json!("shared_key"))
            .needed("the type shared_key needs it"),
        of(
            "storage.azure.serviceurl",
            json!("http://{azure}/someone"),
            |look| {
                let address = look.surroundings.azure().address();
                look.logs(&format!(
                    "images are kept in http://{address}/someone/wharf/"
                ))
            },
        )
        .with("log.level", json!("debug")),
        of(
            "storage.azure.realm",
            json!("core.chinacloudapi.cn"),
            |look| {
                look.logs("images are kept in https://someone.blob.core.chinacloudapi.cn/wharf/")
            },
        )
        .with("storage.azure.serviceurl", json!(""))
        .with("log.level", json!("debug")),
        of("storage.azure.rootdirectory", json!("{scratch}"), |look| {
            pushes(look) && asks(look, look.surroundings.azure()).any(|head| head.contains("/data"))
        }),
        of("storage.azure.skipverify", json!(true), pushes)
            .with(
                "storage.azure.serviceurl",
                json!("https://{azuretls}/someone"),
            )
            .with("storage.azure.max_retries", json!(-1)),
        refused("storage.azure.max_retries", json!(2), |look| {
            look.status("/v2/a/b/manifests/once");
            let asked = asks(look, look.surroundings.azure());
            asked.filter(|head| head.contains("tags/once/")).count() == 3
        }),
        refused("storage.azure.retry_delay", json!("15s"), |look| {
            let asked = Instant::now();
            look.status("/v2/a/b/manifests/once");
            asked.elapsed() >= Duration::from_secs(15)
        })
        .with("storage.azure.max_retries", json!(1)),
    ]);
    cases
}

/// Where nothing is answered but 503.
fn refused(option: &'static str, value: Value, effect: Effect) -> Case {
    let root = json!("refused{scratch}");
    of(option, value, effect).with("storage.azure.rootdirectory", root)
}

/// What is seen by who knows applications. Nobody gets a token there.
fn applications() -> Vec<Case> {
    let application = |option: &'static str, value: Value, effect: Effect| {
        let tried = option.trim_start_matches("storage.azure.credentials.");
        let mut credentials = json!({
            "type": "client_secret",
            "tenantid": "some-tenant",
            // So that one server's requests can be told from another's.
            "clientid": "{scratch}",
            "secret": "some-secret",
        });
        if let Some(credentials) = credentials.as_object_mut() {
            credentials.remove(tried);
        }
        of(option, value, effect)
            .with("storage.azure.accountkey", json!(""))
            .with("storage.azure.credentials", credentials)
            .with("storage.azure.max_retries", json!(-1))
            .variable("AZURE_AUTHORITY_HOST", "http://{applications}")
    };
    vec![
        application(
            "storage.azure.credentials.type",
            json!("client_secret"),
            |look| told(look, "grant_type=client_credentials"),
        )
        .needed("set credentials.type to client_secret"),
        application(
            "storage.azure.credentials.tenantid",
            json!("our-tenant"),
            |look| told(look, "post /our-tenant/oauth2/v2.0/token "),
        )
        .needed("the type client_secret needs it"),
        application(
            "storage.azure.credentials.clientid",
            json!("{scratch}-ours"),
            |look| told(look, "-ours&client_secret="),
        )
        .needed("the type client_secret needs it"),
        application(
            "storage.azure.credentials.secret",
            json!("our-secret"),
            |look| told(look, "client_secret=our-secret&"),
        )
        .needed("the type client_secret needs it"),
    ]
}

/// What is needed for a container, but what is tried.
fn of(option: &'static str, value: Value, effect: Effect) -> Case {
    let tried = option.trim_start_matches("storage.azure.");
    let mut section = json!({
        "accountname": Azurite::ACCOUNT,
        "accountkey": Azurite::key(),
        "container": Azurite::CONTAINER,
        "serviceurl": "http://{azure}/someone",
        // So that one server's requests can be told from another's.
        "rootdirectory": "{scratch}",
    });
    if let Some(section) = section.as_object_mut() {
        section.remove(tried);
    }
    case(option, value, effect).with("storage", json!({"azure": section}))
}

fn pushes(look: &Look<'_>) -> bool {
    push(look, 100).is_some()
}

/// Whether this server has told the authority something, once it needs a token.
fn told(look: &Look<'_>, text: &str) -> bool {
    look.status("/v2/a/b/manifests/once");
    let name = root(look).replace('/', "%2f");
    let asked = look.surroundings.authority().asked();
    asked
        .iter()
        .any(|said| said.contains(&name) && said.contains(text))
}
