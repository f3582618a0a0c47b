//! A module that measures the engine's work inside Envoy.
//!
//! It measures when it is configured, and logs the result. It declares its two host calls itself
//! instead of using the SDK. A feature selects the measurement:
//!
//! - `lookups`: looks up ten million members in its packed filter. `segment.rs` is a link to the
//!   filter's own source;
//! - `linear`: holds a filter in linear memory, for comparison with a packed one;
//! - `solutions`: checks one solution of a puzzle repeatedly.
#![allow(unsafe_code, reason = "a module of hostcalls and exports alone, without the SDK")]

#[cfg(feature = "linear")]
mod linear;
#[cfg(feature = "lookups")]
mod lookups;
#[cfg(feature = "lookups")]
#[allow(dead_code, reason = "pairs are not measured")]
mod segment;
#[cfg(feature = "solutions")]
mod solutions;

#[cfg(feature = "linear")]
use linear::report;
#[cfg(feature = "lookups")]
use lookups::report;
#[cfg(feature = "solutions")]
use solutions::report;

const INFO: u32 = 2;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, text: *const u8, size: usize) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
}

unsafe extern "C" {
    fn __wasm_call_ctors();
}

/// Nanoseconds of Envoy's clock.
fn now() -> u64 {
    let mut time = 0;
    // SAFETY: the host writes eight bytes, the size of `time`.
    unsafe { proxy_get_current_time_nanoseconds(&raw mut time) };
    time
}

#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    // SAFETY: the host calls this once, before anything else. (Without this call the linker
    // would wrap every export, and `pack` could not replace the stubs.)
    unsafe { __wasm_call_ctors() }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    Vec::with_capacity(size).leak().as_mut_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(_context: u32, _root: u32) {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(_root: u32, _size: usize) -> u32 {
    let text = report();
    // SAFETY: the pointer and the length belong to the same text.
    unsafe { proxy_log(INFO, text.as_ptr(), text.len()) };
    1
}
