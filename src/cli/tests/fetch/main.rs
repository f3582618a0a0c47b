//! `unstuff fetch` against a server that speaks HIBP's protocol and misbehaves on purpose.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

mod answer;
mod corpus;
mod ends;
mod faults;
mod rig;
mod server;
mod transfers;
