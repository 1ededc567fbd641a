//! From what the operator wrote to what the crates below take. What they refuse is an error
//! of the option that it was written for.

use std::num::NonZeroUsize;

use wharf_auth::{Glob, Rules};
use wharf_config::options::{self, Formatter, Platforms, Sparse};
use wharf_config::{Config, Loaded, Remark};
use wharf_http::{
    Health, LocationStyle, PageLimits, ReadOnly, ResponseHeaders, Settings, TcpAddress,
};
use wharf_registry::{
    Class, Classes, Deletion, Options, Releases, RequiredPlatform, RequiredPlatforms,
    SparseManifests, UrlLists, UrlPolicy,
};
use wharf_spec::{BaseUrl, BaseUrlError, Prefix};

use crate::listening::{self, Place, Speech};
use crate::logging::{self, Format, LogSettings};
use crate::{authorization, collection, operations, storage};

/// Everything that can be made of a configuration before anything is opened.
pub(crate) struct Made {
    pub(crate) options: Options,
    /// Without an access log and a health gate, which need something running.
    pub(crate) settings: Settings,
    pub(crate) place: Place,
    pub(crate) speech: Speech,
    pub(crate) rules: Rules,
    pub(crate) warnings: Vec<Remark>,
}

/// Makes it.
///
/// # Errors
/// The first option that cannot be used.
pub(crate) fn make(loaded: &Loaded) -> Result<Made, Remark> {
    let config = &loaded.config;
    let mut warnings = Vec::new();
    let options = Options {
        deletion: if config.storage.delete.enabled {
            Deletion::Enabled
        } else {
            Deletion::Disabled
        },
        sparse: sparse(config),
        urls: urls(loaded)?,
        classes: classes(loaded)?,
        memory: config.wharfinger.cache.memory / 2,
        grace: config.wharfinger.collection.grace,
        trash: config.wharfinger.trash.keep,
        untagged: collection::untagged(config),
        releases: releases(loaded)?,
    };
    let prefix = match &config.http.prefix {
        Some(prefix) => prefix
            .parse()
            .map_err(|error: <Prefix as std::str::FromStr>::Err| {
                loaded.remark("http.prefix", error.to_string())
            })?,
        None => Prefix::default(),
    };
    // A cache of another registry takes no pushes, not even while it cannot fetch.
    let is_proxy = config
        .proxy
        .as_ref()
        .is_some_and(|proxy| proxy.remoteurl.is_some());
    let read_only = config.storage.maintenance.readonly.enabled || is_proxy;
    let settings = Settings {
        prefix,
        locations: locations(loaded, &mut warnings)?,
        headers: headers(loaded)?,
        read_only: ReadOnly::new(read_only),
        pages: pages(config),
        ..Settings::default()
    };
    let speech = listening::speech(loaded, &mut warnings)?;
    Health::new(operations::checks(config))
        .map_err(|error| loaded.remark("health", anyhow::Error::from(error).to_string()))?;
    debug(loaded)?;
    authorization::issuer::check(loaded)?;
    collection::check(loaded)?;
    storage::check(loaded, &mut warnings)?;
    Ok(Made {
        options,
        settings,
        place: listening::place(loaded)?,
        speech,
        rules: authorization::rules(loaded, &mut warnings)?,
        warnings,
    })
}

/// The listener for operators must be one that can be.
fn debug(loaded: &Loaded) -> Result<(), Remark> {
    let debug = &loaded.config.http.debug;
    if let Some(address) = &debug.addr
        && let Err(error) = address.parse::<TcpAddress>()
    {
        return Err(loaded.remark("http.debug.addr", error.to_string()));
    }
    if !debug.prometheus.path.starts_with('/') {
        let text = "a path begins with `/`";
        return Err(loaded.remark("http.debug.prometheus.path", text));
    }
    Ok(())
}

fn sparse(config: &Config) -> SparseManifests {
    let indexes = &config.validation.manifests.indexes;
    match (config.wharfinger.sparse, indexes.platforms) {
        (Sparse::All, _) => SparseManifests::All,
        (Sparse::Indexes, _) | (Sparse::None, Platforms::None) => SparseManifests::Indexes,
        (Sparse::None, _) if is_off(&config.validation) => SparseManifests::Indexes,
        (Sparse::None, Platforms::All) => SparseManifests::Refused,
        (Sparse::None, Platforms::List) => {
            let list = indexes
                .platformlist
                .iter()
                .map(|platform| RequiredPlatform {
                    architecture: platform.architecture.clone(),
                    os: platform.os.clone(),
                });
            RequiredPlatforms::new(list.collect())
                .map_or(SparseManifests::Refused, SparseManifests::IndexesBut)
        }
    }
}

