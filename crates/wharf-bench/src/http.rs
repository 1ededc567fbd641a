//! As much of an HTTP/1.1 client as load needs.

pub mod client;
pub mod load;
pub mod request;
pub mod response;
pub mod tls;
