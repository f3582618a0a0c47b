//! Fuzz target: the time that long bodies take.
#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(init: targets::write_seeds("long_bodies"), |bytes: &[u8]| targets::long_bodies(bytes));