/// Of the two ways to say it, the old one wins, as with distribution.
fn is_off(validation: &options::Validation) -> bool {
    validation.disabled && validation.enabled != Some(true)
}

fn urls(loaded: &Loaded) -> Result<UrlPolicy, Remark> {
    let validation = &loaded.config.validation;
    let lists = &validation.manifests.urls;
    if is_off(validation) {
        Ok(UrlPolicy::Web)
    } else if lists.allow.is_empty() && lists.deny.is_empty() {
        Ok(UrlPolicy::Unchecked)
    } else {
        UrlLists::new(&lists.allow, &lists.deny)
            .map(UrlPolicy::Listed)
            .map_err(|error| loaded.remark("validation.manifests.urls", error.to_string()))
    }
}

fn classes(loaded: &Loaded) -> Result<Classes, Remark> {
    let classes = &loaded.config.policy.repository.classes;
    let classes: Result<Vec<Class>, _> = classes.iter().map(|class| class.parse()).collect();
    classes
        .map(Classes::of)
        .map_err(|error| loaded.remark("policy.repository.classes", error.to_string()))
}

fn releases(loaded: &Loaded) -> Result<Releases, Remark> {
    let patterns = &loaded.config.wharfinger.tags.semver;
    for (place, pattern) in patterns.iter().enumerate() {
        if let Err(error) = Glob::parse(pattern) {
            let option = format!("wharfinger.tags.semver[{place}]");
            return Err(loaded.remark(&option, error.to_string()));
        }
    }
    Ok(Releases(patterns.clone()))
}

fn locations(loaded: &Loaded, warnings: &mut Vec<Remark>) -> Result<LocationStyle, Remark> {
    let http = &loaded.config.http;
    let style = if http.relativeurls {
        LocationStyle::Relative
    } else {
        LocationStyle::Absolute
    };
    let Some(host) = &http.host else {
        return Ok(style);
    };
    match host.parse::<BaseUrl>() {
        Ok(host) => Ok(LocationStyle::Fixed(host)),
        // Distribution leaves it alone as well, in silence.
        Err(error @ BaseUrlError::NotAbsolute(_)) => {
            warnings.push(loaded.remark("http.host", format!("ignored: {error}")));
            Ok(style)
        }
        Err(error) => Err(loaded.remark("http.host", error.to_string())),
    }
}

fn headers(loaded: &Loaded) -> Result<ResponseHeaders, Remark> {
    let headers = &loaded.config.http.headers;
    let pairs = headers
        .iter()
        .flat_map(|(name, values)| values.iter().map(|value| (name.as_str(), value.as_str())));
    ResponseHeaders::new(pairs).map_err(|error| loaded.remark("http.headers", error.to_string()))
}

fn pages(config: &Config) -> PageLimits {
    let default = PageLimits::default();
    let or = |most: i64, default: NonZeroUsize| {
        let most = usize::try_from(most).ok();
        most.and_then(NonZeroUsize::new).unwrap_or(default)
    };
    PageLimits {
        catalog: or(config.catalog.maxentries, default.catalog),
        tags: or(config.tags.maxtags.into(), default.tags),
    }
}

/// How to log.
pub(crate) fn log(config: &Config) -> LogSettings {
    let log = &config.log;
    let fields = log.fields.iter();
    LogSettings {
        level: level(log.level),
        format: match log.formatter {
            Formatter::Text => Format::Text,
            Formatter::Json => Format::Json,
            Formatter::Logstash => Format::Logstash,
        },
        fields: fields
            .map(|(name, value)| (name.clone(), value.json().clone()))
            .collect(),
        report_caller: log.reportcaller,
    }
}

/// The least severe lines.
pub(crate) fn level(level: options::Level) -> logging::Level {
    match level {
        options::Level::Error => logging::Level::Error,
        options::Level::Warn => logging::Level::Warn,
        options::Level::Info => logging::Level::Info,
        options::Level::Debug => logging::Level::Debug,
    }
}
