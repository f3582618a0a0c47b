//! What is called in Envoy: headers, bodies, an attribute, a reply and the log.
//!
//! Whatever Envoy lends is valid until the hook returns, or until the next change of the same headers,
//! so all of it is copied at once.
#![allow(unsafe_code, reason = "Envoy's functions are foreign functions")]

use std::ffi::c_void;
use std::ptr::null;

use unstuff_engine::request::headers::Header;

/// Bytes that Envoy or the module owns.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct ForeignBytes {
    start: *const u8,
    length: usize,
}

/// A header that Envoy or the module owns.
#[repr(C)]
#[derive(Clone, Copy)]
struct ForeignHeader {
    name: ForeignBytes,
    value: ForeignBytes,
}

unsafe extern "C" {
    fn envoy_dynamic_module_callback_log(level: u32, text: ForeignBytes);
    fn envoy_dynamic_module_callback_http_get_headers_size(request: *mut c_void, map: u32)
    -> usize;
    fn envoy_dynamic_module_callback_http_get_headers(
        request: *mut c_void,
        map: u32,
        headers: *mut ForeignHeader,
    ) -> bool;
    fn envoy_dynamic_module_callback_http_set_header(
        request: *mut c_void,
        map: u32,
        name: ForeignBytes,
        value: ForeignBytes,
    ) -> bool;
    fn envoy_dynamic_module_callback_http_add_header(
        request: *mut c_void,
        map: u32,
        name: ForeignBytes,
        value: ForeignBytes,
    ) -> bool;
    fn envoy_dynamic_module_callback_http_get_body_size(request: *mut c_void, body: u32) -> usize;
    fn envoy_dynamic_module_callback_http_get_body_chunks_size(
        request: *mut c_void,
        body: u32,
    ) -> usize;
    fn envoy_dynamic_module_callback_http_get_body_chunks(
        request: *mut c_void,
        body: u32,
        chunks: *mut ForeignBytes,
    ) -> bool;
    fn envoy_dynamic_module_callback_http_filter_get_attribute_string(
        request: *mut c_void,
        attribute: u32,
        value: *mut ForeignBytes,
    ) -> bool;
    fn envoy_dynamic_module_callback_http_send_response(
        request: *mut c_void,
        status: u32,
        headers: *const ForeignHeader,
        count: usize,
        body: ForeignBytes,
        details: ForeignBytes,
    );
}

const ERROR: u32 = 4;

/// Which headers.
#[derive(Clone, Copy)]
pub(crate) enum HeaderSide {
    /// The request's.
    Request = 0,
    /// The response's.
    Response = 2,
}

/// Which part of a body.
#[derive(Clone, Copy)]
pub(crate) enum BodyPart {
    /// The part of the request's body that has just come.
    RequestNew = 0,
    /// The part of the request's body that is held.
    RequestHeld = 1,
    /// The part of the response's body that passes.
    Response = 2,
}

/// What Envoy knows of a request beside its headers.
#[derive(Clone, Copy)]
pub(crate) enum NativeAttribute {
    /// `response.code_details`
    ResponseCodeDetails = 16,
    /// `source.address`, with the port.
    SourceAddress = 24,
}

impl ForeignBytes {
    /// No bytes.
    pub(crate) const NONE: Self = Self { start: null(), length: 0 };

    /// Lends bytes to Envoy, for as long as one call takes.
    fn of(bytes: &[u8]) -> Self {
        Self { start: bytes.as_ptr(), length: bytes.len() }
    }

    /// A copy.
    pub(crate) fn copied(self) -> Vec<u8> {
        if self.start.is_null() {
            return Vec::new();
        }
        // SAFETY: Envoy lends as many bytes until the hook returns.
        unsafe { std::slice::from_raw_parts(self.start, self.length) }.to_vec()
    }
}

/// Writes an error to Envoy's log.
pub(crate) fn log_error(text: &str) {
    // SAFETY: Envoy reads the text before it returns.
    unsafe { envoy_dynamic_module_callback_log(ERROR, ForeignBytes::of(text.as_bytes())) }
}

/// A request in Envoy. It is valid until the hook returns.
#[derive(Clone, Copy)]
pub(crate) struct EnvoyRequest(pub *mut c_void);

