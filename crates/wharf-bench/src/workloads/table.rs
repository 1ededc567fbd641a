//! Every workload. Their names are stable: reports of different days are compared by them.

use crate::servers::Kind;

/// A workload.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// What it is called on the command line and in reports.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// What is asked.
    pub task: Task,
    /// How many connections ask.
    pub connections: usize,
    /// What the server holds.
    pub store: Store,
    /// What is counted.
    pub unit: Unit,
}

/// What is asked of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table below says it")]
pub enum Task {
    PullBig,
    PullBigTls,
    PullSmall,
    PullRanges,
    ManifestByTag,
    ManifestByPassword,
    ManifestByToken,
    ManifestByDigest,
    ManifestHead,
    BlobHead,
    VersionCheck,
    PushBig,
    PushParallel,
    PushChunked,
    PushImages,
    NewTags,
    TagsWhole,
    TagsPageOfSome,
    TagsPageOfMany,
    CatalogPage,
    Mixed,
    IdleConnections,
    StartUp,
    IdleMemory,
    Collect,
    PullWithoutCollection,
    PullUnderCollection,
    PullUnderHaste,
}

/// What a server holds when a workload begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// Nothing.
    Empty,
    /// Blobs and manifests, the big blob among them; nobody writes.
    Pulled,
    /// The same without the big blob, made anew for every measurement.
    Small,
    /// A repository with 1,000 tags; nobody writes.
    Tags,
    /// Many tags and many repositories; nobody writes.
    Large,
    /// Many images, and blobs that nothing needs: they are written again for every measurement.
    Collected,
    /// The same of fewer images, beside manifests and small blobs to pull.
    PulledAndCollected,
    /// An empty bucket, behind so many processes of the server.
    Bucket(usize),
    /// A bucket with blobs and manifests, the big blob among them; nobody writes.
    FilledBucket(usize),
}

/// What a measurement's value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Unit {
    /// MiB of blobs in a second.
    #[serde(rename = "MiB/s")]
    MibPerSecond,
    /// Operations in a second.
    #[serde(rename = "per second")]
    PerSecond,
    /// Seconds until something happened.
    #[serde(rename = "s")]
    Seconds,
    /// MiB of memory.
    #[serde(rename = "MiB")]
    Mib,
}

const fn workload(
    name: &'static str,
    about: &'static str,
    task: Task,
    connections: usize,
    store: Store,
    unit: Unit,
) -> Workload {
    Workload {
        name,
        about,
        task,
        connections,
        store,
        unit,
    }
}

