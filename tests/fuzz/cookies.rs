//! Fuzz target: reading and removing cookies.
#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(init: targets::write_seeds("cookies"), |bytes: &[u8]| targets::cookies(bytes));
