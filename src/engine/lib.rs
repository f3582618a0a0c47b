//! The decision core of Unstuff: from a login request to a verdict.
//!
//! One state machine decides live traffic (in the filter), replays logs and runs
//! simulations (in the tool), and is fuzzed natively. So it takes time, randomness and
//! storage as arguments and returns a step to take; it never calls out: no proxy-wasm, no
//! clock, no I/O, no randomness, and no panic that a request can reach.
#![forbid(unsafe_code)]
// Tests say what they expect by panicking; clippy.toml has no switch for this one.
#![cfg_attr(test, allow(clippy::string_slice))]

pub mod attack_mode;
pub mod attempt;
pub mod breached;
pub mod challenge;
pub mod config;
pub mod decision;
mod hex;
pub mod outcome;
pub mod policy;
pub mod request;
pub mod state;
pub mod time;
pub mod tokens;
