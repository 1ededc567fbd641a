//! The workloads: what is asked of a server, and what it holds when that begins.

pub mod check;
pub mod collecting;
pub mod measure;
pub mod operations;
pub mod scripts;
pub mod table;
