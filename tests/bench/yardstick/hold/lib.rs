//! A module that only looks: it reads the request's headers, holds and reads the body, and reads
//! the response's headers. Nothing that judges logins in a module can do with less.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

/// The longest body that is read, as by default in Unstuff.
const MAX_BODY_BYTES: usize = 16 << 10;

/// Where the host enters.
#[allow(missing_docs, reason = "what the SDK's macro makes has no docs")]
mod start {
    proxy_wasm::main! {{
        proxy_wasm::set_log_level(proxy_wasm::types::LogLevel::Warn);
        proxy_wasm::set_root_context(|_| Box::new(super::Looker { seen: 0 }));
    }}
}

/// The root context, and the context of each request.
struct Looker {
    /// What was read, so that the compiler leaves no reading out.
    seen: usize,
}

impl Context for Looker {}

impl HttpContext for Looker {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        self.seen += self.get_http_request_headers_bytes().len();
        Action::Continue
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        if !end_of_stream && size <= MAX_BODY_BYTES {
            return Action::Pause;
        }
        let body = self.get_http_request_body(0, MAX_BODY_BYTES);
        self.seen += body.map_or(0, |body| body.len());
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _: usize, _: bool) -> Action {
        self.seen += self.get_http_response_headers_bytes().len();
        Action::Continue
    }

    fn on_log(&mut self) {
        std::hint::black_box(self.seen);
    }
}

impl RootContext for Looker {
    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Self { seen: 0 }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
