//! `storage`

use std::time::Duration;

use super::{Azure, Gcs, S3};
use crate::section::section;
use crate::value::Ignored;

section! {
    /// Where images are kept: one driver, and what holds for each of them.
    Storage (bare) {
        /// A directory of this machine.
        filesystem: Option<Filesystem> [since "2.0"];
        /// This process's memory: lost when it ends. For trying out.
        inmemory: Option<Ignored> [since "2.0"];
        /// A bucket of Amazon S3, or of what speaks its protocol.
        s3: Option<S3> [since "2.0"];
        /// The same as `s3`.
        s3aws: Option<S3> [since "2.0"];
        /// A bucket of Google Cloud Storage.
        gcs: Option<Gcs> [since "2.0"];
        /// A container of Azure Blob Storage.
        azure: Option<Azure> [since "2.0"];
        /// OpenStack Swift; distribution 3 has dropped it.
        swift: Option<Ignored> [since "2.0", state Refused];
        /// Aliyun OSS; distribution 3 has dropped it. OSS speaks S3's protocol.
        oss: Option<Ignored> [since "2.1", state Refused];
        /// Deletion by clients.
        delete: Delete [since "2.1"];
        /// Sending clients to the store for the bytes, where it can be done.
        redirect: Redirect [since "2.0"];
        /// Remembering what the store said.
        cache: Cache [since "2.0"];
        /// Upkeep.
        maintenance: Maintenance [since "2.0"];
        /// Looking tags up when a manifest is deleted.
        tag: TagLookup [since "3.0", state NoEffect];
    }
}

section! {
    /// A directory of this machine.
    Filesystem {
        /// The directory. It is made if it is not there.
        rootdirectory: String = "/var/lib/registry" [since "2.0"];
        /// How many files are worked on at once. Threads are bounded by themselves here.
        maxthreads: Option<u32> [since "2.6", state NoEffect];
    }
}

section! {
    /// Deletion by clients.
    Delete {
        /// Allow it: blobs, manifests and tags.
        enabled: bool = "false" [since "2.1"];
    }
}

section! {
    /// Sending clients to the store.
    Redirect {
        /// Never do it.
        disable: bool = "false" [since "2.1"];
    }
}

section! {
    /// Remembering what the store said.
    Cache {
        /// Where it is remembered which blobs repositories hold: `redis`, under distribution's
        /// keys, for servers that send clients to a bucket. `inmemory` changes nothing here.
        blobdescriptor: Option<String> [since "2.0"];
        /// How many. `wharfinger.cache.memory` bounds what is in memory here.
        blobdescriptorsize: Option<u32> [since "3.0", state NoEffect];
        /// Write `blobdescriptor`. It is used where that is not set.
        layerinfo: Option<String> [since "2.0", state Gone];
    }
}

section! {
    /// Upkeep.
    Maintenance {
        /// Removing uploads that nobody goes on with.
        uploadpurging: UploadPurging [since "2.0"];
        /// Serving without writing.
        readonly: ReadOnly [since "2.0"];
    }
}

section! {
    /// Removing uploads that nobody goes on with.
    UploadPurging {
        /// Do it.
        enabled: bool = "true" [since "2.0"];
        /// How old an upload must be.
        age: Duration = "168h" [since "2.0"];
        /// How long until the next time. The first is within an hour of the start.
        interval: Duration = "24h" [since "2.0"];
        /// Only log what would be removed.
        dryrun: bool = "false" [since "2.0"];
    }
}

section! {
    /// Serving without writing.
    ReadOnly {
        /// Answer every write with 405.
        enabled: bool = "false" [since "2.0"];
    }
}

section! {
    /// Looking tags up when a manifest is deleted.
    TagLookup {
        /// How many at once.
        concurrencylimit: Option<u32> [since "3.0"];
    }
}
