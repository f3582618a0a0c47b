//! End-to-end tests: real requests through a stock Envoy with the module.
//!
//! Each test is named after the promise that it checks, and starts a sandbox of its own. A failed
//! test prints its requests and responses, the end of Envoy's log, and the command that runs only
//! this test. `make test ENVOY=1.36.2` runs the tests with another version. The engine's own tests
//! cover what needs no Envoy, such as clocks and a million addresses.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests and their helpers fail by panicking"
)]

mod annotations;
mod attack_mode;
mod blocking;
mod body_buffering;
mod breached_passwords;
mod challenge;
mod client_script;
mod configuration;
mod cors;
mod credentials;
mod decoy_bodies;
mod doctor;
mod endpoint_matching;
mod environment_keys;
mod envoy_gateway;
mod fleet;
mod handover;
mod http3;
mod incident;
mod istio;
mod known_devices;
mod live_lookups;
mod load;
mod local_replies;
mod metrics;
mod ordinary_requests;
mod outcomes;
mod record;
mod robustness;
mod rules;
mod second_factor;
mod shared_state;
mod software_faults;
mod sprays;
mod upgrade;