/// All of them, in the order in which they run.
#[rustfmt::skip]
pub const WORKLOADS: &[Workload] = &[
    workload("pull-big-1", "GET of a 512 MiB blob, 1 connection", Task::PullBig, 1, Store::Pulled, Unit::MibPerSecond),
    workload("pull-big-8", "GET of a 512 MiB blob, 8 connections", Task::PullBig, 8, Store::Pulled, Unit::MibPerSecond),
    workload("pull-big-tls", "GET of a 512 MiB blob over TLS, 1 connection", Task::PullBigTls, 1, Store::Pulled, Unit::MibPerSecond),
    workload("pull-ranges", "GET of a 512 MiB blob in ranges of 8 MiB, 8 connections", Task::PullRanges, 8, Store::Pulled, Unit::MibPerSecond),
    workload("pull-small", "GET of 256 blobs of 16 KiB, 16 connections", Task::PullSmall, 16, Store::Pulled, Unit::PerSecond),
    workload("manifest-by-tag", "GET of 64 manifests by tag, 16 connections", Task::ManifestByTag, 16, Store::Pulled, Unit::PerSecond),
    workload("manifest-basic", "the same with Basic, from auth.htpasswd (bcrypt of cost 10)", Task::ManifestByPassword, 16, Store::Pulled, Unit::PerSecond),
    workload("manifest-token", "the same with a Bearer token, by auth.token (Ed25519, jwks)", Task::ManifestByToken, 16, Store::Pulled, Unit::PerSecond),
    workload("manifest-by-digest", "GET of 64 manifests by digest, 16 connections", Task::ManifestByDigest, 16, Store::Pulled, Unit::PerSecond),
    workload("manifest-head", "HEAD of 64 manifests by tag, 16 connections", Task::ManifestHead, 16, Store::Pulled, Unit::PerSecond),
    workload("blob-head", "HEAD of 256 blobs, 16 connections", Task::BlobHead, 16, Store::Pulled, Unit::PerSecond),
    workload("version-check", "GET of /v2/, which every answer costs at least, 16 connections", Task::VersionCheck, 16, Store::Pulled, Unit::PerSecond),
    workload("push-big", "a new 512 MiB blob: POST, PATCH, PUT", Task::PushBig, 1, Store::Empty, Unit::MibPerSecond),
    workload("push-parallel", "8 new blobs of 64 MiB at once: POST, PATCH, PUT", Task::PushParallel, 8, Store::Empty, Unit::MibPerSecond),
    workload("push-chunked", "a new 512 MiB blob in chunks of 8 MiB: POST, PATCH …, PUT", Task::PushChunked, 1, Store::Empty, Unit::MibPerSecond),
    workload("push-images", "new images of config, 10 KiB layer and manifest, 16 connections", Task::PushImages, 16, Store::Empty, Unit::PerSecond),
    workload("new-tags", "PUT of one manifest under new tags, 16 connections", Task::NewTags, 16, Store::Small, Unit::PerSecond),
    workload("tags-1k", "the whole list of 1,000 tags, 2 connections", Task::TagsWhole, 2, Store::Tags, Unit::PerSecond),
    workload("tags-page-1k", "pages of 100 in the middle of 1,000 tags, 2 connections", Task::TagsPageOfSome, 2, Store::Tags, Unit::PerSecond),
    workload("tags-page-100k", "pages of 100 in the middle of 100,000 tags, 2 connections", Task::TagsPageOfMany, 2, Store::Large, Unit::PerSecond),
    workload("catalog-page-10k", "pages of 100 in the middle of 10,000 repositories, 2 connections", Task::CatalogPage, 2, Store::Large, Unit::PerSecond),
    workload("mixed", "90 % GET of 16 KiB blobs and manifests, 10 % pushes of 10 KiB blobs, 16 connections", Task::Mixed, 16, Store::Small, Unit::PerSecond),
    workload("idle-connections", "manifests by tag on 16 connections beside 1,000 idle ones", Task::IdleConnections, 16, Store::Pulled, Unit::PerSecond),
    workload("start-up", "from the start to the first correct manifest, 100,000 images stored", Task::StartUp, 1, Store::Large, Unit::Seconds),
    workload("idle-memory", "resident memory a second after the first answer, the executable read from the disk", Task::IdleMemory, 1, Store::Empty, Unit::Mib),
    workload("collect", "garbage-collect of 100,000 images with 1,000,000 layer links, and 50,000 blobs that go", Task::Collect, 1, Store::Collected, Unit::Seconds),
    workload("bucket-push-images", "push-images into a bucket (S3 of MinIO, which has a part of the same cores)", Task::PushImages, 16, Store::Bucket(1), Unit::PerSecond),
    workload("bucket-push-images-3", "the same through three processes behind HAProxy", Task::PushImages, 16, Store::Bucket(3), Unit::PerSecond),
    workload("bucket-push-parallel", "push-parallel into a bucket", Task::PushParallel, 8, Store::Bucket(1), Unit::MibPerSecond),
    workload("bucket-push-parallel-3", "the same through three processes behind HAProxy", Task::PushParallel, 8, Store::Bucket(3), Unit::MibPerSecond),
    workload("bucket-pull-big", "pull-big-8 from a bucket, through the server (redirect.disable)", Task::PullBig, 8, Store::FilledBucket(1), Unit::MibPerSecond),
    workload("bucket-pull-big-3", "the same through three processes behind HAProxy", Task::PullBig, 8, Store::FilledBucket(3), Unit::MibPerSecond),
    workload("bucket-pull-small", "pull-small from a bucket, through the server", Task::PullSmall, 16, Store::FilledBucket(1), Unit::PerSecond),
    workload("bucket-manifests", "manifest-by-tag from a bucket", Task::ManifestByTag, 16, Store::FilledBucket(1), Unit::PerSecond),
    workload("pull-no-collection", "GET of manifests by tag and of 16 KiB blobs, 4 connections; the store has 10,000 more images", Task::PullWithoutCollection, 4, Store::PulledAndCollected, Unit::PerSecond),
    workload("pull-under-collection", "the same while that store is collected again and again, at the pace that is the default", Task::PullUnderCollection, 4, Store::PulledAndCollected, Unit::PerSecond),
    workload("pull-under-haste", "the same without a pace: as fast as it can", Task::PullUnderHaste, 4, Store::PulledAndCollected, Unit::PerSecond),
];

