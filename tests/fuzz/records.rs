//! Fuzz target: what is read from storage.
#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(init: targets::write_seeds("records"), |bytes: &[u8]| targets::records(bytes));
