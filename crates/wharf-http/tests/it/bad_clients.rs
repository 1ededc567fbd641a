//! Clients that break off, flood, dawdle or lie. None may harm the server or others, and
//! each still gets the best answer there is.

mod bodies;
mod crowds;
mod expect;
mod framing;
mod heads;
mod log;
mod pipelines;
mod slow;
mod takeover;
