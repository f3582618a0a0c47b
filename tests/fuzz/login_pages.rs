//! Fuzz target: the place of the script in a login page, and the policies that forbid it.
#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(init: targets::write_seeds("login_pages"), |bytes: &[u8]| targets::login_pages(bytes));
