//! The proxy-wasm module of Unstuff.
