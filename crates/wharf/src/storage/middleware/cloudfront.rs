//! `cloudfront`: clients have blobs from Amazon CloudFront, which takes them from the bucket.
//! Those within AWS may be sent to the bucket itself: that costs less.

mod ranges;
mod signer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use wharf_config::Remark;
use wharf_config::options::{IpFilter, S3};
use wharf_http::Document;
use wharf_store::{Fetch, Locate, Result, StoreError, StorePath};

pub(crate) use self::ranges::Ranges;

use self::signer::Signer;
use super::Written;
use crate::storage::base::BaseUrl;

/// All of it, as far as it can be known without reading the key or asking for addresses.
pub(super) struct Described {
    base: BaseUrl,
    /// What the names of objects begin with, and a slash; or nothing.
    root: String,
    key_pair: String,
    private_key: PathBuf,
    /// The same as a mistake in that file would be told.
    unusable: Remark,
    valid_for: Duration,
    ranges: Option<Arc<Ranges>>,
}

struct CloudFront {
    base: BaseUrl,
    root: String,
    signer: Arc<Signer>,
    valid_for: Duration,
    /// Who is sent to the bucket.
    ranges: Option<Arc<Ranges>>,
    bucket: Arc<dyn Locate>,
}

// === impl Described ===

impl Described {
    /// In front of this bucket.
    ///
    /// # Errors
    /// The first option that cannot be used.
    pub(super) fn new(
        written: &Written<'_>,
        bucket: &S3,
        warnings: &mut Vec<Remark>,
    ) -> std::result::Result<Self, Remark> {
        let options = &written.middleware.options;
        let base = written.needed("baseurl", options.baseurl.as_ref())?;
        let base = if base.contains("://") {
            BaseUrl::new(base)
        } else {
            BaseUrl::new(&format!("https://{base}"))
        };
        let private_key = written.needed("privatekey", options.privatekey.as_ref())?;
        let key_pair = written.needed("keypairid", options.keypairid.as_ref())?;
        if !key_pair.chars().all(|it| it.is_ascii_alphanumeric()) {
            let text = "letters and digits are expected, as CloudFront shows it: K2JCJMDEHXQW5F";
            return Err(written.remark("options.keypairid", text));
        }
        let mut duration = |option: &str, given: Duration, default: Duration| {
            if given >= SHORTEST {
                return given;
            }
            // Distribution does not read a number without a unit either.
            let text = format!(
                "less than a second: {} minutes are taken instead; say it with a unit, as in 20m",
                default.as_secs() / 60
            );
            warnings.push(written.remark(&format!("options.{option}"), text));
            default
        };
        let valid_for = duration("duration", options.duration, DURATION);
        let (option, frequency) = match options.updatefrenquency {
            Some(misspelt) => ("updatefrenquency", misspelt),
            None => ("updatefrequency", options.updatefrequency),
        };
        let frequency = duration(option, frequency, FREQUENCY);
        if options.updatefrenquency.is_some() {
            let text = "misspelt: write updatefrequency";
            warnings.push(written.remark("options.updatefrenquency", text));
        }
        let document = || {
            Document::new(&options.iprangesurl, ranges::LARGEST)
                .map_err(|error| written.remark("options.iprangesurl", error.to_string()))
        };
        let regions = || {
            let regions = written.needed("awsregion", options.awsregion.as_ref())?;
            let regions = regions.split(',').map(|region| region.trim().to_owned());
            Ok(regions.collect())
        };
        let ranges = match options.ipfilteredby {
            IpFilter::None => None,
            IpFilter::Aws => Some(Ranges::new(document()?, None, frequency)),
            IpFilter::AwsRegion => Some(Ranges::new(document()?, Some(regions()?), frequency)),
        };
        let root = bucket.rootdirectory.as_deref().unwrap_or_default();
        let root = root.trim_matches('/');
        Ok(Self {
            base: base.map_err(|why| written.remark("options.baseurl", why))?,
            root: match root {
                "" => String::new(),
                root => format!("{root}/"),
            },
            key_pair: key_pair.to_owned(),
            private_key: private_key.into(),
            unusable: written.remark("options.privatekey", String::new()),
            valid_for,
            ranges: ranges.map(Arc::new),
        })
    }

    /// Reads the key, and asks once for the addresses of AWS. While nobody answers, CloudFront
    /// is for everybody.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub(super) async fn open(
        self,
        bucket: Arc<dyn Locate>,
    ) -> std::result::Result<(Arc<dyn Locate>, Option<Arc<Ranges>>), Remark> {
        let signer = Signer::read(&self.private_key, self.key_pair).map_err(|text| Remark {
            text,
            ..self.unusable
        })?;
        if let Some(ranges) = &self.ranges {
            ranges.update().await;
        }
        let locator = CloudFront {
            base: self.base,
            root: self.root,
            signer: Arc::new(signer),
            valid_for: self.valid_for,
            ranges: self.ranges.clone(),
            bucket,
        };
        Ok((Arc::new(locator), self.ranges))
    }
}

// === impl CloudFront ===

#[async_trait]
impl Locate for CloudFront {
    async fn locate(&self, path: &StorePath, fetch: Fetch) -> Result<Option<String>> {
        if let (Some(ranges), Some(client)) = (&self.ranges, fetch.client)
            && ranges.include(client)
        {
            return self.bucket.locate(path, fetch).await;
        }
        let url = self.base.with(format_args!("{}{path}", self.root));
        let end = SystemTime::now() + self.valid_for;
        let signer = Arc::clone(&self.signer);
        // A signature takes too long for the thread that serves others.
        let signed = tokio::task::spawn_blocking(move || signer.sign(&url, end)).await;
        let signed = signed.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
        signed
            .map(Some)
            .map_err(|source| StoreError::from_io("sign a URL of", path, source))
    }
}

const DURATION: Duration = Duration::from_secs(20 * 60);
const FREQUENCY: Duration = Duration::from_secs(12 * 60 * 60);
const SHORTEST: Duration = Duration::from_secs(1);
