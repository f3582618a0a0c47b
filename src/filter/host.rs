//! The proxy: the only file that speaks to it.
//!
//! The SDK's hostcalls panic on any status they do not expect, and its text getters on any
//! header that is not UTF-8 (proxy-wasm-rust-sdk#217, #263): one request would switch the
//! module off. So the few calls that are needed are declared here, with the signatures of
//! proxy-wasm ABI 0.2.1, and every status is a value. Nothing here decides anything.
//!
//! All buffers that the host returns were allocated by the SDK's
//! `proxy_on_memory_allocate`, a `Vec<u8>` whose capacity is its length.
#![allow(unsafe_code, reason = "hostcalls are foreign functions")]

use std::ptr::null_mut;
use std::time::Duration;

use proxy_wasm::hostcalls;
use unstuff_engine::request::header_pairs;
use unstuff_engine::request::headers::HeaderRef;
use unstuff_engine::time::Millis;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, text: *const u8, size: usize) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_get_buffer_bytes(
        kind: u32,
        start: usize,
        max: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_buffer_bytes(
        kind: u32,
        start: usize,
        max: usize,
        data: *const u8,
        size: usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(kind: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_remove_header_map_value(kind: u32, name: *const u8, size: usize) -> u32;
    fn proxy_replace_header_map_value(
        kind: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_add_header_map_value(
        kind: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_get_property(
        path: *const u8,
        path_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_property(
        path: *const u8,
        path_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        cas: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
        cas: u32,
    ) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_continue_stream(kind: u32) -> u32;
    fn proxy_register_shared_queue(name: *const u8, size: usize, id: *mut u32) -> u32;
    fn proxy_enqueue_shared_queue(id: u32, data: *const u8, size: usize) -> u32;
    fn proxy_dequeue_shared_queue(id: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, size: usize, id: *mut u32) -> u32;
    fn proxy_increment_metric(id: u32, offset: i64) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
}

const OK: u32 = 0;
const NOT_FOUND: u32 = 1;
const CAS_MISMATCH: u32 = 8;

/// How loud a log line is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    /// What an operator wants to know once.
    Info = 2,
    /// What an operator should look at.
    Warn = 3,
    /// What keeps the module from doing its work.
    Error = 4,
}

/// Which headers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Map {
    /// The request's.
    Request = 0,
    /// The response's.
    Response = 2,
    /// The response's to a call of our own.
    CallResponse = 6,
}

/// Which buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Buffer {
    /// The part of the request's body that has arrived and is held.
    RequestBody = 0,
    /// The part of the response's body that passes.
    ResponseBody = 1,
    /// The body of the response to a call of our own.
    CallResponseBody = 4,
    /// The message that answers a gRPC call.
    GrpcAnswer = 5,
    /// The plugin's configuration.
    Configuration = 7,
}

/// What a metric counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MetricKind {
    /// Only grows.
    Counter = 0,
    /// Goes up and down.
    Gauge = 1,
}

/// Why shared data was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetError {
    /// Somebody else wrote first.
    CasMismatch,
    /// The host refused, with this status.
    Failed(u32),
}

/// Writes a line to the proxy's log.
pub(crate) fn log(level: Level, text: &str) {
    // SAFETY: the host reads `size` bytes at `text` during the call. A line that cannot be
    // logged is lost, there being nowhere to say so.
    unsafe { proxy_log(level as u32, text.as_ptr(), text.len()) };
}

/// The proxy's wall clock, which can step backwards; `None` if it cannot be read.
pub(crate) fn now() -> Option<Millis> {
    let mut nanoseconds = 0;
    // SAFETY: the host writes one u64.
    let status = unsafe { proxy_get_current_time_nanoseconds(&raw mut nanoseconds) };
    Millis::of_clock((status == OK).then_some(nanoseconds))
}

/// Asks for `on_tick` every so many milliseconds.
pub(crate) fn tick_every(milliseconds: u32) {
    // SAFETY: no memory is passed. A host that refuses does not tick.
    unsafe { proxy_set_tick_period_milliseconds(milliseconds) };
}

/// Up to `max` bytes of a buffer from its start; none if there is no such buffer.
pub(crate) fn buffer(kind: Buffer, max: usize) -> Vec<u8> {
    // SAFETY: the host writes where it put the bytes.
    returned(|data, size| unsafe { proxy_get_buffer_bytes(kind as u32, 0, max, data, size) })
        .unwrap_or_default()
}

