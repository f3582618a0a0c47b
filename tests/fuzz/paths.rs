//! Fuzz target: recognising a login by its path.
#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(init: targets::write_seeds("paths"), |bytes: &[u8]| targets::paths(bytes));
