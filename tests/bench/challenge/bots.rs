//! The cost of attempts for a bot with a native solver, at the default difficulty.

use serde_json::json;
use unstuff_tests::solver::{cores, run_bot};
use unstuff_tests::{Sandbox, ambiguous, policy};

use unstuff_tests::bench::BarChecks;

/// Enough puzzles for a deviation of a few per cent. Each has sixteen parts.
const PUZZLES: u32 = 100;

/// Runs the benchmark.
pub(crate) async fn run(checks: &mut BarChecks) {
    println!("\na bot solves {PUZZLES} puzzles natively, on all {} cores", cores());
    let every_login = policy().challenge_if("credentials.ambiguous");
    let sandbox =
        Sandbox::start(every_login.with("challenge", json!({ "surcharge": false }))).await;
    let bot_yield = run_bot(&sandbox, || ambiguous("alice"), PUZZLES).await;
    let each = bot_yield.cpu_time.as_secs_f64() / f64::from(PUZZLES);
    checks.figure("milliseconds of one core per puzzle", each * 1000.0);
    checks.figure("attempts per puzzle", f64::from(bot_yield.attempts) / f64::from(PUZZLES));
    checks.figure("attempts per second of one core", bot_yield.rate());
    checks.figure("thousand attempts per hour of one core", bot_yield.rate() * 3.6);
}
