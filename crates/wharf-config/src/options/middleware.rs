//! `middleware`

use std::time::Duration;

use crate::section::{choice, section};
use crate::value::Ignored;

section! {
    /// Code between the registry and its parts, by name.
    Middleware {
        /// Around the whole registry.
        registry: Vec<Named> [since "2.0", state NotBuilt];
        /// Around each repository.
        repository: Vec<Named> [since "2.0", state NotBuilt];
        /// Where clients are sent for the bytes of blobs, one change after the other.
        storage: Vec<StorageMiddleware> [since "2.0"];
    }
}

section! {
    /// One piece of middleware.
    Named {
        /// Which one.
        name: String [since "2.0"];
        /// Leave it out.
        disabled: bool = "false" [since "2.0"];
        /// Its own options.
        options: Option<Ignored> [since "2.0"];
    }
}

section! {
    /// One change of where clients are sent.
    StorageMiddleware {
        /// Which one.
        name: StorageMiddlewareName [since "2.0"];
        /// Leave it out.
        disabled: bool = "false" [since "2.0"];
        /// Its own options.
        options: StorageMiddlewareOptions [since "2.0"];
    }
}

choice! {
    /// Which change.
    StorageMiddlewareName {
        /// To Amazon CloudFront, by signed URLs.
        CloudFront = "cloudfront",
        /// To a base URL.
        Redirect = "redirect",
        /// To where they would be sent, with another scheme, host or path.
        Rewrite = "rewrite",
    }
}

section! {
    /// The options of all of them.
    StorageMiddlewareOptions {
        /// `cloudfront`, `redirect`: the scheme, host and path before those of what is stored.
        baseurl: Option<String> [since "2.0"];
        /// `cloudfront`: the file with the private key of RSA, as PEM.
        privatekey: Option<String> [since "2.0"];
        /// `cloudfront`: what CloudFront calls the public key.
        keypairid: Option<String> [since "2.0"];
        /// `cloudfront`: how long a URL holds.
        duration: Duration = "20m" [since "2.0"];
        /// `cloudfront`: whom to send to the bucket itself: nobody, those within AWS, or those
        /// within some of its regions.
        ipfilteredby: IpFilter = "none" [since "2.7"];
        /// `cloudfront`: these regions, separated by commas.
        awsregion: Option<String> [since "2.7"];
        /// `cloudfront`: how often to ask which addresses are within AWS.
        updatefrequency: Duration = "12h" [since "2.7"];
        /// Write `updatefrequency`. It counts more than that.
        updatefrenquency: Option<Duration> [since "2.7"];
        /// `cloudfront`: where to ask.
        iprangesurl: String = "https://ip-ranges.amazonaws.com/ip-ranges.json" [since "2.7"];
        /// `rewrite`: the scheme instead.
        scheme: Option<String> [since "3.0"];
        /// `rewrite`: the host instead, and the port if it needs one.
        host: Option<String> [since "3.0"];
        /// `rewrite`: what is taken off the beginning of the path.
        trimpathprefix: Option<String> [since "3.0"];
    }
}

choice! {
    /// Whom CloudFront is not for.
    IpFilter {
        /// Nobody.
        None = "none",
        /// Those within AWS.
        Aws = "aws",
        /// Those within some of its regions.
        AwsRegion = "awsregion",
    }
}
