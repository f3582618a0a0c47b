//! The decision core of Unstuff: from a login request to a verdict.
//!
//! One state machine decides live traffic (in the filter), replays logs and runs
//! simulations (in the tool), and is fuzzed natively. So it takes time, randomness and
//! storage as arguments and returns a step to take; it never calls out: no proxy-wasm, no
//! clock, no I/O, no randomness, and no panic that a request can reach.
#![forbid(unsafe_code)]
// Tests say what they expect by panicking; clippy.toml has no switch for this one.
#![cfg_attr(test, allow(clippy::string_slice))]

pub mod attempt;
pub mod breached;
pub mod challenge;
pub mod client;
pub mod config;
pub mod cookies;
pub mod credentials;
pub mod device;
pub mod facts;
pub mod headers;
mod hex;
mod ledger;
pub mod outcome;
mod percent;
pub mod policy;
pub mod recognise;
pub mod rules;
pub mod signals;
pub mod signing;
pub mod site;
pub mod state;
pub mod time;
pub mod verdict;
