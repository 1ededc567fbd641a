//! What SIGHUP reads again, while requests go on.

use std::sync::Arc;

use wharf_config::{Sources, load};
use wharf_http::Tls;

use crate::audit::AuditLog;
use crate::logging::LogHandle;
use crate::settings;
use crate::sources::read_again;

/// What can change without a restart.
pub(crate) struct Reload {
    pub(crate) sources: Sources,
    pub(crate) log: Arc<LogHandle>,
    pub(crate) tls: Option<Tls>,
    pub(crate) audit: Option<AuditLog>,
}

// === impl Reload ===

impl Reload {
    /// Reads the configuration's log level and the certificates again, and opens the audit
    /// log again. What cannot be read
    /// or used leaves things as they are, with a line that says why.
    pub(crate) async fn run(&self) {
        match read_again(&self.sources) {
            Ok(sources) => match load(&sources) {
                Ok(loaded) => {
                    self.log.set_level(settings::level(loaded.config.log.level));
                    tracing::info!("the configuration was read again: its log level holds now");
                }
                Err(refused) => {
                    for error in &refused.errors {
                        tracing::error!("the log level stays as it is: {error}");
                    }
                }
            },
            Err(error) => tracing::error!("the log level stays as it is: {error:#}"),
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
}
