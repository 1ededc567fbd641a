//! Redis, where several servers remember things together: which layers repositories hold
//! ([`RedisDescriptors`]), under the keys of distribution, and what is being removed from a
//! bucket ([`RedisLocks`]).
//!
//! A server that is down, slow or full costs nobody who asks for a layer more than a moment: the
//! bucket knows it too. Whoever has to know what is being removed waits some seconds, and fails.

mod connection;
mod descriptors;
mod keys;
mod locks;
mod options;
mod outage;
mod owed;
mod redis;

pub use self::descriptors::RedisDescriptors;
pub use self::locks::RedisLocks;
pub use self::options::{Address, NoAddress, Options, Protocol, Servers, Tls};
pub use self::redis::Redis;
