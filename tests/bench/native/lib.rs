//! The engine as a native filter: a dynamic module, which Envoy loads into its own process.
//!
//! A spike that shows what such a filter costs and needs, for `make bench ROWS=native` and for
//! "Why not a native filter?" in `docs/architecture.md`. It is no product: it has no challenge, no
//! metrics, no lifts and no filter of pairs; it is fit for Envoy 1.40 alone.
//!
//! `hooks` is what Envoy calls, `envoy` what is called in Envoy, and only these two have unsafe code.
//! `worker` is what a worker thread keeps, `stream` one request. No SDK for Rust is in a registry, so
//! the few declarations that are needed are written by hand, from the ABI of Envoy 1.40 (its version
//! is 0.2.0).

mod envoy;
mod hooks;
mod stream;
mod worker;
