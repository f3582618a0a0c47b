//! What the engine's work costs inside a module, in an Envoy.
//!
//! A module that measures when it is configured, and logs the result. It declares the two
//! hostcalls it needs itself; the SDK is the product's business. A feature says what is
//! measured:
//!
//! - `lookups`: it reads its packed filter as the real one does (the same source file), and
//!   looks up ten million members by their passwords;
//! - `linear`: it only holds a filter in linear memory, the way that is not ours;
//! - `solutions`: it checks one solution of a challenge's puzzle over and over.
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
    // SAFETY: the host writes eight bytes to a place that has them.
    unsafe { proxy_get_current_time_nanoseconds(&raw mut time) };
    time
}

#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    // SAFETY: called once, by the host, before anything else. (Without this call the linker
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
    // SAFETY: a pointer and the length of what it points to.
    unsafe { proxy_log(INFO, text.as_ptr(), text.len()) };
    1
}
