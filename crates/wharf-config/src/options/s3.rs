//! `storage.s3`

use crate::Secret;
use crate::section::section;

section! {
    /// A bucket of Amazon S3, or of what speaks its protocol.
    S3 {
        /// The key's name. Without it, the usual places are searched.
        accesskey: Option<String> [since "2.0"];
        /// The key.
        secretkey: Option<Secret> [since "2.0"];
        /// The region. Amazon's service needs it.
        region: Option<String> [since "2.0"];
        /// Another service than Amazon's.
        regionendpoint: Option<String> [since "2.3"];
        /// The scheme and host of the URLs that clients are sent to.
        redirectendpoint: Option<String> [since "3.0"];
        /// Name the bucket in the path and not in the host.
        forcepathstyle: bool = "false" [since "3.0"];
        /// Amazon's accelerated endpoint.
        accelerate: bool = "false" [since "3.0"];
        /// The bucket.
        bucket: String [since "2.0"];
        /// Let the service encrypt what it stores.
        encrypt: bool = "false" [since "2.0"];
        /// With this key of its key service.
        keyid: Option<String> [since "2.5"];
        /// Use TLS.
        secure: bool = "true" [since "2.0"];
        /// Do not check the service's certificate.
        skipverify: bool = "false" [since "2.7"];
        /// Requests are signed by version 4, whatever stands here.
        v4auth: bool = "true" [since "2.0", state NoEffect];
        /// Bytes of the first parts of an upload, 5 MiB at least; later ones are larger.
        chunksize: u64 = "10485760" [since "2.0"];
        /// Bytes of a part of a copy.
        multipartcopychunksize: u64 = "33554432" [since "2.6"];
        /// Parts that are copied at once.
        multipartcopymaxconcurrency: u32 = "100" [since "2.6"];
        /// Bytes from which on a copy is made in parts.
        multipartcopythresholdsize: u64 = "33554432" [since "2.6"];
        /// A prefix of every object's name.
        rootdirectory: Option<String> [since "2.0"];
        /// The storage class of what is stored: `STANDARD`, `REDUCED_REDUNDANCY`, `STANDARD_IA`,
        /// `ONEZONE_IA`, `INTELLIGENT_TIERING`, `OUTPOSTS`, `GLACIER_IR`, or `NONE`, which leaves
        /// it to the service.
        storageclass: Option<String> [since "2.5"];
        /// What requests say they come from.
        useragent: Option<String> [since "2.6"];
        /// Amazon's endpoints for IPv4 and IPv6.
        usedualstack: bool = "false" [since "3.0"];
        /// Amazon's endpoints by FIPS 140.
        usefipsendpoint: bool = "false" [since "3.0"];
        /// The canned access list of what is stored, such as `bucket-owner-full-control`.
        objectacl: Option<String> [since "2.6"];
        /// What the client of the service logs. Failed requests are logged here as others are.
        loglevel: Option<String> [since "3.0", state NoEffect];
        /// A token that belongs to the key.
        sessiontoken: Option<Secret> [since "2.7"];
    }
}
