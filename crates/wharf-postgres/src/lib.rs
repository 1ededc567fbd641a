//! PostgreSQL, where servers over one bucket write down what is being removed from it.

mod connection;
mod locks;
mod settings;

pub use self::locks::PostgresLocks;
pub use self::settings::{Settings, SettingsError};
