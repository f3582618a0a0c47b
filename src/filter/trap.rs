//! What tests ask of a module inside a real Envoy: a panic on demand, for the test that its
//! damage ends with a reload, and the checks of every store on this one. Only in test
//! builds: a test asserts that the shipped module has none of this.
#![allow(clippy::panic)]

use unstuff_engine::request::headers::Headers;
use unstuff_engine::state::conformance;

use crate::host;
use crate::shared::SharedData;

/// Does what the request asks for; whether it was answered.
pub(crate) fn trigger(headers: Headers<'_>) -> bool {
    if headers.first("x-unstuff-test-trap").is_some() {
        panic!("unstuff-test-trap triggered");
    }
    let number = |value: &[u8]| std::str::from_utf8(value).ok()?.parse::<u32>().ok();
    let Some(run) = headers.first("x-unstuff-test-conformance").and_then(number) else {
        return false;
    };
    host::send_reply(200, "unstuff-test", &[], &conformance::run(&SharedData, run).join("\n"));
    true
}
