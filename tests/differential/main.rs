//! The differential test: what real applications read, beside the engine's verdict.
//!
//! A *bypass* is a request that an application reads as alice's login with a breached password
//! while the verdict says nothing about it. A *false alarm* is an ordinary request that is not
//! clean. `make differential` runs all applications; `make test` those that need no download.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod application;
mod campaign;
mod generator;
mod http;
mod judge;
mod login_request;
mod report;
mod samples;
mod shrink;

use application::RuntimeLanguage;

/// By default the parsers that need no download. `make differential` asks for `APPLICATIONS=all`, or
/// some by name: `APPLICATIONS=rack,rails`.
#[test]
fn no_application_reads_a_login_that_the_engine_misses() {
    let wanted = std::env::var("APPLICATIONS").unwrap_or_default();
    let named: Vec<&str> = wanted.split(',').collect();
    let applications = application::start(|plan| match wanted.as_str() {
        "" => plan.language == RuntimeLanguage::AtHand,
        "all" => true,
        _ => named.contains(&plan.name.as_str()),
    });
    let requests = if wanted.is_empty() { 6_000 } else { 100_000 };
    campaign::Campaign::from_environment(requests).run(applications).assert_clean();
}
