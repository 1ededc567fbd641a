//! `wharfinger.locks`: where it is written down what is being removed from a bucket.

use std::sync::Arc;

use wharf_config::options::LockDriver;
use wharf_config::{Loaded, Remark};
use wharf_postgres::{PostgresLocks, Settings, SettingsError};
use wharf_redis::{Redis, RedisLocks};
use wharf_store_cloud::Locks;

use crate::remembered;

/// Whether its options can be used, and what their author should know otherwise.
///
/// # Errors
/// The first that cannot.
pub(crate) fn check(
    loaded: &Loaded,
    is_bucket: bool,
    warnings: &mut Vec<Remark>,
) -> Result<(), Remark> {
    let is_elsewhere = locks(loaded, "")?.is_some();
    if is_elsewhere && !is_bucket {
        let text = "changes nothing: only buckets need it";
        warnings.push(loaded.remark(DRIVER, text));
    }
    Ok(())
}

/// Who keeps it for the bucket with this name, if it is not the bucket itself. Nobody is
/// connected to yet.
///
/// # Errors
/// The first option that cannot be used.
pub(crate) fn locks(loaded: &Loaded, bucket: &str) -> Result<Option<Arc<dyn Locks>>, Remark> {
    let written = &loaded.config.wharfinger.locks;
    match written.driver {
        LockDriver::Bucket => Ok(None),
        LockDriver::Redis => {
            let redis = Redis::new(remembered::options(loaded, DRIVER)?);
            Ok(Some(Arc::new(RedisLocks::new(redis, bucket))))
        }
        LockDriver::Postgres => {
            let Some(url) = &written.postgres.url else {
                let text = "say where PostgreSQL is: postgresql://USER:PASSWORD@HOST/DATABASE";
                return Err(loaded.remark(URL, text));
            };
            let authorities = written.postgres.rootcas.iter();
            let authorities: Result<Vec<_>, _> =
                authorities.map(|file| remembered::read(file)).collect();
            let authorities = authorities.map_err(|text| loaded.remark(AUTHORITIES, text))?;
            let settings = Settings::new(url.reveal(), &authorities);
            let settings = settings.map_err(|error| match &error {
                SettingsError::Url(_) => loaded.remark(URL, error.to_string()),
                SettingsError::Authorities(_) => loaded.remark(AUTHORITIES, error.to_string()),
            })?;
            Ok(Some(Arc::new(PostgresLocks::new(settings, bucket))))
        }
    }
}

const DRIVER: &str = "wharfinger.locks.driver";
const URL: &str = "wharfinger.locks.postgres.url";
const AUTHORITIES: &str = "wharfinger.locks.postgres.rootcas";
