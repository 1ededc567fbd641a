//! `wharfinger.edge`: clients have blobs from a server of ours that is nearer to them, by URLs
//! that only who has the secret can make.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use wharf_auth::{Secret, UrlKeys};
use wharf_config::{Loaded, Remark};
use wharf_store::{Fetch, Locate, Result, StorePath};
use zeroize::Zeroizing;

use super::base::BaseUrl;

/// All of it, as far as it can be known without reading the secrets' file.
pub(crate) struct Edge {
    url: Option<BaseUrl>,
    secrets: Vec<Secret>,
    file: Option<PathBuf>,
    valid_for: Duration,
    /// As mistakes in the secrets are told.
    unusable: Remark,
}

struct Signing {
    url: BaseUrl,
    keys: UrlKeys,
    valid_for: Duration,
}

// === impl Edge ===

impl Edge {
    /// What the configuration says of it.
    ///
    /// # Errors
    /// The first option that cannot be used.
    pub(crate) fn of(loaded: &Loaded) -> std::result::Result<Option<Self>, Remark> {
        let Some(edge) = &loaded.config.wharfinger.edge else {
            return Ok(None);
        };
        let url = edge.url.as_deref().map(BaseUrl::new).transpose();
        let url = url.map_err(|why| loaded.remark(URL, why))?;
        let secrets = edge.secrets.iter();
        let secrets: Vec<_> = secrets.map(|it| Secret::new(it.reveal())).collect();
        let file = edge.secretfile.as_ref().map(PathBuf::from);
        let option = match &file {
            Some(_) => "wharfinger.edge.secretfile",
            None => "wharfinger.edge.secrets",
        };
        if file.is_none() {
            let keys = UrlKeys::new(&secrets);
            keys.map_err(|error| loaded.remark(option, error.to_string()))?;
        }
        if edge.expiry < SHORTEST {
            let text = "less than a second: say it with a unit, as in 20m";
            return Err(loaded.remark("wharfinger.edge.expiry", text));
        }
        Ok(Some(Self {
            url,
            secrets,
            file,
            valid_for: edge.expiry,
            unusable: loaded.remark(option, String::new()),
        }))
    }

    /// Whether clients are sent there.
    pub(crate) const fn has_clients(&self) -> bool {
        self.url.is_some()
    }

    /// What stands before the paths of blobs in URLs, or nothing.
    pub(crate) fn prefix(&self) -> &str {
        self.url.as_ref().map(BaseUrl::path).unwrap_or_default()
    }

    /// Reads the secrets.
    ///
    /// # Errors
    /// When they cannot be used.
    pub(crate) fn keys(&self) -> std::result::Result<UrlKeys, Remark> {
        let unusable = |text: String| Remark {
            text,
            ..self.unusable.clone()
        };
        let mut secrets = self.secrets.clone();
        if let Some(file) = &self.file {
            secrets.extend(read(file).map_err(unusable)?);
        }
        UrlKeys::new(&secrets).map_err(|error| unusable(error.to_string()))
    }

    /// Who sends clients there.
    ///
    /// # Errors
    /// As [`Edge::keys`].
    pub(crate) fn locator(&self) -> std::result::Result<Option<Arc<dyn Locate>>, Remark> {
        let Some(url) = &self.url else {
            return Ok(None);
        };
        Ok(Some(Arc::new(Signing {
            url: url.clone(),
            keys: self.keys()?,
            valid_for: self.valid_for,
        })))
    }
}

#[async_trait]
impl Locate for Signing {
    async fn locate(&self, path: &StorePath, _: Fetch) -> Result<Option<String>> {
        let signed = format!("{}/{path}", self.url.path());
        let value = self.keys.sign(&signed, SystemTime::now() + self.valid_for);
        let parameter = UrlKeys::PARAMETER;
        Ok(Some(
            self.url.with(format_args!("{path}?{parameter}={value}")),
        ))
    }
}

/// The secrets in a file, one on each line that is not empty.
fn read(file: &Path) -> std::result::Result<Vec<Secret>, String> {
    #[expect(clippy::disallowed_methods, reason = "not of the store")]
    let text = std::fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(Secret::new).collect())
}

pub(super) const URL: &str = "wharfinger.edge.url";
const SHORTEST: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use wharf_store::FetchMethod;

    use super::*;

    #[tokio::test]
    async fn a_url_is_signed_with_the_path_that_clients_see() {
        let secrets = [Secret::new("a secret of the edge")];
        let signing = Signing {
            url: BaseUrl::new("https://edge.test/below/").unwrap(),
            keys: UrlKeys::new(&secrets).unwrap(),
            valid_for: Duration::from_secs(60),
        };
        let fetch = Fetch {
            method: FetchMethod::Get,
            client: None,
        };
        let path = StorePath::new("docker/data").unwrap();
        let url = signing.locate(&path, fetch).await.unwrap().unwrap();
        let (before, value) = url.split_once("?verify=").unwrap();
        assert_eq!(before, "https://edge.test/below/docker/data");
        let verify = |path: &str, ahead: u64| {
            let now = SystemTime::now() + Duration::from_secs(ahead);
            UrlKeys::new(&secrets).unwrap().verify(path, value, now)
        };
        assert!(verify("/below/docker/data", 0).is_ok());
        assert!(verify("/below/docker/data", 50).is_ok());
        assert!(verify("/below/docker/data", 61).is_err());
        assert!(verify("/docker/data", 0).is_err());
    }
}
