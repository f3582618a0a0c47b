//! What Envoy calls.
//!
//! Envoy gets raw pointers from the module and gives them back: an [`Arc`] for each configuration, a
//! [`Box`] for each request. A panic ends at the hook, because it must not unwind into Envoy. The request
//! then goes on without a verdict.
#![allow(unsafe_code, reason = "Envoy finds hooks by name and passes raw pointers")]

use std::ffi::{CStr, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{null, null_mut};
use std::sync::Arc;

use crate::envoy::{EnvoyRequest, ForeignBytes, log_error};
use crate::stream::{NativeStream, Passage};
use crate::worker::{NativeConfig, NativeWorker};

/// The ABI that the declarations follow. Envoy 1.40 says that it is 0.2.0.
const ABI: &CStr = c"v0.2.0";

const CONTINUE: u32 = 0;
const STOP: u32 = 1;
/// The body's `StopIterationNoBuffer`: the rest of it is dropped.
const STOP_AND_DROP: u32 = 3;

fn guarded<T>(otherwise: T, hook: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(hook)).unwrap_or(otherwise)
}

/// Runs a step of a request.
fn step<T>(stream: *mut c_void, otherwise: T, step: impl FnOnce(&mut NativeStream) -> T) -> T {
    // SAFETY: Envoy passes what `filter_new` gave it, and calls one hook of a request at a time.
    let stream = unsafe { stream.cast::<NativeStream>().as_mut() };
    match stream {
        Some(stream) => guarded(otherwise, || step(stream)),
        None => otherwise,
    }
}

/// The status for headers and trailers.
fn status(passage: Passage) -> u32 {
    if matches!(passage, Passage::Continue) { CONTINUE } else { STOP }
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_program_init() -> *const c_char {
    ABI.as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_new(
    _envoy: *mut c_void,
    _name: ForeignBytes,
    config: ForeignBytes,
) -> *const c_void {
    let read = guarded(Err(vec!["a panic".to_owned()]), || NativeConfig::read(&config.copied()));
    match read {
        Ok(config) => Arc::into_raw(Arc::new(config)).cast(),
        Err(problems) => {
            problems.iter().for_each(|problem| log_error(problem));
            null()
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_destroy(config: *const c_void) {
    // SAFETY: Envoy gives back what `config_new` gave it, once, and uses it no more.
    drop(unsafe { Arc::from_raw(config.cast::<NativeConfig>()) });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_new(
    config: *const c_void,
    _envoy: *mut c_void,
) -> *mut c_void {
    let config = config.cast::<NativeConfig>();
    // SAFETY: Envoy keeps what `config_new` gave it as long as there are requests.
    let config = unsafe {
        Arc::increment_strong_count(config);
        Arc::from_raw(config)
    };
    match guarded(None, || NativeWorker::of(&config)) {
        Some(worker) => Box::into_raw(Box::new(NativeStream::new(worker))).cast(),
        None => null_mut(),
    }
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_destroy(stream: *mut c_void) {
    // SAFETY: Envoy gives back what `filter_new` gave it, once, and uses it no more.
    drop(unsafe { Box::from_raw(stream.cast::<NativeStream>()) });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_request_headers(
    envoy: *mut c_void,
    stream: *mut c_void,
    ended: bool,
) -> u32 {
    step(stream, CONTINUE, |stream| status(stream.request_headers(EnvoyRequest(envoy), ended)))
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_request_body(
    envoy: *mut c_void,
    stream: *mut c_void,
    ended: bool,
) -> u32 {
    step(stream, CONTINUE, |stream| match stream.request_body(EnvoyRequest(envoy), ended) {
        Passage::Answered => STOP_AND_DROP,
        passage => status(passage),
    })
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_request_trailers(
    envoy: *mut c_void,
    stream: *mut c_void,
) -> u32 {
    step(stream, CONTINUE, |stream| status(stream.request_trailers(EnvoyRequest(envoy))))
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_response_headers(
    envoy: *mut c_void,
    stream: *mut c_void,
    ended: bool,
) -> u32 {
    step(stream, (), |stream| stream.response_headers(EnvoyRequest(envoy), ended));
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_response_body(
    envoy: *mut c_void,
    stream: *mut c_void,
    ended: bool,
) -> u32 {
    step(stream, (), |stream| stream.response_body(EnvoyRequest(envoy), ended));
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_response_trailers(
    _envoy: *mut c_void,
    stream: *mut c_void,
) -> u32 {
    step(stream, (), NativeStream::complete);
    CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_stream_complete(
    _envoy: *mut c_void,
    stream: *mut c_void,
) {
    step(stream, (), NativeStream::end);
}

/// Hooks that Envoy asks for when it loads a module, and calls only where a module has begun a call,
/// a timer or a stream of its own, or ends the chain. This one does not.
macro_rules! unused_hooks {
    ($($name:ident)+) => {
        $(
            #[unsafe(no_mangle)]
            extern "C" fn $name() {}
        )+
    };
}

unused_hooks! {
    envoy_dynamic_module_on_http_filter_http_callout_done
    envoy_dynamic_module_on_http_filter_http_stream_headers
    envoy_dynamic_module_on_http_filter_http_stream_data
    envoy_dynamic_module_on_http_filter_http_stream_trailers
    envoy_dynamic_module_on_http_filter_http_stream_complete
    envoy_dynamic_module_on_http_filter_http_stream_reset
    envoy_dynamic_module_on_http_filter_scheduled
    envoy_dynamic_module_on_http_filter_downstream_above_write_buffer_high_watermark
    envoy_dynamic_module_on_http_filter_downstream_below_write_buffer_low_watermark
}
