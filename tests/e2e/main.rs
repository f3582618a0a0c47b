//! End-to-end tests: what a stock Envoy with the module does to real requests.
//!
//! Each test is named for the promise it keeps, starts a site of its own on the rig, and
//! prints Envoy's log if it fails. `make test ENVOY=1.36.2` runs them against another
//! version. What the engine promises without Envoy (clocks, a million addresses) is tested
//! there.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects by panicking, in its helpers too"
)]

mod annotations;
mod attack_mode;
mod blocking;
mod body_buffering;
mod breached_passwords;
mod challenge;
mod configuration;
mod credentials;
mod decoy_bodies;
mod endpoint_matching;
mod handover;
mod known_devices;
mod load;
mod outcomes;
mod robustness;
mod rules;
mod second_factor;
mod shared_state;
