//! Gateways that count together in Limitador and Redis, and what is left of it without these.
//!
//! `make test-fleet` runs it. Servers are killed, stopped and cut off; each listens on loopback alone.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod burst;
mod faults;
mod latency;
mod together;
