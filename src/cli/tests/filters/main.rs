//! Tests of `build`, `inspect`, `query`, `verify` and `pack` as a user runs them.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

mod building;
mod interruptions;
mod lists;
mod lookups;
mod other_formats;
mod packing;
mod readme;
mod workspace;
