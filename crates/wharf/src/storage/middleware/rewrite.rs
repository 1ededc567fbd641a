//! `rewrite`: clients are sent where they would be sent anyway, under another scheme, host or
//! path.

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Url;
use wharf_config::Remark;
use wharf_store::{Fetch, Locate, Result, StorePath};

use super::Written;

/// What is put in the place of what.
#[derive(Clone, Debug, Default)]
pub(super) struct Rewrite {
    scheme: Option<String>,
    host: Option<String>,
    prefix: Option<String>,
}

struct Rewriting {
    rewrite: Rewrite,
    inner: Arc<dyn Locate>,
}

// === impl Rewrite ===

impl Rewrite {
    /// # Errors
    /// When what would come out is no URL.
    pub(super) fn new(
        written: &Written<'_>,
        warnings: &mut Vec<Remark>,
    ) -> std::result::Result<Self, Remark> {
        let options = &written.middleware.options;
        let rewrite = Self {
            scheme: options.scheme.clone(),
            host: options.host.clone(),
            prefix: options.trimpathprefix.clone(),
        };
        if let Some(scheme) = &rewrite.scheme
            && !matches!(scheme.as_str(), "http" | "https")
        {
            let text = format!("`{scheme}` is neither http nor https");
            return Err(written.remark("options.scheme", text));
        }
        if let Some(host) = &rewrite.host
            && !is_host(host)
        {
            let text = format!("`{host}` is no host, as in blobs.example.org or 192.0.2.1:8443");
            return Err(written.remark("options.host", text));
        }
        if rewrite.scheme.is_none() && rewrite.host.is_none() && rewrite.prefix.is_none() {
            let text = "changes nothing: set scheme, host or trimpathprefix";
            warnings.push(written.remark("options", text));
        }
        Ok(rewrite)
    }

    /// Changes the URLs of `inner`.
    pub(super) fn around(self, inner: Arc<dyn Locate>) -> Arc<dyn Locate> {
        Arc::new(Rewriting {
            rewrite: self,
            inner,
        })
    }

    /// The query stays as it is: signatures are in it.
    fn apply(&self, url: &str) -> String {
        let Some((scheme, rest)) = url.split_once("://") else {
            return url.to_owned();
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, rest) = rest.split_at(end);
        let trimmed = self.prefix.as_deref().and_then(|it| rest.strip_prefix(it));
        let rest = trimmed.unwrap_or(rest);
        let slash = match rest.chars().next() {
            None | Some('/' | '?' | '#') => "",
            Some(_) => "/",
        };
        let scheme = self.scheme.as_deref().unwrap_or(scheme);
        let host = self.host.as_deref().unwrap_or(host);
        format!("{scheme}://{host}{slash}{rest}")
    }
}

/// Whether nothing but a host and a port would be read from it.
fn is_host(text: &str) -> bool {
    let is_plain = !text.contains(['/', '?', '#', '@', '\\']);
    is_plain && Url::parse(&format!("http://{text}")).is_ok_and(|url| url.has_host())
}

#[async_trait]
impl Locate for Rewriting {
    async fn locate(&self, path: &StorePath, fetch: Fetch) -> Result<Option<String>> {
        let url = self.inner.locate(path, fetch).await?;
        Ok(url.map(|url| self.rewrite.apply(&url)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_url_are_replaced_and_the_rest_stays() {
        let of = |scheme: &str, host: &str, prefix: &str| {
            let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Rewrite {
                scheme: said(scheme),
                host: said(host),
                prefix: said(prefix),
            }
        };
        let url = "https://s3.test:9000/wharf/a/data?X-Sig=b/wharf%2F";
        for (rewrite, expected) in [
            (of("", "", ""), url),
            (
                of("http", "", ""),
                "http://s3.test:9000/wharf/a/data?X-Sig=b/wharf%2F",
            ),
            (
                of("", "cdn.test", ""),
                "https://cdn.test/wharf/a/data?X-Sig=b/wharf%2F",
            ),
            (
                of("", "", "/wharf"),
                "https://s3.test:9000/a/data?X-Sig=b/wharf%2F",
            ),
            (
                of("", "", "/wharf/"),
                "https://s3.test:9000/a/data?X-Sig=b/wharf%2F",
            ),
            (of("", "", "wharf"), url),
            (of("", "", "/other"), url),
            (
                of("", "", "/wharf/a/data"),
                "https://s3.test:9000?X-Sig=b/wharf%2F",
            ),
        ] {
            assert_eq!(rewrite.apply(url), expected, "{rewrite:?}");
        }
        assert_eq!(of("", "b", "/a").apply("http://a"), "http://b");
    }

    #[test]
    fn a_host_is_a_host_and_perhaps_a_port() {
        for host in ["a.test", "a.test:81", "192.0.2.1", "[::1]:81"] {
            assert!(is_host(host), "{host}");
        }
        for host in [
            "a.test/b",
            "http://a.test",
            "ann@a.test",
            "a b",
            "a:b",
            "a?b",
        ] {
            assert!(!is_host(host), "{host}");
        }
    }
}
