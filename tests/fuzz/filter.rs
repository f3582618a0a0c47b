//! Fuzz target: the reader of filters.
#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::filter(bytes));
