//! Torture: hostile requests as fast as they are answered, beside faults, with one real Envoy.
//!
//! `make torture` takes an hour, `make test` three minutes. What breaks is printed with its seed and
//! its number: `make torture SEED=1 REQUEST=17` sends that one alone.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects by panicking"
)]

mod campaign;
mod hostile;
mod lanes;
mod memory;
mod policies;
mod report;
mod settings;
mod soak;
mod upstream;
mod wire;
mod witnesses;

use settings::RunSettings;

/// How long `make test` tortures.
const SECONDS: u64 = 180;

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_and_faults_break_nothing() {
    let report = campaign::run(RunSettings::from_environment(SECONDS)).await;
    println!("{report}");
    report.assert_unbroken();
}

/// How long `make test` soaks.
const SOAK_SECONDS: u64 = 30;

#[tokio::test(flavor = "multi_thread")]
async fn ordinary_logins_are_answered_and_memory_stays_level() {
    let report = soak::run(RunSettings::from_environment(SOAK_SECONDS)).await;
    println!("{report}");
    report.assert_unbroken();
}
