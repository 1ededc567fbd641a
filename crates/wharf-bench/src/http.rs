//! As much of an HTTP/1.1 client as load needs.

pub mod client;
mod connection;
pub mod head;
pub mod load;
pub mod request;
pub mod response;
pub mod tls;
