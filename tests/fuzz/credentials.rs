//! Fuzz target: the readers of credentials.
#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(init: targets::write_seeds("credentials"), |bytes: &[u8]| targets::credentials(bytes));
