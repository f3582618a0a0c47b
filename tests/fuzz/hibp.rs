//! Fuzz target: the parser of HIBP's lines.
#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::hibp(bytes));
