//! `storage.gcs`

use wharf_config::options::{Gcs, GcsAccount, GcsCredentials};
use wharf_config::{Loaded, Remark};
use wharf_store_cloud::gcs;

use super::{Described, Provider, is_server, root};

impl Described {
    /// What stands in `storage.gcs`.
    ///
    /// # Errors
    /// The first option that cannot be used.
    pub(crate) fn google(loaded: &Loaded, written: &Gcs) -> Result<Self, Remark> {
        let wrong = |option: &str, text: &str| loaded.remark(&format!("{SECTION}.{option}"), text);
        if written.chunksize == 0 || !written.chunksize.is_multiple_of(CHUNK) {
            let text = format!("a multiple of {CHUNK} (256 KiB) is expected");
            return Err(wrong("chunksize", &text));
        }
        if written.keyfile.is_some() && written.credentials.is_some() {
            let text = "keyfile names a key already: take one of them out";
            return Err(wrong("credentials", text));
        }
        let credentials = match (&written.keyfile, &written.credentials) {
            (Some(file), _) => gcs::Credentials::KeyFile(file.clone()),
            (None, Some(key)) => gcs::Credentials::Key(key_file(key)),
            (None, None) => gcs::Credentials::Application,
        };
        if let Some(agent) = &written.useragent
            && !agent
                .chars()
                .all(|character| (' '..='~').contains(&character))
        {
            return Err(wrong("useragent", "a header's value of ASCII is expected"));
        }
        let provider = Provider::Google(gcs::Options {
            bucket: written.bucket.clone(),
            endpoint: emulator().map_err(|text| loaded.remark(SECTION, text))?,
            credentials,
            at_once: Some(at_once(written.maxconcurrency)),
            user_agent: written.useragent.clone(),
        });
        if let Err(error) = provider.backend() {
            let cause = error.root_cause();
            let unreadable = |option| {
                let text = format!("this is not the key of a service account: {cause}");
                wrong(option, &text)
            };
            return Err(match (&written.keyfile, &written.credentials) {
                (Some(_), _) => unreadable("keyfile"),
                (None, Some(_)) => unreadable("credentials.private_key"),
                (None, None) => {
                    let text = format!(
                        "no key is named, and Google's default credentials cannot be read: \
                         {cause}: look at GOOGLE_APPLICATION_CREDENTIALS"
                    );
                    loaded.remark(SECTION, text)
                }
            });
        }
        Ok(Self {
            provider,
            root: root(written.rootdirectory.as_deref())
                .map_err(|text| wrong("rootdirectory", &text))?,
            part: written.chunksize,
        })
    }
}

/// Whom to ask instead of Google, as its own clients learn it (`cloud.google.com/go/storage`).
fn emulator() -> Result<Option<String>, String> {
    let said = std::env::var("STORAGE_EMULATOR_HOST").unwrap_or_default();
    if said.is_empty() {
        return Ok(None);
    }
    let url = if said.contains("://") {
        said
    } else {
        format!("http://{said}")
    };
    // They are told the path of the JSON protocol, too.
    let url = url.trim_end_matches('/').trim_end_matches("/storage/v1");
    if is_server(url) {
        Ok(Some(url.to_owned()))
    } else {
        Err(format!(
            "STORAGE_EMULATOR_HOST is `{url}`: write it as host:port, or as http://host:port"
        ))
    }
}

/// As distribution counts (`base.GetLimitFromParameter`).
fn at_once(written: u32) -> usize {
    match usize::try_from(written).unwrap_or(usize::MAX) {
        0 => DEFAULT_AT_ONCE,
        most => most.max(LEAST_AT_ONCE),
    }
}

/// What Google would have put into a file.
fn key_file(key: &GcsCredentials) -> String {
    let kind = match key.kind {
        GcsAccount::ServiceAccount => "service_account",
    };
    serde_json::json!({
        "type": kind,
        "client_email": key.client_email,
        "private_key_id": key.private_key_id.as_deref().unwrap_or_default(),
        "private_key": pem(key.private_key.reveal()),
    })
    .to_string()
}

/// A key as it was before YAML joined its lines, or somebody copied its `\n` from JSON.
fn pem(key: &str) -> String {
    let text = key.replace("\\n", "\n");
    let parts: Vec<_> = text.trim().split(DASHES).map(str::trim).collect();
    let ["", begin, content, end, ""] = parts.as_slice() else {
        return text;
    };
    let content: Vec<_> = content.split_whitespace().collect();
    let content = content.join("\n");
    format!("{DASHES}{begin}{DASHES}\n{content}\n{DASHES}{end}{DASHES}\n")
}

const SECTION: &str = "storage.gcs";
/// Google takes no other parts of an upload but the last.
const CHUNK: u64 = 256 << 10;
const DEFAULT_AT_ONCE: usize = 50;
const LEAST_AT_ONCE: usize = 25;
const DASHES: &str = "-----";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_whatever_lines_it_comes() {
        let whole = "-----BEGIN PRIVATE KEY-----\nAbc+/\nd=\n-----END PRIVATE KEY-----\n";
        for written in [
            whole.to_owned(),
            whole.replace('\n', " "),
            whole.replace('\n', "\\n"),
            whole.replace('\n', "\r\n"),
            whole.trim().to_owned(),
        ] {
            assert_eq!(pem(&written), whole, "{written:?}");
        }
        assert_eq!(pem("something else"), "something else");
    }

    #[test]
    fn less_than_a_few_at_once_is_not_what_anybody_wants() {
        assert_eq!([0, 1, 25, 26].map(at_once), [50, 25, 25, 26]);
    }
}
