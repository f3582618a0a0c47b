//! What tests ask of a module inside a real Envoy: a panic on demand, for the test that its
//! damage ends with a reload, junk in shared data, and the checks of every store on this one. Only
//! in test builds: a test asserts that the shipped module has none of this.
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
    if let Some(junk) = headers.first("x-unstuff-test-junk") {
        write_junk(junk);
        host::send_reply(200, "unstuff-test", &[], "");
        return true;
    }
    let number = |value: &[u8]| std::str::from_utf8(value).ok()?.parse::<u32>().ok();
    let Some(run) = headers.first("x-unstuff-test-conformance").and_then(number) else {
        return false;
    };
    host::send_reply(200, "unstuff-test", &[], &conformance::run(&SharedData, run).join("\n"));
    true
}

/// Overwrites what is stored under a key, whatever it is: `KEY VALUE`, the value in hexadecimal.
fn write_junk(header: &[u8]) {
    let text = std::str::from_utf8(header).unwrap_or_default();
    let Some((key, value)) = text.split_once(' ') else { return };
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let value: Vec<u8> = value.as_bytes().chunks(2).filter_map(byte).collect();
    // The answer tells nothing: the test sees what becomes of the state.
    let _ = host::set_shared(key, &value, 0);
}