/// Puts `data` in the place of the first `replaced` bytes of a buffer, which may be all of it. Envoy
/// knows no other place.
pub(crate) fn replace_start_of_buffer(kind: Buffer, replaced: usize, data: &[u8]) {
    // SAFETY: the host reads the data during the call. If it refuses, the buffer stays as it is.
    unsafe { proxy_set_buffer_bytes(kind as u32, 0, replaced, data.as_ptr(), data.len()) };
}

/// All headers, as the host passed them.
#[derive(Debug)]
pub(crate) struct HeaderBytes(Vec<u8>);

impl HeaderBytes {
    /// Each of them; none if the host passed junk.
    pub(crate) fn read(&self) -> Vec<HeaderRef<'_>> {
        header_pairs::read(&self.0).unwrap_or_default()
    }
}

/// All headers, repeated ones repeated: the single-header getter would return only the first of
/// several. None if the map is absent.
pub(crate) fn headers(map: Map) -> HeaderBytes {
    // SAFETY: the host writes where it put the serialised map.
    let bytes =
        returned(|data, size| unsafe { proxy_get_header_map_pairs(map as u32, data, size) });
    HeaderBytes(bytes.unwrap_or_default())
}

/// Removes every header of this name from the request. This clears Envoy's route cache
/// (proxy-wasm-cpp-host#421), so do it only where the header is there.
pub(crate) fn remove_request_header(name: &str) {
    // SAFETY: the host reads the name during the call. An absent header is no error.
    unsafe { proxy_remove_header_map_value(Map::Request as u32, name.as_ptr(), name.len()) };
}

/// Sets a request header to this one value, in the headers phase alone. This clears Envoy's
/// route cache, as removing does.
pub(crate) fn replace_request_header(name: &str, value: &[u8]) {
    let (map, name_size, value_size) = (Map::Request as u32, name.len(), value.len());
    // SAFETY: the host reads name and value during the call.
    unsafe {
        proxy_replace_header_map_value(map, name.as_ptr(), name_size, value.as_ptr(), value_size)
    };
}

/// Adds a header to the response, beside others of its name.
pub(crate) fn add_response_header(name: &str, value: &str) {
    let (map, name_size, value_size) = (Map::Response as u32, name.len(), value.len());
    // SAFETY: the host reads name and value during the call.
    unsafe {
        proxy_add_header_map_value(map, name.as_ptr(), name_size, value.as_ptr(), value_size)
    };
}

/// Removes every header of this name from the response.
pub(crate) fn remove_response_header(name: &str) {
    // SAFETY: the host reads the name during the call. An absent header is no error.
    unsafe { proxy_remove_header_map_value(Map::Response as u32, name.as_ptr(), name.len()) };
}

/// A property of the stream; none if it is not set.
pub(crate) fn property(path: &[&str]) -> Option<Vec<u8>> {
    let path = path.join("\0");
    // SAFETY: the host reads the path during the call and writes where it put the value.
    returned(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) }).ok()
}

/// Sets filter state, readable as `%FILTER_STATE(wasm.NAME:PLAIN)%`: the only way to tell
/// upstream something in the body phase, where setting a header kills the VM. Whether the
/// host took it.
pub(crate) fn set_filter_state(name: &str, value: &str) -> bool {
    // SAFETY: the host reads both during the call.
    OK == unsafe { proxy_set_property(name.as_ptr(), name.len(), value.as_ptr(), value.len()) }
}

/// A value of shared data and its cas; `None` if the key is absent.
///
/// # Errors
/// The host's status, if it is neither.
pub(crate) fn shared(key: &str) -> Result<Option<(Vec<u8>, u32)>, u32> {
    let mut cas = 0;
    // SAFETY: the host reads the key during the call, writes one u32 and where it put the
    // value.
    let value = returned(|data, size| unsafe {
        proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut cas)
    });
    match value {
        Ok(value) => Ok(Some((value, cas))),
        Err(NOT_FOUND) => Ok(None),
        Err(status) => Err(status),
    }
}

/// Writes a value of shared data if its cas is still `cas`. A cas of 0 would overwrite
/// unchecked; an absent key is inserted whatever `cas` is given.
///
/// # Errors
/// [`SetError::CasMismatch`] if somebody else wrote first.
pub(crate) fn set_shared(key: &str, value: &[u8], cas: u32) -> Result<(), SetError> {
    // SAFETY: the host reads key and value during the call.
    let status =
        unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas) };
    match status {
        OK => Ok(()),
        CAS_MISMATCH => Err(SetError::CasMismatch),
        status => Err(SetError::Failed(status)),
    }
}

