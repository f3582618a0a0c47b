//! A module that does nothing: what any module costs, because Envoy calls it for each request.

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

/// Where the host enters.
#[allow(missing_docs, reason = "what the SDK's macro makes has no docs")]
mod start {
    proxy_wasm::main! {{
        proxy_wasm::set_log_level(proxy_wasm::types::LogLevel::Warn);
        proxy_wasm::set_root_context(|_| Box::new(super::Idle));
    }}
}

/// The root context, and the context of each request.
struct Idle;

impl Context for Idle {}

impl HttpContext for Idle {}

impl RootContext for Idle {
    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Self))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
