//! Settings for tests.

use std::time::Duration;

use wharf_client::{ClientSettings, Patience, ProxyChoice};

/// Those of somebody in a hurry, whatever the environment says.
pub(crate) fn hasty() -> ClientSettings {
    ClientSettings {
        proxy: ProxyChoice::Direct,
        patience: Patience {
            attempts: 4,
            first_wait: Duration::from_millis(1),
            longest_wait: Duration::from_millis(4),
            deadline: Duration::from_secs(20),
            connect: Duration::from_secs(5),
            stall: Duration::from_millis(400),
        },
        ..ClientSettings::default()
    }
}
