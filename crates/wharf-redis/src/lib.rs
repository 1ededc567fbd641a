//! Redis, where several servers remember things together: which layers repositories hold
//! ([`RedisDescriptors`]), under the keys of distribution.
//!
//! A server that is down, slow or full costs nobody more than a moment: what is remembered can
//! be asked for elsewhere.

mod connection;
mod descriptors;
mod keys;
mod options;
mod outage;
mod owed;
mod redis;

pub use self::descriptors::RedisDescriptors;
pub use self::options::{Address, NoAddress, Options, Protocol, Servers, Tls};
pub use self::redis::Redis;
