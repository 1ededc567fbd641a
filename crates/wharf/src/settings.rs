//! From what the operator wrote to what the crates below take.

use wharf_config::Config;
use wharf_config::options::{Formatter, Level, Sparse};
use wharf_http::LocationStyle;
use wharf_registry::{Deletion, Options, SparseManifests};

use crate::cli::{LogFormat, LogLevel};

/// The rules of the registry.
pub(crate) fn options(config: &Config) -> Options {
    Options {
        deletion: if config.storage.delete.enabled {
            Deletion::Enabled
        } else {
            Deletion::Disabled
        },
        sparse: match config.wharfinger.sparse {
            Sparse::None => SparseManifests::Refused,
            Sparse::Indexes => SparseManifests::Indexes,
            Sparse::All => SparseManifests::All,
        },
    }
}

pub(crate) fn locations(config: &Config) -> LocationStyle {
    if config.http.relativeurls {
        LocationStyle::Relative
    } else {
        LocationStyle::Absolute
    }
}

pub(crate) fn log_format(config: &Config) -> LogFormat {
    match config.log.formatter {
        Formatter::Text => LogFormat::Text,
        Formatter::Json => LogFormat::Json,
        Formatter::Logstash => LogFormat::Logstash,
    }
}

pub(crate) fn log_level(config: &Config) -> LogLevel {
    match config.log.level {
        Level::Error => LogLevel::Error,
        Level::Warn => LogLevel::Warn,
        Level::Info => LogLevel::Info,
        Level::Debug => LogLevel::Debug,
    }
}
