//! At which address a bucket is asked for.

use super::Options;

/// The address of a bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Endpoint {
    /// Of the service; of the bucket where its name is in the host's.
    pub(super) url: String,
    /// Whether the bucket's name is in the path.
    pub(super) path_style: bool,
}

/// Which of Amazon's addresses are asked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Variant {
    /// Those near the client (`s3-accelerate`).
    pub accelerate: bool,
    /// Those that have IPv6 addresses too (`dualstack`).
    pub dual_stack: bool,
    /// Those that keep to FIPS 140 (`s3-fips`).
    pub fips: bool,
}

// === impl Endpoint ===

impl Endpoint {
    pub(super) fn of(options: &Options) -> Self {
        let service = service(options);
        let (scheme, host) = service.split_once("://").unwrap_or(("https", &service));
        // A certificate for all names below a host is for one label.
        let is_one_label = scheme == "http" || !options.bucket.contains('.');
        if options.path_style || !is_one_label {
            return Self {
                url: service,
                path_style: true,
            };
        }
        Self {
            url: format!("{scheme}://{}.{host}", options.bucket),
            path_style: false,
        }
    }

    /// The address of the bucket.
    pub(super) fn bucket(&self, bucket: &str) -> String {
        if self.path_style {
            format!("{}/{bucket}", self.url)
        } else {
            self.url.clone()
        }
    }

    pub(super) fn is_secure(&self) -> bool {
        self.url.starts_with("https://")
    }
}

/// Without a slash at its end.
fn service(options: &Options) -> String {
    let scheme = if options.secure { "https" } else { "http" };
    if let Some(endpoint) = &options.endpoint {
        let endpoint = endpoint.trim_end_matches('/');
        // distribution takes a host, or a URL.
        return if endpoint.contains("://") {
            endpoint.to_owned()
        } else {
            format!("{scheme}://{endpoint}")
        };
    }
    let region = options.region.as_deref().unwrap_or(DEFAULT_REGION);
    let domain = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let Variant {
        accelerate,
        dual_stack,
        fips,
    } = options.variant;
    let dual_stack = if dual_stack { ".dualstack" } else { "" };
    if accelerate {
        return format!("{scheme}://s3-accelerate{dual_stack}.{domain}");
    }
    let fips = if fips { "-fips" } else { "" };
    format!("{scheme}://s3{fips}{dual_stack}.{region}.{domain}")
}

pub(super) const DEFAULT_REGION: &str = "us-east-1";

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(change: impl FnOnce(&mut Options)) -> String {
        let mut options = Options {
            region: Some("eu-west-1".to_owned()),
            ..Options::of("images")
        };
        change(&mut options);
        Endpoint::of(&options).bucket(&options.bucket)
    }

    #[test]
    fn amazon_has_many() {
        let variant = |accelerate, dual_stack, fips| {
            endpoint(|options| {
                options.variant = Variant {
                    accelerate,
                    dual_stack,
                    fips,
                };
            })
        };
        let domain = "amazonaws.com";
        for (variant, host) in [
            (variant(false, false, false), "images.s3.eu-west-1"),
            (variant(false, true, false), "images.s3.dualstack.eu-west-1"),
            (variant(false, false, true), "images.s3-fips.eu-west-1"),
            (
                variant(false, true, true),
                "images.s3-fips.dualstack.eu-west-1",
            ),
            (variant(true, false, false), "images.s3-accelerate"),
            (variant(true, true, false), "images.s3-accelerate.dualstack"),
        ] {
            assert_eq!(variant, format!("https://{host}.{domain}"));
        }
        let beijing = endpoint(|options| options.region = Some("cn-north-1".to_owned()));
        assert_eq!(beijing, "https://images.s3.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn others_have_one() {
        let other = |text: &str, secure, path_style| {
            endpoint(|options| {
                options.endpoint = Some(text.to_owned());
                options.secure = secure;
                options.path_style = path_style;
            })
        };
        assert_eq!(other("host:9000", true, true), "https://host:9000/images");
        assert_eq!(other("host:9000/", false, true), "http://host:9000/images");
        assert_eq!(other("http://host", true, true), "http://host/images");
        assert_eq!(other("http://host", true, false), "http://images.host");
    }

    #[test]
    fn a_name_with_dots_is_not_in_the_host() {
        let dotted = |secure| {
            endpoint(|options| {
                options.bucket = "a.b".to_owned();
                options.secure = secure;
            })
        };
        assert_eq!(dotted(true), "https://s3.eu-west-1.amazonaws.com/a.b");
        assert_eq!(dotted(false), "http://a.b.s3.eu-west-1.amazonaws.com");
    }
}
