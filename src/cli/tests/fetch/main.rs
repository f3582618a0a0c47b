//! Tests of `unstuff fetch` with a server that speaks HIBP's protocol and fails on purpose.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

mod corpus;
mod faults;
mod interruptions;
mod response;
mod server;
mod transfers;
mod workspace;