impl EnvoyRequest {
    /// All headers, in order.
    pub(crate) fn headers(self, side: HeaderSide) -> Vec<Header> {
        let side = side as u32;
        // SAFETY: Envoy knows the request.
        let count = unsafe { envoy_dynamic_module_callback_http_get_headers_size(self.0, side) };
        let none = ForeignHeader { name: ForeignBytes::NONE, value: ForeignBytes::NONE };
        let mut headers = vec![none; count];
        // SAFETY: Envoy writes as many headers as it has just counted.
        let known = unsafe {
            envoy_dynamic_module_callback_http_get_headers(self.0, side, headers.as_mut_ptr())
        };
        let copied = |it: ForeignHeader| (it.name.copied(), it.value.copied());
        if known { headers.into_iter().map(copied).collect() } else { Vec::new() }
    }

    /// Sets a header of the request, in place of all that have the name. No value removes it.
    pub(crate) fn set_request_header(self, name: &str, value: &str) {
        let [name, value] = [name, value].map(|it| ForeignBytes::of(it.as_bytes()));
        let side = HeaderSide::Request as u32;
        // SAFETY: Envoy copies both before it returns.
        unsafe { envoy_dynamic_module_callback_http_set_header(self.0, side, name, value) };
    }

    /// Adds a header to the response.
    pub(crate) fn add_response_header(self, name: &str, value: &str) {
        let [name, value] = [name, value].map(|it| ForeignBytes::of(it.as_bytes()));
        let side = HeaderSide::Response as u32;
        // SAFETY: Envoy copies both before it returns.
        unsafe { envoy_dynamic_module_callback_http_add_header(self.0, side, name, value) };
    }

    /// The length of a part of a body, in bytes.
    pub(crate) fn body_bytes(self, part: BodyPart) -> usize {
        // SAFETY: Envoy knows the request.
        unsafe { envoy_dynamic_module_callback_http_get_body_size(self.0, part as u32) }
    }

    /// Adds a part of a body to `bytes`, of which no more than `most` are needed.
    pub(crate) fn read_body(self, part: BodyPart, most: usize, bytes: &mut Vec<u8>) {
        let part = part as u32;
        // SAFETY: Envoy knows the request.
        let count =
            unsafe { envoy_dynamic_module_callback_http_get_body_chunks_size(self.0, part) };
        let mut chunks = vec![ForeignBytes::NONE; count];
        // SAFETY: Envoy writes as many chunks as it has just counted.
        let known = unsafe {
            envoy_dynamic_module_callback_http_get_body_chunks(self.0, part, chunks.as_mut_ptr())
        };
        for chunk in chunks.into_iter().filter(|chunk| known && !chunk.start.is_null()) {
            let length = chunk.length.min(most.saturating_sub(bytes.len()));
            // SAFETY: Envoy lends as many bytes, or more, until the hook returns.
            bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(chunk.start, length) });
        }
    }

    /// An attribute, if Envoy knows it.
    pub(crate) fn attribute(self, attribute: NativeAttribute) -> Option<Vec<u8>> {
        let mut value = ForeignBytes::NONE;
        // SAFETY: Envoy writes one value.
        let known = unsafe {
            envoy_dynamic_module_callback_http_filter_get_attribute_string(
                self.0,
                attribute as u32,
                &raw mut value,
            )
        };
        known.then(|| value.copied())
    }

    /// Answers the request. Upstream sees nothing of what is held.
    pub(crate) fn answer(self, status: u16, headers: &[(&str, &str)], body: &str) {
        let lent = |(name, value): &(&str, &str)| ForeignHeader {
            name: ForeignBytes::of(name.as_bytes()),
            value: ForeignBytes::of(value.as_bytes()),
        };
        let headers: Vec<ForeignHeader> = headers.iter().map(lent).collect();
        // SAFETY: Envoy copies all of it before it returns.
        unsafe {
            envoy_dynamic_module_callback_http_send_response(
                self.0,
                status.into(),
                headers.as_ptr(),
                headers.len(),
                ForeignBytes::of(body.as_bytes()),
                ForeignBytes::of(b"unstuff"),
            );
        }
    }
}
