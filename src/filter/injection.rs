//! The script of login pages, on its way into a response that passes.

use proxy_wasm::types::Action as Flow;
use unstuff_engine::challenge::ClientScript;
use unstuff_engine::challenge::injection::{self, MAX_HELD_BYTES, PageResponse, STALE_HEADERS};
use unstuff_engine::outcome::local_reply;
use unstuff_engine::request::headers::Headers;

use crate::host::{self, Buffer, Map};
use crate::module::Module;

/// How far it is. Most requests are not for a login page, or the script is not to be added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PageInjection {
    /// Nothing is added, or it is done.
    #[default]
    None,
    /// The request is for a login page.
    Asked,
    /// The response is one, and the place for the script has not come.
    Holding,
}

impl PageInjection {
    /// Begins if a request that is no login asks for a login page.
    pub(crate) fn of_request(module: &Module, headers: Headers<'_>) -> Self {
        if !module.engine.injects_into(headers) {
            return Self::None;
        }
        host::replace_request_header("accept-encoding", b"identity");
        Self::Asked
    }

    /// Takes the response's headers.
    pub(crate) fn take_response(&mut self, module: &Module, end_of_stream: bool) {
        if std::mem::take(self) != Self::Asked || end_of_stream {
            return;
        }
        let details = host::property(&["response", "code_details"]);
        if details.is_some_and(|details| details != local_reply::VIA_UPSTREAM) {
            return;
        }
        let bytes = host::headers(Map::Response);
        let response = bytes.read();
        match PageResponse::of(Headers::borrowed(&response)) {
            PageResponse::NoPage => {}
            PageResponse::Forbidden => module.warn_of_forbidden_script(),
            PageResponse::Page => {
                STALE_HEADERS.into_iter().for_each(host::remove_response_header);
                *self = Self::Holding;
            }
        }
    }

    /// Takes the part of the body that is held, so many bytes.
    pub(crate) fn take_body(&mut self, size: usize, end_of_stream: bool) -> Flow {
        if *self != Self::Holding {
            return Flow::Continue;
        }
        let mut start = host::buffer(Buffer::ResponseBody, MAX_HELD_BYTES);
        match injection::position(&start) {
            Some(at) => {
                start.truncate(at);
                start.extend_from_slice(ClientScript::get().element().as_bytes());
                host::replace_start_of_buffer(Buffer::ResponseBody, at, &start);
            }
            None if end_of_stream || size > MAX_HELD_BYTES => {}
            None => return Flow::Pause,
        }
        *self = Self::None;
        Flow::Continue
    }
}