/// Answers the request instead of upstream. `details` appears in Envoy's
/// `%RESPONSE_CODE_DETAILS%`.
pub(crate) fn send_reply(status: u16, details: &str, headers: &[(&str, &str)], body: &str) {
    let headers = header_pairs::write(headers);
    // SAFETY: the host reads everything during the call. -1: not a gRPC reply.
    unsafe {
        proxy_send_local_response(
            u32::from(status),
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            -1,
        )
    };
}

/// Sends a GET for the context at hand, which is told of the response, or after the deadline that
/// there is none. Whether it was sent.
///
/// The SDK makes this call and [`grpc_call`], because it must know which context the answer is for.
/// Envoy returns no status here that the SDK panics on.
pub(crate) fn http_get(cluster: &str, headers: Vec<(&str, &str)>, deadline: Duration) -> bool {
    hostcalls::dispatch_http_call(cluster, headers, None, Vec::new(), deadline).is_ok()
}

/// Does all that follows in this callback for another context. Whether there is such a one.
pub(crate) fn act_for(context: u32) -> bool {
    // SAFETY: no memory is passed.
    OK == unsafe { proxy_set_effective_context(context) }
}

/// Lets the request go on that was paused.
pub(crate) fn continue_request() {
    const REQUEST: u32 = 0;
    // SAFETY: no memory is passed. A request that has ended meanwhile is no error.
    unsafe { proxy_continue_stream(REQUEST) };
}

/// A queue that all workers put into, of which the last one that registers the name is told. None if
/// the host refuses.
pub(crate) fn register_queue(name: &str) -> Option<u32> {
    let mut id = 0;
    // SAFETY: the host reads the name during the call and writes one u32.
    let status = unsafe { proxy_register_shared_queue(name.as_ptr(), name.len(), &raw mut id) };
    (status == OK).then_some(id)
}

/// Puts into a queue. Whether the host took it.
pub(crate) fn enqueue(queue: u32, data: &[u8]) -> bool {
    // SAFETY: the host reads the data during the call.
    OK == unsafe { proxy_enqueue_shared_queue(queue, data.as_ptr(), data.len()) }
}

/// Takes from a queue; none if it is empty.
pub(crate) fn dequeue(queue: u32) -> Option<Vec<u8>> {
    // SAFETY: the host writes where it put the data.
    returned(|data, size| unsafe { proxy_dequeue_shared_queue(queue, data, size) }).ok()
}

/// Makes a gRPC call for the context at hand, which is told of the answer, or after the timeout that
/// there is none. Returns the token of the call; none if it was not made.
///
/// Made by the SDK, as [`http_get`] is. Envoy returns no status that the SDK panics on if `upstream` is
/// a `GrpcService`.
pub(crate) fn grpc_call(
    upstream: &str,
    (service, method): (&str, &str),
    message: &[u8],
    timeout: Duration,
) -> Option<u32> {
    let metadata = Vec::new();
    hostcalls::dispatch_grpc_call(upstream, service, method, metadata, Some(message), timeout).ok()
}

/// Defines a metric or finds the one of this name; none if the host refuses.
pub(crate) fn define_metric(kind: MetricKind, name: &str) -> Option<u32> {
    let mut id = 0;
    // SAFETY: the host reads the name during the call and writes one u32.
    let status =
        unsafe { proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &raw mut id) };
    (status == OK).then_some(id)
}

/// Adds to a metric. Counters take only positive offsets.
pub(crate) fn increment_metric(id: u32, offset: i64) {
    // SAFETY: no memory is passed. An unknown id is an error of the host's that changes
    // nothing.
    unsafe { proxy_increment_metric(id, offset) };
}

/// Sets a gauge, for all workers.
pub(crate) fn record_metric(id: u32, value: u64) {
    // SAFETY: no memory is passed. An unknown id is an error of the host's that changes
    // nothing.
    unsafe { proxy_record_metric(id, value) };
}

/// What a call returned by address and size, or its status if that is not OK.
fn returned(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>, u32> {
    let mut data: *mut u8 = null_mut();
    let mut size = 0;
    match call(&raw mut data, &raw mut size) {
        OK if data.is_null() => Ok(Vec::new()),
        // SAFETY: the host put `size` bytes into a Vec<u8> of that capacity, made by
        // `proxy_on_memory_allocate`, and gave it up.
        OK => Ok(unsafe { Vec::from_raw_parts(data, size, size) }),
        status => Err(status),
    }
}
