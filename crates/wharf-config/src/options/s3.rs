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
        /// The region.
        region: Option<String> [since "2.0"];
        /// Another service than Amazon's.
        regionendpoint: Option<String> [since "2.3"];
        /// Where clients are sent instead.
        redirectendpoint: Option<String> [since "3.0"];
        /// Name the bucket in the path and not in the host.
        forcepathstyle: Option<bool> [since "3.0"];
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
        /// Sign by version 4.
        v4auth: bool = "true" [since "2.0"];
        /// Bytes of a part of an upload.
        chunksize: Option<u64> [since "2.0"];
        /// Bytes of a part of a copy.
        multipartcopychunksize: Option<u64> [since "2.6"];
        /// Parts that are copied at once.
        multipartcopymaxconcurrency: Option<u32> [since "2.6"];
        /// Bytes from which on a copy is made in parts.
        multipartcopythresholdsize: Option<u64> [since "2.6"];
        /// A prefix of every object's name.
        rootdirectory: Option<String> [since "2.0"];
        /// The storage class of what is stored.
        storageclass: Option<String> [since "2.5"];
        /// What requests say they come from.
        useragent: Option<String> [since "2.6"];
        /// Amazon's endpoints for IPv4 and IPv6.
        usedualstack: bool = "false" [since "3.0"];
        /// Amazon's endpoints by FIPS 140.
        usefipsendpoint: bool = "false" [since "3.0"];
        /// The canned access list of what is stored.
        objectacl: Option<String> [since "2.6"];
        /// What the client of the service logs.
        loglevel: Option<String> [since "3.0"];
        /// A token that belongs to the key.
        sessiontoken: Option<Secret> [since "2.7"];
    }
}
