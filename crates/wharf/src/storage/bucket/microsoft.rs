//! `storage.azure`

use wharf_config::options::{Azure, AzureLogin};
use wharf_config::{Loaded, Remark, Secret};
use wharf_store_cloud::azure;

use super::{Described, Provider, is_server, root};

impl Described {
    /// What stands in `storage.azure`.
    ///
    /// # Errors
    /// The first option that cannot be used.
    pub(crate) fn azure(loaded: &Loaded, written: &Azure) -> Result<Self, Remark> {
        let wrong = |option: &str, text: &str| loaded.remark(&format!("{SECTION}.{option}"), text);
        if let Some(url) = &written.serviceurl
            && !is_server(url)
        {
            let text = "a URL is expected, as in https://someone.blob.core.windows.net";
            return Err(wrong("serviceurl", text));
        }
        let is_host =
            |character: char| character.is_ascii_alphanumeric() || ".-".contains(character);
        for (option, part) in [
            ("accountname", &written.accountname),
            ("realm", &written.realm),
        ] {
            if part.is_empty() || !part.chars().all(is_host) {
                return Err(wrong(option, "a part of a host's name is expected"));
            }
        }
        let credentials = credentials(written).map_err(|(option, text)| wrong(option, text))?;
        let retries = match written.max_retries {
            0 => DEFAULT_RETRIES,
            other => usize::try_from(other).unwrap_or(0),
        };
        let provider = Provider::Microsoft(azure::Options {
            account: written.accountname.clone(),
            container: written.container.clone(),
            credentials,
            realm: written.realm.clone(),
            service_url: written.serviceurl.clone(),
            retries: Some(retries),
            first_pause: Some(written.retry_delay),
            skip_verify: written.skipverify,
        });
        if let Err(error) = provider.backend() {
            let cause = error.root_cause();
            return Err(match written.accountkey {
                Some(_) => wrong("accountkey", &format!("this is no key in base64: {cause}")),
                None => loaded.remark(SECTION, format!("this cannot be used: {cause}")),
            });
        }
        Ok(Self {
            provider,
            root: root(written.rootdirectory.as_deref())
                .map_err(|text| wrong("rootdirectory", &text))?,
            part: PART,
        })
    }
}

/// Who asks; or an option, and what is wrong with it.
fn credentials(written: &Azure) -> Result<azure::Credentials, (&'static str, &'static str)> {
    let said = &written.credentials;
    let kind = said.kind.unwrap_or(match written.accountkey {
        Some(_) => AzureLogin::SharedKey,
        None => AzureLogin::DefaultCredentials,
    });
    if let AzureLogin::ClientSecret = kind {
        let needed = |option, text: Option<&str>| {
            let text = text.map(str::to_owned);
            text.ok_or((option, "the type client_secret needs it"))
        };
        let secret = said.secret.as_ref().map(Secret::reveal);
        return Ok(azure::Credentials::ClientSecret {
            tenant: needed("credentials.tenantid", said.tenantid.as_deref())?,
            client: needed("credentials.clientid", said.clientid.as_deref())?,
            secret: needed("credentials.secret", secret)?,
        });
    }
    let of_applications = [
        ("credentials.tenantid", said.tenantid.is_some()),
        ("credentials.clientid", said.clientid.is_some()),
        ("credentials.secret", said.secret.is_some()),
    ];
    if let Some((option, _)) = of_applications.iter().find(|(_, is_said)| *is_said) {
        let text = "it belongs to an application: set credentials.type to client_secret";
        return Err((option, text));
    }
    match (kind, &written.accountkey) {
        (AzureLogin::SharedKey, Some(key)) => {
            Ok(azure::Credentials::SharedKey(key.reveal().to_owned()))
        }
        (AzureLogin::SharedKey, None) => Err(("accountkey", "the type shared_key needs it")),
        (AzureLogin::DefaultCredentials | AzureLogin::ClientSecret, _) => {
            Ok(azure::Credentials::Default)
        }
    }
}

const SECTION: &str = "storage.azure";
/// As distribution.
const DEFAULT_RETRIES: usize = 5;
/// No option says it. Blocks may be larger, but several are in memory at once.
const PART: u64 = 10 << 20;
