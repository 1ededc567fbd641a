//! What SIGHUP reads again, while requests go on.

use std::sync::Arc;

use wharf_auth::SharedRules;
use wharf_config::{Loaded, Sources, load};
use wharf_http::Tls;

use crate::audit::AuditLog;
use crate::logging::LogHandle;
use crate::sources::read_again;
use crate::{authorization, settings};

/// What can change without a restart.
pub(crate) struct Reload {
    pub(crate) sources: Sources,
    pub(crate) log: Arc<LogHandle>,
    pub(crate) tls: Option<Tls>,
    pub(crate) rules: SharedRules,
    pub(crate) audit: Option<AuditLog>,
}

// === impl Reload ===

impl Reload {
    /// Reads the configuration's log level and rules and the certificates again, and opens the
    /// audit log again. What cannot be read
    /// or used leaves things as they are, with a line that says why.
    pub(crate) async fn run(&self) {
        match read_again(&self.sources) {
            Ok(sources) => match load(&sources) {
                Ok(loaded) => {
                    self.log.set_level(settings::level(loaded.config.log.level));
                    tracing::info!("the configuration was read again: its log level holds now");
                    self.read_rules(&loaded);
                }
                Err(refused) => {
                    for error in &refused.errors {
                        tracing::error!("log level and rules stay as they are: {error}");
                    }
                }
            },
            Err(error) => tracing::error!("log level and rules stay as they are: {error:#}"),
        }
        if let Some(audit) = &self.audit {
            match audit.reopen().await {
                Ok(()) => tracing::info!("the audit log was opened again"),
                Err(error) => tracing::error!(
                    "the audit log stays in the file that it was in: {error}: make its \
                     directory writable and send SIGHUP again"
                ),
            }
        }
        if let Some(tls) = &self.tls {
            match tls.reload().await {
                Ok(()) => tracing::info!("the certificates were read again"),
                Err(error) => {
                    let error = anyhow::Error::from(error);
                    tracing::error!("the certificates stay as they are: {error:#}");
                }
            }
        }
    }
    /// With groups. A mistake in one of the rules leaves all of them as they were.
    fn read_rules(&self, loaded: &Loaded) {
        let mut warnings = Vec::new();
        match authorization::rules(loaded, &mut warnings) {
            Ok(rules) => {
                let (before, now) = (self.rules.current().len(), rules.len());
                self.rules.replace(rules);
                if before > 0 || now > 0 {
                    tracing::info!("the rules were read again: {now} hold now");
                }
            }
            Err(error) => tracing::error!("the rules stay as they are: {error}"),
        }
        for warning in warnings {
            tracing::warn!("{warning}");
        }
    }
}
