//! What cannot be spoken to is refused before anything is asked of it, and no secret is shown.

use wharf_store_cloud::{azure, gcs};

fn azure_options(credentials: azure::Credentials) -> azure::Options {
    azure::Options {
        account: "account".to_owned(),
        container: "container".to_owned(),
        credentials,
        realm: "core.windows.net".to_owned(),
        service_url: None,
        retries: Some(5),
        first_pause: None,
        skip_verify: false,
    }
}

fn gcs_options(credentials: gcs::Credentials) -> gcs::Options {
    gcs::Options {
        bucket: "bucket".to_owned(),
        endpoint: None,
        credentials,
        at_once: None,
        user_agent: None,
    }
}

#[test]
fn the_key_of_an_azure_account_is_base64() {
    let with = |key: &str| {
        let credentials = azure::Credentials::SharedKey(key.to_owned());
        azure::backend(&azure_options(credentials)).is_ok()
    };
    assert!(with("c2VjcmV0"));
    assert!(!with("not base64!"));
}

#[test]
fn an_azure_service_has_an_address() {
    let options = azure_options(azure::Credentials::Default);
    let at = |url: &str| {
        let service_url = Some(url.to_owned());
        azure::backend(&azure::Options {
            service_url,
            ..options.clone()
        })
        .is_ok()
    };
    assert!(at("https://blob.example.com/"));
    assert!(!at("blob example"));
}

#[test]
fn a_google_key_is_there_and_is_one() {
    let file = gcs::Credentials::KeyFile("/nowhere/key.json".to_owned());
    assert!(gcs::backend(&gcs_options(file)).is_err());
    let text = gcs::Credentials::Key("{}".to_owned());
    assert!(gcs::backend(&gcs_options(text)).is_err());
}

#[test]
fn secrets_are_not_shown() {
    let secret = || "very secret".to_owned();
    let shown = [
        format!(
            "{:?}",
            azure_options(azure::Credentials::SharedKey(secret()))
        ),
        format!(
            "{:?}",
            azure_options(azure::Credentials::ClientSecret {
                tenant: "tenant".to_owned(),
                client: "client".to_owned(),
                secret: secret(),
            })
        ),
        format!("{:?}", gcs_options(gcs::Credentials::Key(secret()))),
    ];
    assert!(
        shown.iter().all(|shown| !shown.contains("very")),
        "{shown:?}"
    );
}
