//! Fuzz target: the codec of the proxy's headers.
#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(init: targets::write_seeds("header_pairs"), |bytes: &[u8]| targets::header_pairs(bytes));
