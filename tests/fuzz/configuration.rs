//! Fuzz target: the validator of configurations.
#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(init: targets::write_seeds("configuration"), |bytes: &[u8]| targets::configuration(bytes));
