//! A panic on demand, for the test that a panic's damage ends with a reload. Only in test
//! builds: a test asserts that the shipped module has none of this.
#![allow(clippy::panic)]

use unstuff_engine::headers::Headers;

/// Panics if the request asks for it.
pub fn spring(headers: Headers<'_>) {
    if headers.first("x-unstuff-test-trap").is_some() {
        panic!("unstuff-test-trap sprung");
    }
}