/// The workload of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
}

// === impl Workload ===

impl Workload {
    /// Whether the server lets in only whom it knows.
    #[must_use]
    pub fn asks_for_credentials(&self) -> bool {
        matches!(self.task, Task::ManifestByPassword | Task::ManifestByToken)
    }

    /// How many processes on one bucket it needs, if it is one of those.
    #[must_use]
    pub const fn replicas(&self) -> Option<usize> {
        match self.store {
            Store::Bucket(replicas) | Store::FilledBucket(replicas) => Some(replicas),
            _ => None,
        }
    }

    /// Why a server has no part in it, if so.
    #[must_use]
    pub fn leaves_out(&self, kind: Kind) -> Option<&'static str> {
        match (kind, self.task) {
            (Kind::Wharf, _) => return None,
            (_, Task::PullWithoutCollection | Task::PullUnderCollection | Task::PullUnderHaste) => {
                return Some("collects by its command alone, while nobody may push");
            }
            (Kind::Debian, Task::Collect) => {
                return Some("leaves the layer links: its collection is another");
            }
            (Kind::Debian | Kind::Zot | Kind::Nginx, _) if self.replicas().is_some() => {
                return Some("is left out: on a bucket, v3 is what is compared with");
            }
            (_, _) => {}
        }
        match kind {
            Kind::Wharf | Kind::V3 => None,
            Kind::Debian => match self.task {
                Task::TagsPageOfSome | Task::TagsPageOfMany => {
                    Some("answers the whole list whatever `n` says")
                }
                Task::ManifestByToken => Some("takes no `jwks`"),
                _ => None,
            },
            Kind::Zot if self.asks_for_credentials() => {
                Some("is left out: its configuration of accounts is its own")
            }
            Kind::Zot => match self.store {
                Store::Large | Store::Collected | Store::PulledAndCollected => Some(
                    "is left out: its layout is its own, and so many pushes would take too long",
                ),
                Store::Empty
                | Store::Pulled
                | Store::Small
                | Store::Tags
                | Store::Bucket(_)
                | Store::FilledBucket(_) => None,
            },
            Kind::Nginx => match self.task {
                Task::PullBig
                | Task::PullBigTls
                | Task::PullSmall
                | Task::PullRanges
                | Task::BlobHead => None,
                _ => Some("is not a registry: it serves the blobs as files"),
            },
        }
    }
}

// === impl Unit ===

impl Unit {
    /// Whether more of it is better.
    #[must_use]
    pub const fn more_is_better(self) -> bool {
        match self {
            Self::MibPerSecond | Self::PerSecond => true,
            Self::Seconds | Self::Mib => false,
        }
    }
}

impl std::fmt::Display for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::MibPerSecond => "MiB/s",
            Self::PerSecond => "per second",
            Self::Seconds => "s",
            Self::Mib => "MiB",
        })
    }
}
