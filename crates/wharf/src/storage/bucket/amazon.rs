//! `storage.s3`

use wharf_config::options::S3;
use wharf_config::{Loaded, Remark, Secret};
use wharf_store_cloud::s3;

use super::{Described, Provider, root};

impl Described {
    /// What stands in `section` of the configuration.
    ///
    /// # Errors
    /// The first option that cannot be used.
    pub(crate) fn s3(loaded: &Loaded, section: &str, written: &S3) -> Result<Self, Remark> {
        let wrong =
            |option: &str, text: String| loaded.remark(&format!("{section}.{option}"), text);
        if written.region.is_none() && written.regionendpoint.is_none() {
            let text = "say in which region of Amazon's the bucket is, or whom else to ask \
                        (regionendpoint)";
            return Err(wrong("region", text.to_owned()));
        }
        for (option, bytes) in [
            ("chunksize", written.chunksize),
            ("multipartcopychunksize", written.multipartcopychunksize),
        ] {
            if !PARTS.contains(&bytes) {
                let text = "S3 takes parts of 5 MiB (5242880) to 5 GiB (5368709120)";
                return Err(wrong(option, text.to_owned()));
            }
        }
        if let Some(url) = &written.redirectendpoint
            && !is_scheme_and_host(url)
        {
            let text = "a scheme and a host are expected, as in https://images.example.org";
            return Err(wrong("redirectendpoint", text.to_owned()));
        }
        if let Some(list) = &written.objectacl
            && !ACCESS_LISTS.contains(&list.as_str())
        {
            let text = format!("`{list}` is none of: {}", ACCESS_LISTS.join(", "));
            return Err(wrong("objectacl", text));
        }
        let options = s3::Options {
            bucket: written.bucket.clone(),
            region: written.region.clone(),
            endpoint: written.regionendpoint.clone(),
            variant: s3::Variant {
                accelerate: written.accelerate,
                dual_stack: written.usedualstack,
                fips: written.usefipsendpoint,
            },
            redirect_endpoint: written.redirectendpoint.clone(),
            credentials: credentials(written).map_err(|text| wrong("secretkey", text))?,
            path_style: written.forcepathstyle,
            secure: written.secure,
            skip_verify: written.skipverify,
            encryption: match &written.keyid {
                _ if !written.encrypt => s3::Encryption::Default,
                None => s3::Encryption::Provider,
                Some(key) => s3::Encryption::Kms(key.clone()),
            },
            storage_class: class(written).map_err(|text| wrong("storageclass", text))?,
            access_list: written.objectacl.clone(),
            user_agent: written.useragent.clone(),
            copies: s3::Copies {
                threshold: written.multipartcopythresholdsize,
                part: written.multipartcopychunksize,
                at_once: usize::try_from(written.multipartcopymaxconcurrency.max(1))
                    .unwrap_or(usize::MAX),
            },
        };
        Ok(Self {
            provider: Provider::Amazon(options),
            root: root(written.rootdirectory.as_deref())
                .map_err(|text| wrong("rootdirectory", text))?,
            part: written.chunksize,
        })
    }
}

fn credentials(written: &S3) -> Result<Option<s3::Credentials>, String> {
    let secret = written.secretkey.as_ref().map(Secret::reveal);
    match (&written.accesskey, secret) {
        (None, None) => Ok(None),
        (Some(access_key), Some(secret_key)) => Ok(Some(s3::Credentials {
            access_key: access_key.clone(),
            secret_key: secret_key.to_owned(),
            session_token: written
                .sessiontoken
                .as_ref()
                .map(|token| token.reveal().to_owned()),
        })),
        (Some(_), None) | (None, Some(_)) => Err(
            "accesskey and secretkey belong together; without both, the environment and the \
             machine's role are asked"
                .to_owned(),
        ),
    }
}

fn class(written: &S3) -> Result<Option<String>, String> {
    match written.storageclass.as_deref() {
        None | Some("NONE") => Ok(None),
        Some(class) if CLASSES.contains(&class) => Ok(Some(class.to_owned())),
        Some(class) => Err(format!(
            "`{class}` is none of: {}, NONE",
            CLASSES.join(", ")
        )),
    }
}

/// As distribution wants it: nothing after the host.
fn is_scheme_and_host(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|host| {
        let host = host.strip_suffix('/').unwrap_or(host);
        !host.is_empty() && !host.contains(['/', '?', '#'])
    })
}

const PARTS: std::ops::RangeInclusive<u64> = (5 << 20)..=(5 << 30);
const CLASSES: [&str; 7] = [
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "OUTPOSTS",
    "GLACIER_IR",
];
const ACCESS_LISTS: [&str; 7] = [
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_sent_to_a_host() {
        for url in ["https://a.b", "http://a:1/", "https://a.b/"] {
            assert!(is_scheme_and_host(url), "{url}");
        }
        for url in ["a.b", "https://", "https://a/b", "https://a?b", "ftp://a"] {
            assert!(!is_scheme_and_host(url), "{url}");
        }
    }
}
