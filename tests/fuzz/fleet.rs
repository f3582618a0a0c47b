//! Fuzz target: what a rate limit service answers, and messages in the proxy's queue.
#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::fleet(bytes));
