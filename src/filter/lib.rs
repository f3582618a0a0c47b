//! The proxy-wasm module of Unstuff: callbacks in, verdicts out, nothing else.
//!
//! What a request means and what is done to it is the engine's business; this crate only
//! carries bytes to it and verdicts back. `host` alone speaks to the proxy, `module` is
//! what a configuration makes, `root` its context, `stream` is one request, `own_headers` what never
//! reaches upstream, `lookups` the requests that wait for an answer from outside, `fleet` the calls to
//! the service that counts for several gateways, `fleet_queue` what waits for them, `shared` the
//! state's store, `segment` the breached-password filter that `unstuff pack` put into the module,
//! `metrics` the counters, `announce` what is said at start, `first_start` what is done where nothing
//! else would serve.

mod announce;
mod challenge;
mod first_start;
mod fleet;
mod fleet_queue;
mod host;
mod injection;
mod lookups;
mod metrics;
mod module;
mod own_headers;
mod record;
mod root;
mod segment;
mod shared;
mod stream;
#[cfg(feature = "test-trap")]
mod trap;

/// The module's version: in its log, and in its file (`segment`).
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where the host enters.
#[allow(missing_docs, reason = "what the SDK's macro makes has no docs")]
mod start {
    use proxy_wasm::traits::RootContext;

    proxy_wasm::main! {{
        proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> {
            Box::<crate::root::Root>::default()
        });
    }}
}
