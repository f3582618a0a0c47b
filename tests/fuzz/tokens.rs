//! Fuzzes what reads the tokens of the challenge.
#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::tokens(bytes));
