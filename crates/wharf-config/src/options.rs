//! The table of options: one struct for each section, one field for each option. What is
//! written here is also what the reference page and the schema say.

mod auth;
mod azure;
mod google;
mod health;
mod http;
mod identity;
mod log;
mod middleware;
mod notifications;
mod own;
mod proxy;
mod redis;
mod s3;
mod space;
mod storage;
mod tls;
mod validation;

use crate::section::section;
use crate::shape::{Section, Shape};
use crate::value::Value;

pub use crate::value::{Free, Ignored};

pub use auth::{Auth, Htpasswd, Silly, Token};
pub use azure::{Azure, AzureCredentials, AzureLogin};
pub use google::{Gcs, GcsAccount, GcsCredentials};
pub use health::{FileCheck, Health, HttpCheck, StorageCheck, TcpCheck};
pub use http::{Debug, H2c, Http, Http2, Network, Prometheus};
pub use identity::{
    AccountLimits, AuthorizationServer, Effect, Identity, LoginLimits, PullLimits, Rule, RuleClass,
};
pub use log::{AccessLog, Formatter, Hook, HookOptions, Level, Log, Smtp};
pub use middleware::{
    IpFilter, Middleware, Named, StorageMiddleware, StorageMiddlewareName, StorageMiddlewareOptions,
};
pub use notifications::{Endpoint, Events, Ignore, Notifications};
pub use own::{Acme, Durability, Edge, LockDriver, Locks, Postgres, Sparse, Wharfinger};
pub use proxy::{Exec, Proxy};
pub use redis::{Redis, RedisTls};
pub use s3::S3;
pub use space::{Collection, Scrub, Trash, Untagged};
pub use storage::{
    Cache, Delete, Filesystem, Maintenance, ReadOnly, Redirect, Storage, TagLookup, UploadPurging,
};
pub use tls::{ClientAuth, LetsEncrypt, MinimumTls, Tls};
pub use validation::{Classes, Indexes, Manifests, Platform, Platforms, Policy, Urls, Validation};

section! {
    /// The whole configuration.
    Config {
        /// The version of this format: always `0.1`.
        version: String [since "2.0"];
        /// What is logged, and how.
        log: Log [since "2.0"];
        /// Write `log.level`. It is used where that is not set.
        loglevel: Option<Level> [since "2.0", state Gone];
        /// Where images are kept. Exactly one driver must be named.
        storage: Storage [since "2.0"];
        /// Who may do what. At most one way can be chosen.
        auth: Auth [since "2.0"];
        /// Code between the registry and its parts, by name.
        middleware: Option<Middleware> [since "2.0"];
        /// How clients reach the registry.
        http: Http [since "2.0"];
        /// Who is told of pushes and pulls.
        notifications: Option<Notifications> [since "2.0"];
        /// Redis, where something asks for it.
        redis: Redis [since "2.0"];
        /// What is checked in the background. While a check fails, every request is
        /// answered with 503.
        health: Health [since "2.1"];
        /// Pages of `/v2/_catalog`.
        catalog: Catalog [since "2.8"];
        /// Pages of `/v2/<name>/tags/list`.
        tags: Tags [since "3.0"];
        /// Serve as a cache of another registry. Pushes are refused, as distribution does.
        proxy: Option<Proxy> [since "2.0", state NotBuilt];
        /// What manifests may contain.
        validation: Validation [since "2.2"];
        /// What may be pushed.
        policy: Policy [since "2.7"];
        /// Manifests of schema 1 are not served: push the images again.
        compatibility: Option<Ignored> [since "2.0", state Gone];
        /// Nothing is reported to Bugsnag or New Relic.
        reporting: Option<Ignored> [since "2.0", state Gone];
        /// What only this registry has: distribution ignores it.
        wharfinger: Wharfinger [since "wharfinger"];
    }
}

section! {
    /// Pages of the catalog.
    Catalog {
        /// The most repositories that a client may ask for at once; more is an error. 0 and
        /// less stand for the default.
        maxentries: i64 = "1000" [since "2.8"];
    }
}

section! {
    /// Pages of tags.
    Tags {
        /// The most tags in an answer to a client that asks for a number; more is cut to this.
        /// 0 stands for the default.
        maxtags: u32 = "1000" [since "3.0"];
    }
}

/// The table.
pub(crate) const ROOT: &Section = match Config::SHAPE {
    Shape::Section(section) => section,
    _ => panic!("the configuration is a section"),
};
